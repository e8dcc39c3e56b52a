import Foundation

extension RESTCall {
  func viewer() throws(RESTFailure) -> HTTPAnswer {
    guard let identity else { throw RESTFailure(status: 401, message: "Requires authentication") }
    // An installation token is nobody's.
    guard identity.account.kind != .bot else {
      throw RESTFailure(status: 403, message: "Resource not accessible by integration")
    }
    return rendered { rendering.user(identity.account, &$0) }
  }

  func repository(_ index: Int) -> HTTPAnswer {
    let role = identity.map { $0.mayWrite ? "write" : "read" }
    return rendered { rendering.repository(world.repositories[index], permission: role, &$0) }
  }

  func installation() -> HTTPAnswer {
    HTTPAnswer(200, json: ["id": 67890, "app_id": 12345, "app_slug": "double", "target_type": "Organization"])
  }

  func contents(_ index: Int, _ path: String) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let ref = query["ref"] ?? model.defaultBranch
    guard let bytes = model.contents[path], ref == model.defaultBranch || ref == "refs/heads/\(model.defaultBranch)"
    else { throw .notFound }
    if message.headers["accept"]?.contains("raw") == true {
      return HTTPAnswer(200, bytes, headers: [("Content-Type", "application/vnd.github.raw+json; charset=utf-8")])
    }
    let sha = RepositoryModel.sha(Int64(truncatingIfNeeded: fnv1a(bytes) >> 1), 3)
    let url = "\(rendering.base)/repos/\(model.fullName)/contents/\(path)?ref=\(ref)"
    return HTTPAnswer(
      200,
      json: [
        "name": .string(path.split(separator: "/").last.map { String($0) } ?? path), "path": .string(path),
        "sha": .string(sha), "size": .int(bytes.count), "url": .string(url),
        "html_url": .string("https://github.com/\(model.fullName)/blob/\(ref)/\(path)"),
        "git_url": .string("\(rendering.base)/repos/\(model.fullName)/git/blobs/\(sha)"),
        "download_url": .string("https://raw.githubusercontent.com/\(model.fullName)/\(ref)/\(path)"), "type": "file",
        "content": .string(Data(bytes).base64EncodedString(options: .lineLength76Characters) + "\n"),
        "encoding": "base64",
      ])
  }

  func permission(_ index: Int, of login: String) throws(RESTFailure) -> HTTPAnswer {
    guard let identity else { throw RESTFailure(status: 401, message: "Requires authentication") }
    guard identity.mayWrite else {
      throw RESTFailure(status: 403, message: "Must have push access to view collaborator permission.")
    }
    let model = world.repositories[index]
    guard let role = model.role(of: login) else {
      throw RESTFailure(status: 404, message: "\(login) is not a user")
    }
    // The older member knows four words only.
    let legacy = ["maintain": "write", "triage": "read"][role] ?? role
    return rendered { writer in
      writer.raw("{")
      writer.member("permission", legacy)
      writer.key("user")
      rendering.user(model.account(login), &writer)
      writer.member("role_name", role)
      writer.raw("}")
    }
  }

  func labels(_ index: Int) -> HTTPAnswer {
    let model = world.repositories[index]
    return listing(index, count: model.labels.count) { rendering.label(model.labels[$0], of: model, &$1) }
  }

  /// Open ones where the query does not say otherwise, by number.
  func milestones(_ index: Int) -> HTTPAnswer {
    let model = world.repositories[index]
    let state = query["state"] ?? "open"
    let milestones = model.milestones.filter { state == "all" || ($0.isClosed ? "closed" : "open") == state }
    return listing(index, count: milestones.count) { rendering.milestone(milestones[$0], of: model, &$1) }
  }

  func milestone(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    guard let milestone = model.milestone(number) else { throw .notFound }
    return rendered { rendering.milestone(milestone, of: model, &$0) }
  }

  func timeline(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let item = try item(index, number)
    let story = item.story
    return listing(index, count: story.count) {
      rendering.entry(story[$0], on: item, of: world.repositories[index], &$1)
    }
  }

  /// The item of a number, or the answer that GitHub gives where there is none.
  func item(_ index: Int, _ number: Int) throws(RESTFailure) -> RepositoryModel.Item {
    let model = world.repositories[index]
    if let item = model[number] { return item }
    switch model.gone[number] {
    case .deleted: throw RESTFailure(status: 410, message: "This issue was deleted")
    case .transferred(let repository, let number):
      throw RESTFailure(
        status: 301, message: "Moved Permanently",
        headers: [("Location", "\(rendering.base)/repos/\(repository)/issues/\(number)")])
    case .discussion, nil: throw .notFound
    }
  }

  func issue(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let item = try item(index, number)
    return rendered { rendering.issue(item, of: world.repositories[index], isWhole: true, &$0) }
  }

  func issueLabels(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let item = try item(index, number)
    return rendered { rendering.labels(item, of: world.repositories[index], &$0) }
  }

  func pullItem(
    _ index: Int, _ number: Int
  ) throws(RESTFailure) -> (item: RepositoryModel.Item, pull: RepositoryModel.Pull) {
    guard let item = world.repositories[index][number], let pull = item.pull else { throw .notFound }
    return (item, pull)
  }

  func pull(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let (item, pull) = try pullItem(index, number)
    return rendered { rendering.pull(item, pull, of: world.repositories[index], isWhole: true, &$0) }
  }

  func comment(_ index: Int, _ id: Int64) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    guard let position = world.item(index, ofComment: id),
      let comment = model.items[position].comments.first(where: { $0.id == id })
    else { throw .notFound }
    return rendered { rendering.comment(comment, on: model.items[position], of: model, &$0) }
  }

  func reviewComment(_ index: Int, _ id: Int64) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    guard let place = world.reviewComment(index, id: id), let pull = model.items[place.item].pull else {
      throw .notFound
    }
    return rendered {
      rendering.reviewComment(pull.reviewComments[place.index], on: model.items[place.item], pull, of: model, &$0)
    }
  }
}
