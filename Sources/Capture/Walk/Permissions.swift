import Domain

/// What GitHub lets a token read or not as a whole: the items of a kind, or one of the lists of such items.
struct Readable: Hashable {
  var isPullRequest: Bool
  var list: CapturedList?

  /// As a workflow writes it.
  var permission: String { isPullRequest ? "pull-requests: read" : "issues: read" }
}

extension ItemWork {
  /// The error for an answer that says that the token lacks a permission; nil where what it refuses has come of another
  /// item in the same step, so that it is a matter of the item.
  func refusal(in reply: Reply, of repository: RepositoryName) -> Failure? {
    var missing: Set<Readable> = []
    for slot in reply.layout.numbers.indices where reply.complaints.denied.contains(.item(slot)) {
      missing.formUnion([true, false].map { Readable(isPullRequest: $0) })
    }
    for (slot, lists) in reply.layout.owners.enumerated() {
      for list in lists where !list.page.list.leadsElsewhere {
        let places: [Complaints.Place] = [.owner(slot), .list(slot, list.page.list)]
        guard places.contains(where: reply.complaints.denied.contains) else { continue }
        missing.insert(Readable(isPullRequest: list.isPullRequest, list: list.page.list))
      }
    }
    let permissions = Set(missing.subtracting(readable).map(\.permission)).sorted()
    guard !permissions.isEmpty else { return nil }
    return Failure(
      .configuration, "GitHub does not let the token read all items of \(repository) (Resource not accessible)",
      advice:
        "Give the token the permission `\(permissions.joined(separator: "` and `"))`, in a workflow under `permissions:`."
    )
  }
}
