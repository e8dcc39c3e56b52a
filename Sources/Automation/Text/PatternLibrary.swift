import Patterns
import Synchronization

/// The configuration's patterns, each compiled when it is first asked for, and once.
final class PatternLibrary: Sendable {
  /// nil for a source that is no pattern.
  private let compiled = Mutex<[String: Pattern?]>([:])

  enum Answer: Hashable, Sendable {
    case found, absent
    /// The search was given up at its limits.
    case tooExpensive
    /// The configuration's check should have refused it.
    case invalid
  }

  func search(_ source: String, in text: String) -> Answer {
    answer(source) { $0.search(text) }
  }

  func matchesWhole(_ source: String, _ text: String) -> Answer {
    answer(source) { $0.matchesWhole(text) }
  }

  private func answer(_ source: String, _ ask: (Pattern) -> SearchOutcome) -> Answer {
    let outcome: SearchOutcome? = compiled.withLock { compiled in
      if compiled[source] == nil { compiled[source] = .some(try? Pattern(source)) }
      guard case .some(.some(let pattern)) = compiled[source] else { return nil }
      return ask(pattern)
    }
    switch outcome {
    case .found: return .found
    case .absent: return .absent
    case .tooExpensive: return .tooExpensive
    case nil: return .invalid
    }
  }
}
