public import Domain
public import Markup

/// A failure as a report shows it.
public struct Fault: Hashable, Sendable {
  public var problem: String
  public var advice: String
  public var location: SourceLocation?
  public var exitStatus: ExitStatus

  public init(problem: String, advice: String, location: SourceLocation? = nil, exitStatus: ExitStatus = .failed) {
    self.problem = problem
    self.advice = advice
    self.location = location
    self.exitStatus = exitStatus
  }

  /// Of an error that was not made for a person only the type is told: its text may hold anything.
  public init(_ error: any Error) {
    if let error = error as? any UserFacingError {
      self.init(
        problem: error.problem, advice: error.advice, location: error.location, exitStatus: error.exitStatus)
    } else {
      self.init(
        problem: "An unexpected error of the type \(type(of: error))",
        advice: "Run the job again with debug logging, and report the error with its log.")
    }
  }

  /// The problem and what to do about it, as plain text.
  public var sentences: String { "\(problem). \(advice)" }

  public var markdown: Markdown {
    let place: Markdown = location.map { "\n\nIn \(Markdown.code($0.description))." } ?? ""
    return "\(Markdown.quote(Figures.shortened(problem, to: 2_000)))\(place)\n\n**What to do:** \(advice)"
  }
}
