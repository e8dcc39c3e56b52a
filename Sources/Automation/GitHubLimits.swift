import Domain

/// GitHub's limits on what the processors decide.
enum GitHubLimits {
  /// An issue holds at most 100 labels.
  static let labels = 100
  /// Source: https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/assigning-issues-and-pull-requests-to-other-github-users
  static let assignees = 10
  /// A comment holds at most 65,536 characters; the rest is room for the marker that the executor adds.
  static let commentLength = 65_536 - 1_024
}

extension Issue {
  /// What a decision about labels has to restore.
  var labelsBefore: JSONValue { .object(["labels": .array(labels.map { .string($0) })]) }

  var assigneesBefore: JSONValue { .object(["assignees": .array(assignees.map { .string($0) })]) }

  var stateBefore: JSONValue {
    .object([
      "state": .string(isOpen ? "open" : "closed"), "state_reason": stateReason.map { .string($0) } ?? .null,
    ])
  }
}
