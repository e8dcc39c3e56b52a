public import Domain

/// Why the event file or the environment around it cannot be used.
///
/// What the runner should have provided and did not is a fault of the environment (exit 78); a file that is there and
/// holds no event fails the run (exit 1), because no change of configuration would make it readable.
public enum EventFileError: UserFacingError, Hashable {
  /// A variable that every Actions run has is unset or empty.
  case variableMissing(String)
  /// A variable holds what cannot be meant.
  case variableInvalid(String, expected: String)
  case missing(path: String)
  case unreadable(path: String, reason: String)
  case tooLarge(bytes: Int)
  case empty
  /// Not JSON. `offset` counts bytes from 0, up to the first that cannot stand where it stands.
  case invalidJSON(offset: Int, isTruncated: Bool)
  case notAnObject
  /// `path` as in `issue.number`; `expected` is the field's type in words.
  case wrongType(path: String, expected: String)
  case missingField(path: String)
  /// An input of a dispatch that cannot be meant.
  case inputInvalid(String, expected: String)

  public var exitStatus: ExitStatus {
    switch self {
    case .variableMissing, .variableInvalid, .missing, .unreadable: .configuration
    case .inputInvalid: .usage
    case .tooLarge, .empty, .invalidJSON, .notAnObject, .wrongType, .missingField: .failed
    }
  }

  public var problem: String {
    switch self {
    case .variableMissing(let name): "\(name) is not set"
    case .variableInvalid(let name, let expected): "\(name) is not \(expected)"
    case .missing(let path): "The event file \(path) does not exist"
    case .unreadable(let path, let reason): "The event file \(path) cannot be read: \(reason)"
    case .tooLarge(let bytes):
      "The event file has \(bytes) bytes, more than the \(EventFile.maximumSize) that are read"
    case .empty: "The event file is empty"
    case .invalidJSON(let offset, true): "The event file ends in the middle of its JSON, at byte \(offset)"
    case .invalidJSON(let offset, false): "The event file is not valid JSON from byte \(offset) on"
    case .notAnObject: "The event file holds JSON that is not an object"
    case .wrongType(let path, let expected): "The event's \(path) is not \(expected)"
    case .missingField(let path): "The event has no \(path)"
    case .inputInvalid(let name, let expected): "The input \(name) is not \(expected)"
    }
  }

  public var advice: String {
    switch self {
    case .variableMissing("GITHUB_REPOSITORY"), .variableInvalid("GITHUB_REPOSITORY", _):
      "Run this as a step of a GitHub Actions workflow, or set GITHUB_REPOSITORY to owner/name."
    case .variableMissing, .variableInvalid:
      "Run this as a step of a GitHub Actions workflow, or set GITHUB_EVENT_NAME and GITHUB_EVENT_PATH."
    case .missing, .unreadable:
      "Set GITHUB_EVENT_PATH to the event's JSON file, and mount it where the step runs in a container."
    case .tooLarge: "Check GITHUB_EVENT_PATH: GitHub's own payloads hold at most 25 MB."
    case .empty, .invalidJSON, .notAnObject:
      "Run the workflow again, and check that no earlier step writes to the event file."
    case .wrongType, .missingField:
      "Check that GITHUB_EVENT_NAME names the kind of event that the file holds."
    case .inputInvalid: "Start the workflow again with another value."
    }
  }
}
