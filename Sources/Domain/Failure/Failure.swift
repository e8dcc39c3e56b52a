/// How the process ends; the numbers are BSD's `sysexits.h` where it has one, and 128 + signal where a signal ended it.
public enum ExitStatus: Int32, Sendable {
  /// Done, or stopped in good order with a checkpoint.
  case done = 0
  /// Processing failed and the failure is recorded.
  case failed = 1
  /// The command line is wrong.
  case usage = 64
  /// A dependency stayed unreachable after retries; nothing is lost and running again is right.
  case unavailable = 75
  /// The configuration or the environment is wrong.
  case configuration = 78
  /// Cancelled by SIGINT, checkpoint saved.
  case interrupted = 130
  /// Cancelled by SIGTERM, checkpoint saved.
  case terminated = 143
}

/// An error that a maintainer may read: what happened, and one sentence that says what to do.
///
/// Neither text ever holds a secret or a query's parameters. Both may hold untrusted text: they reach a person only
/// through a sink's escaping.
public protocol UserFacingError: Error, CustomStringConvertible {
  var exitStatus: ExitStatus { get }
  /// What happened, with its context, without a full stop at the end.
  var problem: String { get }
  /// One imperative sentence: what the reader should do now.
  var advice: String { get }
  /// Where in a file the fault lies, for annotations.
  var location: SourceLocation? { get }
  /// The errors that it stands for, where it is several at once.
  var parts: [any UserFacingError] { get }
}

extension UserFacingError {
  public var description: String { "\(problem). \(advice)" }
  public var location: SourceLocation? { nil }
  public var parts: [any UserFacingError] { [] }
}

/// A place in a text file; line and column count from 1, columns in Unicode scalars.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// A `UserFacingError` for faults that need no type of their own.
public struct Failure: UserFacingError {
  public var exitStatus: ExitStatus
  public var problem: String
  public var advice: String

  public init(_ exitStatus: ExitStatus, _ problem: String, advice: String) {
    self.exitStatus = exitStatus
    self.problem = problem
    self.advice = advice
  }
}

/// Another process took over the row that this one was working on; it must write nothing more.
public struct LeaseLost: UserFacingError {
  public var subject: String
  public init(subject: String) { self.subject = subject }
  public var exitStatus: ExitStatus { .done }
  public var problem: String { "\(subject) was taken over by another job after this one's lease ended" }
  public var advice: String { "Nothing needs doing: the other job continues from the last checkpoint." }
}
