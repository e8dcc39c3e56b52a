public import Domain

/// Reads what an item is like now, and who changed it since a moment: one request, one point.
public struct ThreadReader: Sendable {
  let github: any GitHubAPI

  public init(github: any GitHubAPI) { self.github = github }

  public struct Reading: Hashable, Sendable {
    public var state: ItemState
    /// In GitHub's order.
    public var changes: [TimelineChange]
  }

  /// nil where the item is gone.
  public func read(_ item: ItemReference, changesSince since: Timestamp) async throws -> Reading? {
    let answer = try await github.query(
      GraphQLQuery(
        operation: "Thread", document: Self.document,
        variables: [
          "owner": .string(item.repository.owner), "name": .string(item.repository.name),
          "number": .integer(Int64(item.number)), "since": .string(since.description),
        ]), as: ThreadAnswer.self)
    guard let found = answer.data?.repository?.item else {
      if let error = answer.errors.first(where: { $0.type != "NOT_FOUND" }) {
        throw Failure(
          .failed, "GitHub would not show \(item): \(error.message)",
          advice: "Check the token's permissions, and try again.")
      }
      return nil
    }
    return Reading(state: found.itemState, changes: found.timelineItems?.nodes.compactMap { $0?.change } ?? [])
  }

  private static let document = """
    query Thread($owner: String!, $name: String!, $number: Int!, $since: DateTime!) {
      repository(owner: $owner, name: $name) {
        item: issueOrPullRequest(number: $number) {
          ... on Issue {
            title closed locked activeLockReason stateReason(enableDuplicate: true)
            labels(first: 100) { nodes { name } }
            assignees(first: 20) { nodes { login } }
            milestone { title }
            timelineItems(last: 100, since: $since, itemTypes: [\(TimelineChange.itemTypes)]) { \(TimelineChange.selection) }
          }
          ... on PullRequest {
            title closed locked activeLockReason
            labels(first: 100) { nodes { name } }
            assignees(first: 20) { nodes { login } }
            milestone { title }
            timelineItems(last: 100, since: $since, itemTypes: [\(TimelineChange.itemTypes)]) { \(TimelineChange.selection) }
          }
        }
      }
    }
    """
}

/// One change of an item's state, as its timeline shows it.
public struct TimelineChange: Hashable, Sendable {
  /// In REST's form; nil for a deleted one.
  public var account: Account?
  public var at: Timestamp
  /// The action of the `issues` event that it caused: `labeled`, `closed`, …
  public var action: String
  public var facet: Facet
  public var value: JSONValue
  /// The label, the assignee, the milestone, the new title.
  public var detail: String?

  public init(
    account: Account?, at: Timestamp, action: String, facet: Facet, value: JSONValue, detail: String? = nil
  ) {
    self.account = account
    self.at = at
    self.action = action
    self.facet = facet
    self.value = value
    self.detail = detail
  }

  /// `labeled "bug"`.
  public var words: String { detail.map { "\(action) \"\($0)\"" } ?? action }

  /// The timeline's entries that are changes of an item's state, in the words of GraphQL.
  static let itemTypes = """
    LABELED_EVENT, UNLABELED_EVENT, ASSIGNED_EVENT, UNASSIGNED_EVENT, CLOSED_EVENT, REOPENED_EVENT, RENAMED_TITLE_EVENT, \
    MILESTONED_EVENT, DEMILESTONED_EVENT, LOCKED_EVENT, UNLOCKED_EVENT
    """

  static let selection = """
    nodes {
      typename: __typename
      ... on LabeledEvent { createdAt actor { typename: __typename login } label { name } }
      ... on UnlabeledEvent { createdAt actor { typename: __typename login } label { name } }
      ... on AssignedEvent { createdAt actor { typename: __typename login } assignee { ... on User { login } ... on Bot { login } } }
      ... on UnassignedEvent { createdAt actor { typename: __typename login } assignee { ... on User { login } ... on Bot { login } } }
      ... on ClosedEvent { createdAt actor { typename: __typename login } stateReason }
      ... on ReopenedEvent { createdAt actor { typename: __typename login } }
      ... on RenamedTitleEvent { createdAt actor { typename: __typename login } currentTitle }
      ... on MilestonedEvent { createdAt actor { typename: __typename login } milestoneTitle }
      ... on DemilestonedEvent { createdAt actor { typename: __typename login } milestoneTitle }
      ... on LockedEvent { createdAt actor { typename: __typename login } lockReason }
      ... on UnlockedEvent { createdAt actor { typename: __typename login } }
    }
    """
}

