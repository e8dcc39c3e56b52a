/// An answer of GitHub's that is an error.
struct RESTFailure: Error {
  var status: Int
  var message: String
  var errors: [JSONNode]?
  var headers: [(name: String, value: String)] = []

  static let notFound = RESTFailure(status: 404, message: "Not Found")

  static func invalid(_ resource: String, _ field: String, _ code: String, message: String? = nil) -> RESTFailure {
    var error: [JSONNode.Member] = [
      JSONNode.Member("resource", .string(resource)), JSONNode.Member("field", .string(field)),
      JSONNode.Member("code", .string(code)),
    ]
    if let message { error.append(JSONNode.Member("message", .string(message))) }
    return RESTFailure(status: 422, message: "Validation Failed", errors: [.object(error)])
  }

  var answer: HTTPAnswer {
    var members: [JSONNode.Member] = [JSONNode.Member("message", .string(message))]
    if let location = headers.first(where: { $0.name == "Location" })?.value {
      members.append(JSONNode.Member("url", .string(location)))
    }
    if let errors { members.append(JSONNode.Member("errors", .array(errors))) }
    members.append(JSONNode.Member("documentation_url", "https://docs.github.com/rest"))
    members.append(JSONNode.Member("status", .string("\(status)")))
    return HTTPAnswer(status, JSONNode.object(members).bytes, headers: headers)
  }
}

/// One REST request on its way to an answer.
struct RESTCall {
  let world: World
  let rendering: RESTRendering
  let message: HTTPMessage
  /// nil without a token.
  let identity: GitHubDouble.Identity?
  let query: [String: String]

  init(world: World, base: String, message: HTTPMessage, identity: GitHubDouble.Identity?) {
    self.world = world
    rendering = RESTRendering(world: world, base: base)
    self.message = message
    self.identity = identity
    query = message.query
  }

  /// The answer, or nil where no route fits.
  func answer() -> HTTPAnswer? {
    do throws(RESTFailure) {
      return try route(message.segments)
    } catch {
      return error.answer
    }
  }

  private func route(_ segments: [String]) throws(RESTFailure) -> HTTPAnswer? {
    let method = message.method == "HEAD" ? "GET" : message.method
    switch (segments.first, segments.count) {
    case ("user", 1) where method == "GET": return try viewer()
    case ("users", 2) where method == "GET":
      return rendered { rendering.user(world.repositories.first?.account(segments[1]), &$0) }
    case ("repos", 3...):
      guard let found = world.repository(segments[1], segments[2]) else { throw .notFound }
      let rest = Array(segments.dropFirst(3))
      if found.wasRenamed {
        guard try repositoryRoute(method, rest, found.index, isProbe: true) != nil else { return nil }
        throw moved(to: found.index, "", status: method == "GET" ? 301 : 307)
      }
      return try repositoryRoute(method, rest, found.index)
    case ("repositories", 2...):
      guard let id = Int64(segments[1]), let index = world.repository(id: id) else { throw .notFound }
      return try repositoryRoute(method, Array(segments.dropFirst(2)), index)
    case ("app", 4) where method == "POST" && segments[1] == "installations" && segments[3] == "access_tokens":
      return HTTPAnswer(
        201,
        json: [
          "token": "ghs_double0000000000000000000000000000000000",
          "expires_at": .string(Moment.text(world.now + 3600)),
          "permissions": ["issues": "write", "pull_requests": "write", "metadata": "read", "contents": "read"],
          "repository_selection": "all",
        ])
    default: return nil
    }
  }

