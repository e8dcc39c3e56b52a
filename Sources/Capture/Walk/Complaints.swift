import Domain

/// The errors of an answer, sorted by the alias they concern.
struct Complaints {
  /// Aliases of which GitHub says that nothing is there.
  private(set) var absent: Set<Int> = []
  /// Aliases that GitHub could not answer, or not in full.
  private(set) var failed: [Int: String] = [:]
  /// An error that names no alias: it may concern any of them.
  private(set) var general: String?
  /// GitHub gave up for want of resources: ask for less.
  private(set) var isCutShort = false

  /// - Parameter depth: how long the path to an alias is: 2 below `repository`, 1 at the top.
  init(_ errors: [GraphQLError], depth: Int) {
    for error in errors {
      let reason = "\(error.type ?? "error"): \(error.message.prefix(300))"
      if error.type == "RESOURCE_LIMITS_EXCEEDED" { isCutShort = true }
      guard error.path.count >= depth, let slot = Alias.slot(of: error.path[depth - 1]) else {
        general = reason
        continue
      }
      if error.type == "NOT_FOUND" && error.path.count == depth {
        absent.insert(slot)
      } else {
        failed[slot] = reason
      }
    }
  }

  /// Why the answer at `slot` cannot be trusted to be whole; nil where it can. An error without a path condemns only
  /// what has gaps.
  func reason(slot: Int, hasHole: Bool) -> String? {
    failed[slot] ?? (hasHole ? general : nil)
  }
}
