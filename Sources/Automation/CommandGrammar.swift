import Domain

/// Reads what stands after a command's name.
struct CommandGrammar {
  /// The most labels or logins in one command.
  static let maximumArguments = 100

  static func request(_ name: CommandName, _ text: String) -> Command.Request {
    let arguments: [String]
    switch split(text) {
    case .success(let list): arguments = list
    case .failure(let fault): return .mistake(fault.message)
    }
    guard arguments.count <= maximumArguments else {
      return .mistake("it has more than \(maximumArguments) arguments")
    }
    switch name {
    case .label, .unlabel:
      guard !arguments.isEmpty else {
        return .mistake("it names no label; write /\(name.rawValue) bug, \"good first issue\"")
      }
      if let invalid = arguments.first(where: { !LabelName.isValid($0) }) {
        return .mistake(
          "\"\(invalid.prefix(60))\" cannot be a label: labels have 1 to \(LabelName.maximumLength) characters")
      }
      let names = Names(arguments).list
      return name == .label ? .addLabels(names) : .removeLabels(names)
    case .close:
      return close(arguments)
    case .reopen:
      return arguments.isEmpty ? .reopen : .mistake("it takes no argument")
    case .assign:
      return assign(arguments)
    }
  }

  private static func close(_ arguments: [String]) -> Command.Request {
    let words = arguments.joined(separator: " ").lowercased()
    let reason = String(words.map { $0 == "_" || $0 == "-" ? " " : $0 })
    switch reason {
    case "", "completed": return .close(.completed)
    case "not planned": return .close(.notPlanned)
    case "duplicate": return .close(.duplicate)
    default: return .mistake("\"\(words.prefix(60))\" is no reason to close; write completed, not planned or duplicate")
    }
  }

  private static func assign(_ arguments: [String]) -> Command.Request {
    var logins: [String?] = []
    for argument in arguments.isEmpty ? ["me"] : arguments {
      if argument.lowercased() == "me" {
        logins.append(nil)
        continue
      }
      let login = argument.hasPrefix("@") ? String(argument.dropFirst()) : argument
      guard isLogin(login) else { return .mistake("\"\(argument.prefix(60))\" is no login") }
      logins.append(login)
    }
    return .assign(logins)
  }

  /// GitHub's logins: 1 to 39 letters, digits and hyphens, the first no hyphen.
  static func isLogin(_ text: String) -> Bool {
    let bytes = text.utf8
    return !bytes.isEmpty && bytes.count <= 39 && bytes.first != UInt8(ascii: "-")
      && bytes.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "-")
      }
  }

  struct Fault: Error { var message: String }

  /// Arguments stand between commas or white space; quotes, also the curly ones that telephones type, keep both.
  static func split(_ text: String) -> Result<[String], Fault> {
    var arguments: [String] = []
    var current = ""
    var quoted = false
    var afterQuote = false
    for character in text {
      let isQuote = character == "\"" || character == "“" || character == "”"
      let isSeparator = character == "," || character.isWhitespace
      if quoted {
        guard isQuote else {
          current.append(character)
          continue
        }
        guard !current.allSatisfy(\.isWhitespace) else { return .failure(Fault(message: "it has empty quotes")) }
        arguments.append(current)
        current = ""
        quoted = false
        afterQuote = true
      } else if isSeparator {
        if !current.isEmpty { arguments.append(current) }
        current = ""
        afterQuote = false
      } else if afterQuote {
        return .failure(Fault(message: "a comma or a space is missing after a closing quote"))
      } else if isQuote, current.isEmpty {
        quoted = true
      } else {
        current.append(character)
      }
    }
    if quoted { return .failure(Fault(message: "a quote is not closed")) }
    if !current.isEmpty { arguments.append(current) }
    return .success(arguments)
  }
}
