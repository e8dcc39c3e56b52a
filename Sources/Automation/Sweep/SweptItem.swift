public import Domain

/// An issue or a pull request as a sweep read it: what it is like now, and what of its past GitHub showed.
public struct SweptItem: Hashable, Sendable {
  /// The item, or the issue side of a pull request; that one's `id` is the pull request's, for GraphQL knows no other.
  public var issue: Issue
  /// The pull request where it is one.
  public var pullRequest: PullRequest?
  /// Changes of its state, the oldest first.
  public var changes: [TimelineChange]
  /// The newest comments, in the order of their ids.
  public var comments: [SweptComment]
  /// Open pull requests that would close it.
  public var linkedPullRequests: [Int]
  /// Of its body.
  public var lastEditedAt: Timestamp?
  public var editor: Account?
  /// When it was asked for, by this machine's clock.
  public var readAt: Timestamp?
  var node: String
  var milestoneNumber: Int?
  var drafts: [DraftChange]
  /// Where older comments and changes than these follow; nil where there are none.
  var moreComments: String?
  var moreChanges: String?
}

public struct SweptComment: Hashable, Sendable {
  public var comment: Comment
  public var lastEditedAt: Timestamp?
  public var editor: Account?
}

/// A pull request became a draft, or was one.
struct DraftChange: Hashable, Sendable {
  var action: String
  var at: Timestamp
  var account: Account?
}

extension SweptItem {
  /// From when on its comments are known in full: none that is missing was written or edited after it.
  var commentsKnownSince: Timestamp {
    guard moreComments != nil else { return .distantPast }
    return comments.compactMap { $0.comment.updatedAt }.min() ?? .distantPast
  }

  /// From when on its changes are known in full.
  var changesKnownSince: Timestamp {
    guard moreChanges != nil else { return .distantPast }
    return (changes.map(\.at) + drafts.map(\.at)).min() ?? .distantPast
  }

  /// Adds a page of older comments.
  mutating func add(_ page: WirePage<WireSweptComment>) {
    let known = Set(comments.map(\.comment.id))
    comments += page.present.compactMap(\.comment).filter { !known.contains($0.comment.id) }
    comments.sort { $0.comment.id < $1.comment.id }
    moreComments = page.pageInfo?.next
  }

  /// Adds a page of older changes.
  mutating func add(_ page: WirePage<WireChange>) {
    changes.insert(contentsOf: page.present.compactMap(\.change), at: 0)
    drafts.insert(contentsOf: page.present.compactMap(\.draftChange), at: 0)
    moreChanges = page.pageInfo?.previous
  }
}

// MARK: What GitHub answers

/// `data` of a page of a list.
struct WireSweepPage<Item: Decodable & Sendable>: Decodable, Sendable {
  var repository: Repository?

  struct Repository: Decodable, Sendable {
    var databaseId: Int64?
    var nameWithOwner: String?
    var items: WirePage<Item>?
  }
}

struct WireSweepItem: Decodable, Sendable {
  var repository: Repository?
  struct Repository: Decodable, Sendable { var item: Readable<WireSweptItem>? }
}

/// `data` of what did not fit.
struct WireSweepNode: Decodable, Sendable {
  var node: Node?
  struct Node: Decodable, Sendable {
    var comments: WirePage<WireSweptComment>?
    var timelineItems: WirePage<WireChange>?
  }
}

/// A part of an answer that may be unreadable without costing the rest.
enum Readable<Value: Decodable & Sendable>: Decodable, Sendable {
  case came(Value)
  case unreadable

  init(from decoder: any Decoder) throws {
    self = (try? Value(from: decoder)).map { .came($0) } ?? .unreadable
  }

  var value: Value? { if case .came(let value) = self { value } else { nil } }
}

struct WirePage<Node: Decodable & Sendable>: Decodable, Sendable {
  var pageInfo: WirePageInfo?
  var nodes: [Readable<Node>?]?

  var present: [Node] { nodes?.compactMap { $0?.value } ?? [] }
  /// Whether each entry of the page is there.
  var isWhole: Bool { nodes?.allSatisfy { $0?.value != nil } ?? false }
}

struct WirePageInfo: Decodable, Sendable {
  var hasNextPage: Bool?
  var endCursor: String?
  var hasPreviousPage: Bool?
  var startCursor: String?

  var next: String? { hasNextPage == true ? endCursor : nil }
  var previous: String? { hasPreviousPage == true ? startCursor : nil }
}

struct WireNumber: Decodable, Sendable {
  var number: Int
  var updatedAt: Timestamp?
}

