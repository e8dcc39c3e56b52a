import Domain
import Markup
import Reporting
import Store

/// What the commands of the audit log found, in sentences.
enum AuditReport {
  static func lines(_ found: AuditVerification) -> [LogText] {
    let name = found.repository.description
    if let fault = found.fault {
      // What was not looked at did not fail.
      guard !fault.isKeyMissing else { return [] }
      return ["FAIL  \(name): entries that hold before the first that does not: \(found.entries)"]
    }
    var text: LogText = "ok    \(name): \(Figures.count(found.entries, "entry", "entries"))"
    if found.prunedThrough > 0 { text += ", entries up to \(found.prunedThrough) pruned under a signed checkpoint" }
    if let head = found.head { text += "; anchor \(head)" }
    var lines = [text]
    if found.unkeyed > 0 {
      lines.append(
        "note  \(name): hashes without a key: \(found.unkeyed). Whoever can write the table could have made them anew; compare with an anchor, and set YARDMASTER_AUDIT_KEY."
      )
    }
    for anchor in found.prunedAnchors {
      lines.append("note  \(name): the anchor \(anchor) lies in what was pruned, and cannot be compared any more")
    }
    return lines
  }

  /// Of a log that is keyed, where no key is given.
  static func missingKey(_ found: AuditVerification) -> String {
    let verified =
      found.entries == 0
      ? "Nothing was verified."
      : "Only the \(Figures.count(found.entries, "entry", "entries")) before its first keyed one could be verified."
    return
      "The audit log of \(found.repository) is keyed: set YARDMASTER_AUDIT_KEY to the key that the workflows use. \(verified)"
  }

  static func lines(
    _ pruning: AuditPruning, of name: RepositoryName, days: Int, isDryRun: Bool
  ) -> [LogText] {
    guard pruning.entries > 0, let through = pruning.through else {
      return [
        "\(name): nothing is older than \(Figures.count(days, "day")); entries: \(pruning.remaining)"
      ]
    }
    let stay = "\(pruning.remaining) \(pruning.remaining == 1 ? "stays" : "stay")"
    let counts: LogText = "entries: \(pruning.entries), up to \(through); \(stay)"
    return isDryRun
      ? [
        "\(name): would remove what is older than \(Figures.count(days, "day")): \(counts)",
        "Nothing was written; pass --yes to remove it.",
      ]
      : ["\(name): removed what was older than \(Figures.count(days, "day")), under a signed checkpoint: \(counts)"]
  }
}
