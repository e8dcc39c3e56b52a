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
    return ItemState(restAnswer: try JSONDecoder().decode(JSONValue.self, from: Data(answer.body)))
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

extension ItemState {
  /// An issue as REST gives it, as far as effects write it.
  fileprivate init(restAnswer item: JSONValue) {
    func names(_ key: String, _ name: String) -> [String] {
      guard case .array(let members)? = item[key] else { return [] }
      // The API's schema allows labels that are bare names.
      return members.compactMap { $0[name]?.string ?? $0.string }
    }
    var isLocked = false
    if case .bool(true)? = item["locked"] { isLocked = true }
    self.init(
      labels: names("labels", "name"), assignees: names("assignees", "login"),
      isOpen: item["state"]?.string != "closed", stateReason: item["state_reason"]?.string,
      title: item["title"]?.string ?? "", milestone: item["milestone"]?["title"]?.string, isLocked: isLocked,
      lockReason: item["active_lock_reason"]?.string)
  }
}