  /// `isProbe`: whether there is such a route is asked, nothing else.
  private func repositoryRoute(
    _ method: String, _ path: [String], _ index: Int, isProbe: Bool = false
  ) throws(RESTFailure) -> HTTPAnswer? {
    guard identity != nil || !world.repositories[index].isPrivate else { throw .notFound }
    let number = path.count > 1 ? Int(path[1]) : nil
    let handler: () throws(RESTFailure) -> HTTPAnswer
    switch (method, path.first ?? "", path.count) {
    case ("GET", "", 0): handler = { () throws(RESTFailure) in self.repository(index) }
    case ("GET", "installation", 1): handler = { () throws(RESTFailure) in self.installation() }
    case ("GET", "contents", 2...):
      handler = { () throws(RESTFailure) in try self.contents(index, path.dropFirst().joined(separator: "/")) }
    case ("GET", "collaborators", 3) where path[2] == "permission":
      handler = { () throws(RESTFailure) in try self.permission(index, of: path[1]) }
    case ("GET", "milestones", 1): handler = { () throws(RESTFailure) in self.milestones(index) }
    case ("GET", "milestones", 2) where number != nil:
      handler = { () throws(RESTFailure) in try self.milestone(index, number ?? 0) }
    case ("GET", "labels", 1): handler = { () throws(RESTFailure) in self.labels(index) }
    case ("GET", "pulls", 1): handler = { () throws(RESTFailure) in self.pulls(index) }
    case ("GET", "pulls", 2) where path[1] == "comments":
      handler = { () throws(RESTFailure) in try self.reviewComments(index) }
    case ("GET", "pulls", 2) where number != nil:
      handler = { () throws(RESTFailure) in try self.pull(index, number ?? 0) }
    case ("GET", "pulls", 3) where path[1] == "comments" && Int64(path[2]) != nil:
      handler = { () throws(RESTFailure) in try self.reviewComment(index, Int64(path[2]) ?? 0) }
    case ("GET", "pulls", 3) where number != nil && ["files", "comments", "reviews"].contains(path[2]):
      handler = { () throws(RESTFailure) in try self.pullChildren(index, number ?? 0, path[2]) }
    case ("GET", "issues", 1): handler = { () throws(RESTFailure) in try self.issues(index) }
    case ("GET", "issues", 2) where path[1] == "comments":
      handler = { () throws(RESTFailure) in try self.allComments(index) }
    case ("GET", "issues", 2) where number != nil:
      handler = { () throws(RESTFailure) in try self.issue(index, number ?? 0) }
    case ("GET", "issues", 3) where number != nil && path[2] == "timeline":
      handler = { () throws(RESTFailure) in try self.timeline(index, number ?? 0) }
    case ("GET", "issues", 3) where number != nil && path[2] == "reactions":
      handler = { () throws(RESTFailure) in try self.reactions(index, to: .item(number ?? 0)) }
    case ("GET", "issues", 4) where path[1] == "comments" && Int64(path[2]) != nil && path[3] == "reactions":
      handler = { () throws(RESTFailure) in try self.reactions(index, to: .comment(Int64(path[2]) ?? 0)) }
    case ("GET", "issues", 3) where number != nil && ["comments", "labels"].contains(path[2]):
      handler = { () throws(RESTFailure) in
        path[2] == "labels" ? try self.issueLabels(index, number ?? 0) : try self.comments(index, number ?? 0)
      }
    case ("GET", "issues", 3) where path[1] == "comments" && Int64(path[2]) != nil:
      handler = { () throws(RESTFailure) in try self.comment(index, Int64(path[2]) ?? 0) }
    case ("POST", "actions", 4) where path[1] == "workflows" && path[3] == "dispatches":
      handler = { () throws(RESTFailure) in try self.dispatch(index, path[2]) }
    case ("POST", _, _), ("PUT", _, _), ("PATCH", _, _), ("DELETE", _, _):
      guard let write = write(method, path, index) else { return nil }
      handler = write
    default: return nil
    }
    return isProbe ? HTTPAnswer(200) : try handler()
  }

  /// A redirect to the repository's path by id, as GitHub sends it for renamed repositories.
  func moved(to index: Int, _ path: String, status: Int) -> RESTFailure {
    let rest = message.path.split(separator: "/").dropFirst(3).joined(separator: "/")
    let tail = path.isEmpty ? rest : path
    let query = message.target.firstIndex(of: "?").map { String(message.target[$0...]) } ?? ""
    let location =
      "\(rendering.base)/repositories/\(world.repositories[index].id)" + (tail.isEmpty ? "" : "/" + tail) + query
    return RESTFailure(
      status: status, message: status == 301 ? "Moved Permanently" : "Temporary Redirect",
      headers: [("Location", location)])
  }

  func rendered(_ status: Int = 200, _ write: (inout JSONWriter) -> Void) -> HTTPAnswer {
    var writer = JSONWriter(capacity: 2048)
    write(&writer)
    return HTTPAnswer(status, writer.bytes)
  }
}
