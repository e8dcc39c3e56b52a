import Domain

/// Reads what stands after the name of a built-in command.
struct CommandGrammar {
  /// The most labels or logins in one command.
  static let maximumArguments = 100

  let repository: RepositoryName
  let number: Int
  let serverURL: String

  func request(_ name: CommandName, _ text: String) -> Command.Request {
    switch name {
    // They take the rest of the line.
    case .title: return title(text)
    case .milestone: return milestone(text)
    default: break
    }
    let list = ArgumentList(text)
    if let fault = list.fault { return .mistake(fault) }
    let arguments = list.texts
    guard arguments.count <= Self.maximumArguments else {
      return .mistake("it has more than \(Self.maximumArguments) arguments")
    }
    switch name {
    case .label, .unlabel: return labels(arguments, name)
    case .close: return close(arguments)
    case .reopen: return alone(arguments, .reopen)
    case .assign, .unassign: return assign(arguments, name)
    case .lock: return lock(arguments)
    case .unlock: return alone(arguments, .unlock)
    case .duplicate: return duplicate(arguments)
    case .undo: return undo(arguments)
    case .reprocess: return alone(arguments, .ask(.reprocess))
    case .explain: return alone(arguments, .ask(.explain))
    case .help: return .help
    case .title, .milestone: return title(text)
    }
  }

  private func alone(_ arguments: [String], _ request: Command.Request) -> Command.Request {
    arguments.isEmpty ? request : .mistake("it takes no argument")
  }

  private func labels(_ arguments: [String], _ name: CommandName) -> Command.Request {
    guard !arguments.isEmpty else {
      return .mistake("it names no label; write /\(name.rawValue) bug, \"good first issue\"")
    }
    if let invalid = arguments.first(where: { !LabelName.isValid($0) }) {
      return .mistake(
        "\"\(invalid.prefix(60))\" cannot be a label: labels have 1 to \(LabelName.maximumLength) characters")
    }
    let names = Names(arguments).list
    return name == .label ? .addLabels(names) : .removeLabels(names)
  }

  /// `not planned`, `not_planned` and `not-planned` are one.
  private static func words(_ arguments: [String]) -> String {
    String(arguments.joined(separator: " ").lowercased().map { $0 == "_" || $0 == "-" ? " " : $0 })
  }

  private func close(_ arguments: [String]) -> Command.Request {
    switch Self.words(arguments) {
    case "": return .close(nil)
    case "completed": return .close(.completed)
    case "not planned": return .close(.notPlanned)
    case "duplicate": return .close(.duplicate)
    case let words:
      return .mistake("\"\(words.prefix(60))\" is no reason to close; write completed, not planned or duplicate")
    }
  }

  private func lock(_ arguments: [String]) -> Command.Request {
    let words = Self.words(arguments)
    if words.isEmpty { return .lock(nil) }
    let reasons = Effect.LockReason.allCases
    if let reason = reasons.first(where: { Self.words([$0.rawValue]) == words }) { return .lock(reason) }
    let known = reasons.map(\.rawValue).joined(separator: ", ")
    return .mistake("\"\(words.prefix(60))\" is no reason to lock; write one of \(known)")
  }

  private func assign(_ arguments: [String], _ name: CommandName) -> Command.Request {
    var logins: [String?] = []
    for argument in arguments.isEmpty ? ["me"] : arguments {
      if argument.lowercased() == "me" {
        logins.append(nil)
        continue
      }
      let login = argument.hasPrefix("@") ? String(argument.dropFirst()) : argument
      guard GitHubLimits.isLogin(login) else { return .mistake("\"\(argument.prefix(60))\" is no login") }
      logins.append(login)
    }
    return name == .assign ? .assign(logins) : .unassign(logins)
  }

  private func title(_ text: String) -> Command.Request {
    let title = ArgumentList.whole(text)
    guard !title.isEmpty else { return .mistake("it names no title; write /title and the new title") }
    guard GitHubLimits.isTitle(title) else {
      return .mistake("GitHub accepts titles of 1 to \(GitHubLimits.titleLength) characters")
    }
    return .setTitle(title)
  }

  private func milestone(_ text: String) -> Command.Request {
    if ArgumentList.trimmed(text).lowercased() == "none" { return .setMilestone(nil) }
    let title = ArgumentList.whole(text)
    guard !title.isEmpty else { return .mistake("it names no milestone; write /milestone \"v1.0\" or /milestone none") }
    guard GitHubLimits.isTitle(title) else { return .mistake("GitHub has no milestone with such a title") }
    return .setMilestone(title)
  }

  private func undo(_ arguments: [String]) -> Command.Request {
    guard let argument = arguments.first else { return .ask(.undo(nil)) }
    guard arguments.count == 1, let id = TransactionID(argument) else {
      return .mistake("\"\(argument.prefix(60))\" is no transaction; write /undo, or /undo and the id from a report")
    }
    return .ask(.undo(id))
  }

  // MARK: Duplicates

  private func duplicate(_ arguments: [String]) -> Command.Request {
    guard arguments.count == 1, let argument = arguments.first, let target = target(argument) else {
      return .mistake("it names no issue; write /duplicate #12, /duplicate owner/repository#12, or its URL")
    }
    guard target.repository != nil || target.number != number else {
      return .mistake("#\(number) cannot be a duplicate of itself")
    }
    return .duplicate(target)
  }

  private func target(_ text: String) -> DuplicateTarget? {
    var place = text[...]
    var digits: Substring
    if place.hasPrefix(serverURL + "/") {
      let parts = place.dropFirst(serverURL.count + 1).prefix { $0 != "?" && $0 != "#" }
        .split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 4, parts[2] == "issues" || parts[2] == "pull" else { return nil }
      place = "\(parts[0])/\(parts[1])"
      digits = parts[3]
    } else {
      guard let hash = text.lastIndex(of: "#") else { return nil }
      place = text[..<hash]
      digits = text[text.index(after: hash)...]
    }
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), number > 0 else { return nil }
    if place.isEmpty { return DuplicateTarget(number: number) }
    // An owner's name has no dots: what is posted must not become a link to elsewhere.
    guard let other = RepositoryName(place), GitHubLimits.isLogin(other.owner) else { return nil }
    let isOwn = other.description.lowercased() == repository.description.lowercased()
    return DuplicateTarget(repository: isOwn ? nil : other, number: number)
  }
}
