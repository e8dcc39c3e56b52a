public import Domain

/// The names of the outputs; others rely on them.
public enum OutputName: String, Hashable, Sendable, CaseIterable {
  case outcome
  case eventID = "event-id"
  case actions
  case transactionID = "transaction-id"
  case jobID = "job-id"
  case matrix
  case hasWork = "has-work"
  case complete
  case items
  case remainingChunks = "remaining-chunks"
}

/// The step's outputs: the file that `GITHUB_OUTPUT` names. Without one, nothing is written.
///
/// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
public struct Outputs: Sendable {
  /// What a job's outputs may weigh in all; GitHub counts UTF-16.
  public static let limit = 1_000_000

  private let file: RunFile?

  public init(path: String?) { file = path.map { RunFile(variable: "GITHUB_OUTPUT", path: $0) } }

  /// Appends the values in one piece, each between delimiters that are drawn anew and do not occur in it, so that no
  /// value adds an output of its own.
  ///
  /// - Throws: `OutputsTooLarge`, before anything is written; `RunFileError`.
  public func write(_ values: [(name: OutputName, value: String)]) throws {
    guard let file, !values.isEmpty else { return }
    try file.append { existing in
      let size = values.reduce(existing * 2) { $0 + ($1.name.rawValue.utf16.count + $1.value.utf16.count) * 2 }
      guard size <= Self.limit else { throw OutputsTooLarge(size: size) }
      var text = ""
      for (name, value) in values {
        let delimiter = Self.delimiter(for: value)
        text += "\(name.rawValue)<<\(delimiter)\n\(value)\n\(delimiter)\n"
      }
      return Array(text.utf8)
    }
  }

  private static func delimiter(for value: String) -> String {
    var delimiter: String
    repeat {
      delimiter = "yardmaster_" + Identifier<OutputName>.random().text
    } while value.contains(delimiter)
    return delimiter
  }
}

/// The outputs would exceed what GitHub takes, which drops them.
public struct OutputsTooLarge: UserFacingError {
  /// Bytes as UTF-16, an upper bound.
  public var size: Int

  public var exitStatus: ExitStatus { .failed }
  public var problem: String { "The outputs take \(size) bytes; GitHub keeps at most \(Outputs.limit) for a job" }
  public var advice: String { "Ask for fewer chunks or jobs, so that the matrix becomes smaller." }
}
