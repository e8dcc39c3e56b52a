import Domain

/// Reads and checks the arguments of a command that the configuration defines.
struct CustomArguments {
  /// The most that a command can have.
  static let maximum = 10
  /// The most characters of one value: a whole line of a workflow's input.
  static let maximumLength = 1_000

  let command: CustomCommand
  let patterns: PatternLibrary

  func request(_ text: String) -> Command.Request {
    let list = ArgumentList(text, commasSeparate: false)
    if let fault = list.fault { return .mistake(fault) }
    let expected = command.arguments.prefix(Self.maximum)
    guard !expected.isEmpty || list.arguments.isEmpty else { return .mistake("it takes no argument") }
    var values: [String: String] = [:]
    for (index, argument) in expected.enumerated() {
      var value: String?
      if index < list.arguments.count {
        let takesRest = index == expected.count - 1 && list.arguments.count > expected.count
        // The last one may take the rest of the line, spaces and quotes as they are.
        value = takesRest ? ArgumentList.trimmed(text[list.arguments[index].start...]) : list.arguments[index].text
      }
      switch check(value, argument) {
      case .success(let checked): values[argument.name] = checked
      case .failure(let fault): return .mistake(fault.message)
      }
    }
    return .custom(values)
  }

  private struct Fault: Error { var message: String }

  private func check(_ value: String?, _ argument: CustomCommand.Argument) -> Result<String, Fault> {
    guard let value else {
      // What the configuration sets as a default was checked with it.
      if let standard = argument.defaultValue { return .success(standard) }
      return argument.isRequired ? fault("it needs the argument \(argument.name)\(hint(argument))") : .success("")
    }
    guard value.unicodeScalars.count <= Self.maximumLength else {
      return fault("the argument \(argument.name) has more than \(Self.maximumLength) characters")
    }
    guard !value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return fault("the argument \(argument.name) has a control character")
    }
    if !argument.choices.isEmpty {
      // The configuration's spelling, whatever case was typed.
      let choice =
        argument.choices.first { $0 == value }
        ?? argument.choices.first { $0.lowercased() == value.lowercased() }
      guard let choice else {
        return fault("\"\(value.prefix(60))\" cannot be the argument \(argument.name)\(hint(argument))")
      }
      return .success(choice)
    }
    guard let pattern = argument.pattern else { return .success(value) }
    switch patterns.matchesWhole(pattern, value) {
    case .found: return .success(value)
    case .absent:
      return fault("\"\(value.prefix(60))\" cannot be the argument \(argument.name): it does not match \(pattern)")
    case .tooExpensive: return fault("the argument \(argument.name) is too expensive to check")
    case .invalid: return fault("the configuration's pattern for the argument \(argument.name) is invalid")
    }
  }

  private func fault(_ message: String) -> Result<String, Fault> { .failure(Fault(message: message)) }

  private func hint(_ argument: CustomCommand.Argument) -> String {
    argument.choices.isEmpty ? "" : "; write one of \(argument.choices.joined(separator: ", "))"
  }
}
