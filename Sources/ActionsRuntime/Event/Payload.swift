import Domain

// The parts of GitHub's payloads that processing needs, as GitHub spells them. Everything that some real payload of the
// last ten years lacks, or has as null, is optional here: accounts of deleted users, bodies, labels, node ids, …
// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads

struct WirePayload: Decodable {
  var action: String?
  var repository: WireRepository?
  var sender: WireAccount?
  var issue: WireIssue?
  var comment: WireComment?
  var pullRequest: WirePullRequest?
  var review: WireReview?
  var label: WireLabel?
  var assignee: WireAccount?
  var milestone: WireMilestone?
  var requestedReviewer: WireAccount?
  var requestedTeam: WireTeam?
  var changes: WireChanges?
  var inputs: [String: JSONValue]?
  var schedule: String?
  var clientPayload: JSONValue?

  private enum CodingKeys: String, CodingKey {
    case action, repository, sender, issue, comment, review, label, assignee, milestone, changes, inputs, schedule
    case pullRequest = "pull_request"
    case requestedReviewer = "requested_reviewer"
    case requestedTeam = "requested_team"
    case clientPayload = "client_payload"
  }
}

struct WireRepository: Decodable {
  var id: Int64?
  var fullName: String?

  private enum CodingKeys: String, CodingKey {
    case id
    case fullName = "full_name"
  }
}

struct WireAccount: Decodable {
  var login: String?
  var id: Int64?
  var type: String?

  var account: Account? {
    login.map { Account(login: $0, id: id, kind: type.flatMap(Account.Kind.init) ?? .unknown) }
  }
}

struct WireLabel: Decodable {
  var name: String?

  private enum CodingKeys: CodingKey { case name }

  /// Labels are objects; the API's schema also allows bare names.
  init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      self.name = name
    } else {
      name = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .name)
    }
  }
}

struct WireMilestone: Decodable {
  var number: Int?
  var title: String?
}

struct WireTeam: Decodable { var slug: String? }

/// Only whether it is there: an issue that is a pull request has it.
struct WirePresence: Decodable { init(from decoder: any Decoder) throws {} }

struct WireIssue: Decodable {
  var id: Int64
  var number: Int
  var title: String
  var body: String?
  var state: String?
  var stateReason: String?
  var labels: [WireLabel]?
  var assignees: [WireAccount]?
  var assignee: WireAccount?
  var user: WireAccount?
  var authorAssociation: String?
  var pullRequest: WirePresence?
  var locked: Bool?
  var activeLockReason: String?
  var milestone: WireMilestone?
  var createdAt: Timestamp?
  var updatedAt: Timestamp?
  var closedAt: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case id, number, title, body, state, labels, assignees, assignee, user, locked, milestone
    case activeLockReason = "active_lock_reason"
    case stateReason = "state_reason"
    case authorAssociation = "author_association"
    case pullRequest = "pull_request"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case closedAt = "closed_at"
  }

  var issue: Issue {
    Issue(
      id: id, number: number, title: title, body: body ?? "", isOpen: state?.lowercased() != "closed",
      stateReason: stateReason?.lowercased(), labels: labels?.compactMap(\.name) ?? [],
      assignees: assignees?.compactMap(\.login) ?? assignee?.login.map { [$0] } ?? [], author: user?.account,
      authorAssociation: authorAssociation, isPullRequest: pullRequest != nil, isLocked: locked ?? false,
      lockReason: activeLockReason, milestone: milestone?.title, createdAt: createdAt, updatedAt: updatedAt,
      closedAt: closedAt)
  }
}

struct WireComment: Decodable {
  var id: Int64
  var body: String?
  var user: WireAccount?
  var authorAssociation: String?
  var createdAt: Timestamp?
  var updatedAt: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case id, body, user
    case authorAssociation = "author_association"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
  }

  var comment: Comment {
    Comment(
      id: id, body: body ?? "", author: user?.account, authorAssociation: authorAssociation, createdAt: createdAt,
      updatedAt: updatedAt)
  }
}

struct WirePullRequest: Decodable {
  var id: Int64
  var number: Int
  var title: String
  var body: String?
  var state: String?
  var user: WireAccount?
  var authorAssociation: String?
  var labels: [WireLabel]?
  var assignees: [WireAccount]?
  var locked: Bool?
  var activeLockReason: String?
  var milestone: WireMilestone?
  var base: WireBranch?
  var head: WireBranch?
  var createdAt: Timestamp?
  var updatedAt: Timestamp?
  var closedAt: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case id, number, title, body, state, user, labels, assignees, locked, milestone, base, head
    case authorAssociation = "author_association"
    case activeLockReason = "active_lock_reason"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case closedAt = "closed_at"
  }

  struct WireBranch: Decodable {
    var ref: String?
    var sha: String?
    var repo: WireRepository?

    var repository: RepositoryName? { repo?.fullName.flatMap { RepositoryName($0) } }
  }

  var pullRequest: PullRequest {
    PullRequest(
      id: id, number: number, title: title, body: body ?? "", isOpen: state?.lowercased() != "closed",
      author: user?.account, authorAssociation: authorAssociation, labels: labels?.compactMap(\.name) ?? [],
      assignees: assignees?.compactMap(\.login) ?? [], isLocked: locked ?? false, lockReason: activeLockReason,
      milestone: milestone?.title, baseRef: base?.ref ?? "", headRef: head?.ref ?? "", headSHA: head?.sha ?? "",
      headRepository: head?.repository, baseRepository: base?.repository, createdAt: createdAt, updatedAt: updatedAt,
      closedAt: closedAt)
  }
}

struct WireReview: Decodable {
  var id: Int64
  var state: String?
  var body: String?
  var user: WireAccount?
  var submittedAt: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case id, state, body, user
    case submittedAt = "submitted_at"
  }

  var review: Review {
    Review(
      id: id, state: state?.lowercased() ?? "", body: body ?? "", author: user?.account, submittedAt: submittedAt)
  }
}

/// What an edit replaced. Other kinds of events have a `changes` of other members, and of other types.
struct WireChanges: Decodable {
  var title: WireChange?
  var body: WireChange?
  struct WireChange: Decodable { var from: String? }
}