struct WireActor: Decodable, Sendable {
  var typename: String?
  var login: String?

  /// In REST's form: GraphQL leaves an App's `[bot]` out.
  var account: Account? {
    guard let login else { return nil }
    let kind = typename.flatMap(Account.Kind.init) ?? .unknown
    return Account(login: kind == .bot && !login.hasSuffix("[bot]") ? login + "[bot]" : login, kind: kind)
  }
}

struct WireSweptComment: Decodable, Sendable {
  var fullDatabaseId: String?
  var body: String
  var author: WireActor?
  var authorAssociation: String?
  var createdAt: Timestamp
  var updatedAt: Timestamp
  var lastEditedAt: Timestamp?
  var editor: WireActor?

  var comment: SweptComment? {
    guard let id = fullDatabaseId.flatMap({ Int64($0) }) else { return nil }
    return SweptComment(
      comment: Comment(
        id: id, body: body, author: author?.account, authorAssociation: authorAssociation, createdAt: createdAt,
        updatedAt: updatedAt),
      lastEditedAt: lastEditedAt, editor: editor?.account)
  }
}

extension WireChange {
  var draftChange: DraftChange? {
    guard let createdAt else { return nil }
    let account = actor?.account
    switch typename {
    case "ReadyForReviewEvent": return DraftChange(action: "ready_for_review", at: createdAt, account: account)
    case "ConvertToDraftEvent": return DraftChange(action: "converted_to_draft", at: createdAt, account: account)
    default: return nil
    }
  }
}

struct WireSweptItem: Decodable, Sendable {
  var typename: String
  var id: String
  var fullDatabaseId: String?
  var number: Int
  var title: String
  var body: String?
  var closed: Bool
  var stateReason: String?
  var locked: Bool
  var activeLockReason: String?
  var authorAssociation: String?
  var createdAt: Timestamp
  var updatedAt: Timestamp
  var closedAt: Timestamp?
  var lastEditedAt: Timestamp?
  var author: WireActor?
  var editor: WireActor?
  var labels: WirePage<WireName>?
  var assignees: WirePage<WireLogin>?
  var milestone: Milestone?
  var comments: WirePage<WireSweptComment>
  var timelineItems: WirePage<WireChange>
  var closedByPullRequestsReferences: WirePage<WireNumber>?
  var headRefOid: String?
  var headRefName: String?
  var baseRefName: String?
  var headRepository: Name?
  var baseRepository: Name?

  struct Milestone: Decodable, Sendable {
    var number: Int?
    var title: String?
  }
  struct Name: Decodable, Sendable {
    var nameWithOwner: String?
    var repository: RepositoryName? { nameWithOwner.flatMap { RepositoryName($0) } }
  }

  /// nil where what came is not whole.
  var item: SweptItem? {
    guard let databaseID = fullDatabaseId.flatMap({ Int64($0) }), comments.isWhole, timelineItems.isWhole,
      let labels, labels.isWhole
    else { return nil }
    let isPullRequest = typename == "PullRequest"
    let names = labels.present.compactMap(\.name)
    let issue = Issue(
      id: databaseID, number: number, title: title, body: body ?? "", isOpen: !closed,
      stateReason: stateReason?.lowercased(), labels: names, assignees: assignees?.present.compactMap(\.login) ?? [],
      author: author?.account, authorAssociation: authorAssociation, isPullRequest: isPullRequest, isLocked: locked,
      lockReason: activeLockReason.map(LockWord.rest), milestone: milestone?.title, createdAt: createdAt,
      updatedAt: updatedAt, closedAt: closedAt)
    let pull = PullRequest(
      id: databaseID, number: number, title: title, body: body ?? "", isOpen: !closed, author: author?.account,
      labels: names, baseRef: baseRefName ?? "", headRef: headRefName ?? "", headSHA: headRefOid ?? "",
      headRepository: headRepository?.repository, baseRepository: baseRepository?.repository, updatedAt: updatedAt)
    let changes = timelineItems.present
    return SweptItem(
      issue: issue, pullRequest: isPullRequest ? pull : nil, changes: changes.compactMap(\.change),
      comments: comments.present.compactMap(\.comment).sorted { $0.comment.id < $1.comment.id },
      linkedPullRequests: closedByPullRequestsReferences?.present.map(\.number) ?? [], lastEditedAt: lastEditedAt,
      editor: editor?.account, node: id, milestoneNumber: milestone?.number,
      drafts: changes.compactMap(\.draftChange), moreComments: comments.pageInfo?.next,
      moreChanges: timelineItems.pageInfo?.previous)
  }
}
