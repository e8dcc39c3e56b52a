public import Domain
public import Markup

/// A failure as a report shows it.
public struct Fault: Hashable, Sendable {
  public var problem: String
  public var advice: String
  public var location: SourceLocation?
  public var exitStatus: ExitStatus
  /// The faults that it stands for, where it is several at once.
  public var parts: [Fault] = []

  /// Parts that a summary shows.
  private static let partLimit = 50

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
      parts = error.parts.map(Fault.init)
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
    return Markdown.blocks([
      "\(Markdown.quote(Figures.shortened(problem, to: 2_000)))\(place)", list, "**What to do:** \(advice)",
    ])
  }

  private var list: Markdown {
    guard !parts.isEmpty else { return "" }
    let items = parts.prefix(Self.partLimit).map { "- \($0.item)" as Markdown }
    let rest = parts.count - items.count
    return (items + (rest > 0 ? ["- … and \(rest) more"] : [])).joined(separator: "\n")
  }

  /// One line of a list: where, what, and what to do.
  private var item: Markdown {
    guard let location else { return "\(Figures.shortened(sentences, to: 500))" }
    // An error that has a place begins with it.
    let place = "\(location): "
    let text = problem.hasPrefix(place) ? String(problem.dropFirst(place.count)) : problem
    let shown = Figures.shortened("\(text). \(advice)", to: 500)
    return "**Line \(location.line)**, column \(location.column): \(shown)"
  }
}
