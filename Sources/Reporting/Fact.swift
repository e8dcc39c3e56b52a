import Domain
import Markup

/// A line of a report: what it is about, and a moment or a text, or both.
struct Fact {
  let label: String
  var moment: Timestamp?
  /// Behind the moment in brackets, where there is one.
  let text: String

  init(_ label: String, _ text: String) {
    self.label = label
    self.text = text
  }

  /// A moment with its age, or what stands there without one.
  init(_ label: String, _ moment: Timestamp?, at now: Timestamp, never: String) {
    self.label = label
    self.moment = moment
    text = moment.map { Figures.age(of: $0, at: now) } ?? never
  }

  var cells: [Markdown] {
    ["\(label)", moment.map { "\(Markdown.code($0.description)) (\(text))" } ?? "\(text)"]
  }

  var logCells: [LogText] { ["  \(label)", moment.map { "\($0) (\(text))" } ?? "\(text)"] }
}