// MARK: What GitHub answers

struct ThreadAnswer: Decodable, Sendable {
  var repository: Repository?
  struct Repository: Decodable, Sendable { var item: WireThread? }
}

struct WireThread: Decodable, Sendable {
  var title: String?
  /// Asked for instead of `state`, whose type is another for issues than for pull requests.
  var closed: Bool?
  var locked: Bool?
  var activeLockReason: String?
  var stateReason: String?
  var labels: WireNodes<WireName>?
  var assignees: WireNodes<WireLogin>?
  var milestone: WireMilestone?
  var timelineItems: WireNodes<WireChange>?

  var itemState: ItemState {
    ItemState(
      labels: labels?.nodes.compactMap { $0?.name } ?? [], assignees: assignees?.nodes.compactMap { $0?.login } ?? [],
      isOpen: closed == false, stateReason: stateReason?.lowercased(), title: title ?? "", milestone: milestone?.title,
      isLocked: locked ?? false, lockReason: activeLockReason.map(LockWord.rest))
  }
}

struct WireNodes<Node: Decodable & Sendable>: Decodable, Sendable { var nodes: [Node?] }
struct WireName: Decodable, Sendable { var name: String? }
struct WireLogin: Decodable, Sendable { var login: String? }
struct WireMilestone: Decodable, Sendable { var title: String? }

struct WireChange: Decodable, Sendable {
  var typename: String
  var createdAt: Timestamp?
  var actor: WireActor?
  var label: WireName?
  var assignee: WireLogin?
  var stateReason: String?
  var currentTitle: String?
  var milestoneTitle: String?
  var lockReason: String?

  /// nil for what has no place in an item's state.
  var change: TimelineChange? {
    guard let createdAt else { return nil }
    func change(_ action: String, _ facet: Facet, _ value: JSONValue, _ detail: String? = nil) -> TimelineChange {
      TimelineChange(
        account: actor?.account, at: createdAt, action: action, facet: facet,
        value: value,
        detail: detail)
    }
    switch typename {
    case "LabeledEvent": return label?.name.map { change("labeled", .label(named: $0), true, $0) }
    case "UnlabeledEvent": return label?.name.map { change("unlabeled", .label(named: $0), false, $0) }
    case "AssignedEvent": return assignee?.login.map { change("assigned", .assignee(named: $0), true, $0) }
    case "UnassignedEvent": return assignee?.login.map { change("unassigned", .assignee(named: $0), false, $0) }
    case "ClosedEvent": return change("closed", .state, .string(stateReason?.lowercased() ?? "closed"))
    case "ReopenedEvent": return change("reopened", .state, "open")
    case "RenamedTitleEvent": return currentTitle.map { change("edited", .title, .string($0), $0) }
    case "MilestonedEvent": return milestoneTitle.map { change("milestoned", .milestone, .string($0), $0) }
    case "DemilestonedEvent": return change("demilestoned", .milestone, .null, milestoneTitle)
    case "LockedEvent": return change("locked", .lock, .string(lockReason.map(LockWord.rest) ?? "locked"))
    case "UnlockedEvent": return change("unlocked", .lock, "unlocked")
    default: return nil
    }
  }
}

/// GraphQL spells REST's reasons to lock in capitals: `TOO_HEATED`, `OFF_TOPIC`.
enum LockWord {
  static func rest(_ word: String) -> String {
    let lower = word.lowercased()
    return lower == "off_topic" ? "off-topic" : String(lower.map { $0 == "_" ? " " : $0 })
  }
}
