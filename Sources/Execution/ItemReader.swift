import Domain
import FoundationEssentials

/// What GitHub shows of an item now: read before a write that must not be sent twice, or must not overwrite anything.
struct ItemReader {
  let github: any GitHubAPI
  let target: ItemReference

  /// Issues and pull requests alike: https://docs.github.com/en/rest/issues/issues#get-an-issue
  var path: String { "/repos/\(target.repository)/issues/\(target.number)" }

  /// nil where the item is gone.
  func state() async throws -> ItemState? {
    let answer = try await github.send(RESTRequest(.get, path))
    guard answer.status == 200 else { return nil }
    return try JSONDecoder().decode(WireItem.self, from: Data(answer.body)).itemState
  }

  /// What a comment says; nil where it is gone.
  func body(ofComment id: Int64) async throws -> String? {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(target.repository)/issues/comments/\(id)"))
    guard answer.status == 200 else { return nil }
    return try JSONDecoder().decode(FoundComment.self, from: Data(answer.body)).body ?? ""
  }

  struct FoundComment: Decodable {
    var id: Int64
    var body: String?
    var user: Author?
    struct Author: Decodable { var login: String? }
  }

  /// The token's own comment with the marker, among those that changed since a moment; the oldest where there are more.
  ///
  /// Anybody can copy a marker, so a comment of somebody else's does not count.
  func comment(carrying marker: CommentMarker, since: Timestamp? = nil) async throws -> FoundComment? {
    let own = try await github.ownLogin?.lowercased()
    let from = since.map { "&since=\($0.description.replacing(":", with: "%3A"))" } ?? ""
    var next: String? = "\(path)/comments?per_page=100\(from)"
    while let page = next {
      let answer = try await github.send(RESTRequest(.get, page))
      // Nothing can be posted to an item that is gone either; GitHub says so once more, and that settles it.
      if answer.status == 404 || answer.status == 410 { return nil }
      guard answer.status < 300,
        let comments = try? JSONDecoder().decode([FoundComment].self, from: Data(answer.body))
      else {
        // Not having seen the comment is no proof that it is not there.
        throw UncertainWrite(detail: "the item's comments cannot be read: status \(answer.status)")
      }
      let found = comments.first { comment in
        guard let body = comment.body, marker.isCarried(by: body) else { return false }
        return own == nil || comment.user?.login?.lowercased() == own
      }
      if let found { return found }
      next = answer.next
    }
    return nil
  }
}

/// An issue as REST gives it, as far as effects write it.
struct WireItem: Decodable {
  var title: String?
  var state: String?
  var stateReason: String?
  var labels: [Label]?
  var assignees: [Account]?
  var milestone: Milestone?
  var locked: Bool?
  var lockReason: String?

  struct Account: Decodable { var login: String? }
  struct Milestone: Decodable { var title: String? }

  /// Objects; the API's schema also allows bare names.
  struct Label: Decodable {
    var name: String?
    private enum CodingKeys: CodingKey { case name }

    init(from decoder: any Decoder) throws {
      if let name = try? decoder.singleValueContainer().decode(String.self) {
        self.name = name
      } else {
        name = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .name)
      }
    }
  }

  private enum CodingKeys: String, CodingKey {
    case title, state, labels, assignees, milestone, locked
    case stateReason = "state_reason"
    case lockReason = "active_lock_reason"
  }

  var itemState: ItemState {
    ItemState(
      labels: labels?.compactMap(\.name) ?? [], assignees: assignees?.compactMap(\.login) ?? [],
      isOpen: state != "closed", stateReason: stateReason, title: title ?? "", milestone: milestone?.title,
      isLocked: locked ?? false, lockReason: lockReason)
  }
}
