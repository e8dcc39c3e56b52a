import Markup

/// One workflow command as a line of the log.
///
/// Data and properties are percent-encoded as the runner decodes them (actions/toolkit, `packages/core/src/command.ts`).
/// What the runner decodes is text that ``LogText`` made free of commands, because the runner prints it again.
struct WorkflowCommand {
  /// GitHub cuts a longer message of an annotation.
  static let messageLimit = 4_096

  var name: String
  var properties: [(name: String, value: String)] = []
  var data: String

  var line: String {
    let list = properties.filter { !$0.value.isEmpty }.map { "\($0.name)=\(Self.encoded($0.value, isProperty: true))" }
    return "::" + name + (list.isEmpty ? "" : " " + list.joined(separator: ",")) + "::"
      + Self.encoded(data, isProperty: false)
  }

  static func encoded(_ text: String, isProperty: Bool) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": out.append(contentsOf: "%25".unicodeScalars)
      case "\r": out.append(contentsOf: "%0D".unicodeScalars)
      case "\n": out.append(contentsOf: "%0A".unicodeScalars)
      case ":" where isProperty: out.append(contentsOf: "%3A".unicodeScalars)
      case "," where isProperty: out.append(contentsOf: "%2C".unicodeScalars)
      default: out.append(scalar)
      }
    }
    return String(out)
  }

  /// `text` in at most ``messageLimit`` UTF-16 units, which is how the runner counts.
  static func shortened(_ text: String) -> String {
    guard text.utf16.count > messageLimit else { return text }
    var kept = ""
    var room = messageLimit - 1
    for character in text {
      let size = character.utf16.count
      guard size <= room else { break }
      room -= size
      kept.append(character)
    }
    return kept + "…"
  }
}

/// The kinds of annotation.
enum AnnotationKind: String, CaseIterable {
  case notice, warning, error

  /// GitHub shows at most so many of each kind for a step.
  static let limit = 10

  /// For terminals: cyan, yellow, red.
  var colour: String {
    switch self {
    case .notice: "36"
    case .warning: "33"
    case .error: "31"
    }
  }
}
