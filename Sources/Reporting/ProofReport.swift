public import Domain
public import Markup

/// What is proven of a repository's capture, line by line.
public struct ProofReport: Sendable {
  public var proof: CaptureProof
  /// The same before the run, where a report compares.
  public var before: CaptureProof?
  public var now: Timestamp

  public init(_ proof: CaptureProof, before: CaptureProof? = nil, now: Timestamp) {
    self.proof = proof
    self.before = before
    self.now = now
  }

  /// One sentence: is all there, or what is missing?
  public var verdict: String {
    guard let newest = proof.newest else { return "Nothing is known yet: the repository was never planned." }
    if proof.isWhole {
      return newest == 0
        ? "The repository has no issue and no pull request." : "Every number and every list is accounted for."
    }
    let gaps = missing
    if gaps.isEmpty { return "Nothing is known to be missing, but the whole history was not walked yet." }
    return "Not whole: \(gaps.joined(separator: ", "))."
  }

  /// What is missing, one phrase each.
  var missing: [String] {
    [
      (proof.unaccounted, "number never looked at", "numbers never looked at"),
      (proof.incomplete, "item not read in full", "items not read in full"),
      (proof.mismatched, "item with another count than GitHub's", "items with other counts than GitHub's"),
      (
        proof.missing, "item that GitHub counts and that is not stored",
        "items that GitHub counts and that are not stored"
      ),
      (proof.surplus, "stored item that GitHub does not count", "stored items that GitHub does not count"),
      (proof.deadLetters, "dead letter", "dead letters"),
    ].filter { $0.0 > 0 }.map { Figures.count($0.0, $0.1, $0.2) }
  }

  var facts: [Fact] {
    var kinds: [String] = []
    for (count, one, many) in [
      (proof.pullRequests, "pull request", "pull requests"), (proof.issues, "issue", "issues"),
      (proof.discussions, "discussion", "discussions"), (proof.gone, "gone", "gone"),
    ] where count > 0 {
      kinds.append(Figures.count(count, one, many))
    }
    let accounted: String
    if let newest = proof.newest {
      let parts = kinds.isEmpty ? "" : ": \(kinds.joined(separator: ", "))"
      accounted = "\(Figures.count(max(0, newest - proof.unaccounted))) of \(Figures.count(newest))\(parts)"
    } else {
      accounted = "not known yet"
    }
    return [
      Fact("Numbers accounted for", accounted),
      Fact("Numbers never looked at", count(\.unaccounted)),
      Fact("Items not read in full", count(\.incomplete)),
      Fact("Items whose counts differ from GitHub's", count(\.mismatched)),
      Fact("Items counted by GitHub, not stored", count(\.missing)),
      Fact("Items stored, not counted by GitHub", count(\.surplus)),
      Fact("Dead letters (what GitHub would not give)", count(\.deadLetters)),
      Fact("New items and edits captured up to", proof.walkedAsOf, at: now, never: "not yet"),
      Fact("Deletions looked for up to", proof.auditedAsOf, at: now, never: "never"),
      Fact("Oldest reading of an item", proof.oldestReading, at: now, never: "none"),
    ]
  }

  private func count(_ path: KeyPath<CaptureProof, Int>) -> String {
    let value = proof[keyPath: path]
    guard let old = before?[keyPath: path], old != value else { return Figures.count(value) }
    return "\(Figures.count(value)) (was \(Figures.count(old)))"
  }

  public func markdown() -> Markdown {
    let sign = proof.isWhole ? "✅" : "⚠️"
    return .blocks(["**What is proven:** \(sign) \(verdict)", .table(header: ["Proof", ""], rows: facts.map(\.cells))])
  }

  var json: JSONValue {
    func seconds(_ moment: Timestamp?) -> JSONValue {
      moment.map { .integer(max(0, now.seconds - $0.seconds)) } ?? .null
    }
    return [
      "whole": .bool(proof.isWhole), "newest": .optional(proof.newest), "pull_requests": .optional(proof.pullRequests),
      "issues": .optional(proof.issues), "discussions": .optional(proof.discussions), "gone": .optional(proof.gone),
      "accounted": .optional(proof.newest.map { max(0, $0 - proof.unaccounted) }),
      "unaccounted": .optional(proof.unaccounted), "incomplete": .optional(proof.incomplete),
      "mismatched": .optional(proof.mismatched), "missing": .optional(proof.missing),
      "surplus": .optional(proof.surplus), "dead_letters": .optional(proof.deadLetters),
      "walked_as_of": .optional(proof.walkedAsOf), "walked_age_seconds": seconds(proof.walkedAsOf),
      "audited_as_of": .optional(proof.auditedAsOf), "audited_age_seconds": seconds(proof.auditedAsOf),
      "oldest_reading": .optional(proof.oldestReading), "oldest_reading_age_seconds": seconds(proof.oldestReading),
    ]
  }
}

extension JSONValue {
  static func optional(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
  static func optional(_ value: Timestamp?) -> JSONValue { value.map { .string($0.description) } ?? .null }
  static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  /// To the thousandth.
  static func optional(_ value: Double?) -> JSONValue {
    value.map { .number(($0 * 1_000).rounded() / 1_000) } ?? .null
  }
}
