extension RESTCall {
  typealias Handler = () throws(RESTFailure) -> HTTPAnswer

  /// What carries out a request that changes something, or nil where no route fits.
  func write(_ method: String, _ path: [String], _ index: Int) -> Handler? {
    let number = path.count > 1 ? Int(path[1]) : nil
    guard path.first == "issues" else { return nil }
    switch (method, path.count) {
    case ("POST", 1): return { () throws(RESTFailure) in try self.createIssue(index) }
    case ("PATCH", 2):
      guard let number else { return nil }
      return { () throws(RESTFailure) in try self.editIssue(index, number) }
    case ("PATCH", 3) where path[1] == "comments":
      guard let id = Int64(path[2]) else { return nil }
      return { () throws(RESTFailure) in try self.editComment(index, id) }
    case ("DELETE", 3) where path[1] == "comments":
      guard let id = Int64(path[2]) else { return nil }
      return { () throws(RESTFailure) in try self.deleteComment(index, id) }
    case ("POST", 3), ("PUT", 3), ("DELETE", 3):
      guard let number else { return nil }
      switch (method, path[2]) {
      case ("POST", "comments"): return { () throws(RESTFailure) in try self.createComment(index, number) }
      case ("POST", "labels"): return { () throws(RESTFailure) in try self.setLabels(index, number, keeping: true) }
      case ("PUT", "labels"): return { () throws(RESTFailure) in try self.setLabels(index, number, keeping: false) }
      case ("POST", "assignees"): return { () throws(RESTFailure) in try self.assign(index, number, adding: true) }
      case ("DELETE", "assignees"): return { () throws(RESTFailure) in try self.assign(index, number, adding: false) }
      default: return nil
      }
    case ("DELETE", 4) where path[2] == "labels":
      guard let number else { return nil }
      return { () throws(RESTFailure) in try self.removeLabel(index, number, path[3]) }
    default: return nil
    }
  }

  private func authorize() throws(RESTFailure) -> RepositoryModel.Account {
    guard let identity else { throw RESTFailure(status: 401, message: "Requires authentication") }
    guard identity.mayWrite else {
      let holder = identity.account.kind == .bot ? "integration" : "personal access token"
      throw RESTFailure(status: 403, message: "Resource not accessible by \(holder)")
    }
    return identity.account
  }

  private func body() throws(RESTFailure) -> JSONNode {
    if message.body.isEmpty { return .object([]) }
    guard let body = JSONNode(bytes: message.body) else {
      throw RESTFailure(status: 400, message: "Problems parsing JSON")
    }
    return body
  }

  private func record(
    _ kind: String, _ index: Int, _ number: Int, _ detail: [String], by account: RepositoryModel.Account
  ) {
    world.record(
      GitHubDouble.Mutation(
        kind: kind, repository: world.repositories[index].fullName, number: number, detail: detail,
        actor: account.login))
  }

  private func checked(_ text: String?, of resource: String) throws(RESTFailure) -> String {
    guard let text, text.contains(where: { !$0.isWhitespace }) else {
      throw .invalid(resource, "body", "missing_field", message: "body can't be blank")
    }
    guard text.unicodeScalars.count <= 65_536 else {
      throw .invalid(resource, "body", "custom", message: "body is too long (maximum is 65536 characters)")
    }
    return text
  }

  func createIssue(_ index: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let body = try body()
    guard let title = body["title"]?.string, title.contains(where: { !$0.isWhitespace }) else {
      throw .invalid("Issue", "title", "missing_field")
    }
    let text = try body["body"]?.string.map { text throws(RESTFailure) in try checked(text, of: "Issue") }
    let labels = (body["labels"]?.array ?? []).compactMap { $0.string ?? $0["name"]?.string }
    let number = world.repositories[index].addIssue(
      title: title, body: text, author: account, labels: labels, at: world.now)
    record("create_issue", index, number, [title], by: account)
    let item = try item(index, number)
    return rendered(201) { rendering.issue(item, of: world.repositories[index], &$0) }
  }

  func editIssue(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    var item = try item(index, number)
    let body = try body()
    var detail: [String] = []
    if let state = body["state"]?.string {
      guard state == "open" || state == "closed" else { throw .invalid("Issue", "state", "invalid") }
      let reason = body["state_reason"]?.string
      if let reason, !["completed", "not_planned", "duplicate", "reopened"].contains(reason) {
        throw .invalid("Issue", "state_reason", "invalid")
      }
      item.closedAt = state == "closed" ? item.closedAt ?? world.now : nil
      item.stateReason =
        item.isPullRequest
        ? nil
        : state == "closed"
          ? reason ?? (item.isClosed ? item.stateReason : "completed") : item.isClosed ? "reopened" : item.stateReason
      item.isClosed = state == "closed"
      detail.append(state + (reason.map { " " + $0 } ?? ""))
    }
    if let title = body["title"]?.string {
      item.title = title
      detail.append("title")
    }
    if let text = body["body"] {
      item.body = text.string
      detail.append("body")
    }
    if let labels = body["labels"]?.array {
      item.labels = known(labels.compactMap { $0.string ?? $0["name"]?.string }, index)
      detail.append("labels")
    }
    if let assignees = body["assignees"]?.array {
      item.assignees = assignees.compactMap(\.string).map { world.repositories[index].account($0) }
      detail.append("assignees")
    }
    world.change(index, number) { $0 = item }
    record("edit_issue", index, number, detail, by: account)
    return try issue(index, number)
  }

  func createComment(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    if item.isLocked {
      throw RESTFailure(status: 403, message: "Unable to create comment because issue is locked.")
    }
    let text = try checked(try body()["body"]?.string, of: "IssueComment")
    let id = world.repositories[index].addComment(on: number, body: text, author: account, at: world.now)
    record("create_comment", index, number, [text], by: account)
    var answer = try comment(index, id)
    answer.status = 201
    return answer
  }

  private func found(_ index: Int, _ id: Int64) throws(RESTFailure) -> Int {
    guard let position = world.item(index, ofComment: id) else { throw .notFound }
    return world.repositories[index].items[position].number
  }

  func editComment(_ index: Int, _ id: Int64) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let number = try found(index, id)
    let text = try checked(try body()["body"]?.string, of: "IssueComment")
    let now = world.now
    world.change(index, number) { item in
      for place in item.comments.indices where item.comments[place].id == id {
        item.comments[place].body = text
        item.comments[place].updatedAt = now
      }
    }
    record("edit_comment", index, number, [text], by: account)
    return try comment(index, id)
  }

  func deleteComment(_ index: Int, _ id: Int64) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let number = try found(index, id)
    world.change(index, number) { item in item.comments.removeAll { $0.id == id } }
    record("delete_comment", index, number, ["\(id)"], by: account)
    return HTTPAnswer(204)
  }

  /// The labels' names as the repository spells them, made where they are new.
  private func known(_ names: [String], _ index: Int) -> [String] {
    var labels: [String] = []
    for name in names {
      let label = world.repositories[index].label(named: name).name
      if !labels.contains(label) { labels.append(label) }
    }
    return labels
  }

  func setLabels(_ index: Int, _ number: Int, keeping: Bool) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    let body = try body()
    let names = (body["labels"]?.array ?? body.array ?? []).compactMap { $0.string ?? $0["name"]?.string }
    for name in names where name.count > 50 || name.isEmpty {
      throw .invalid("Label", "name", "custom", message: "name is too long (maximum is 50 characters)")
    }
    let labels = known((keeping ? item.labels : []) + names, index)
    guard labels.count <= 100 else {
      throw .invalid("Issue", "labels", "custom", message: "Issue cannot have more than 100 labels")
    }
    if labels != item.labels { world.change(index, number) { $0.labels = labels } }
    record(keeping ? "add_labels" : "set_labels", index, number, names, by: account)
    return try issueLabels(index, number)
  }

  func removeLabel(_ index: Int, _ number: Int, _ name: String) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    guard let label = item.labels.first(where: { $0.lowercased() == name.lowercased() }) else {
      throw RESTFailure(status: 404, message: "Label does not exist")
    }
    world.change(index, number) { item in item.labels.removeAll { $0 == label } }
    record("remove_label", index, number, [label], by: account)
    return try issueLabels(index, number)
  }

  /// Who may not be assigned is left out without a word, as at GitHub.
  func assign(_ index: Int, _ number: Int, adding: Bool) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    var item = try item(index, number)
    let logins = (try body()["assignees"]?.array ?? []).compactMap(\.string)
    let model = world.repositories[index]
    for login in logins {
      let isAssignable = model.collaborators[login.lowercased()].map { $0 != "none" } ?? (login == model.owner.login)
      if !adding {
        item.assignees.removeAll { $0.login.lowercased() == login.lowercased() }
      } else if isAssignable, item.assignees.count < 10,
        !item.assignees.contains(where: { $0.login.lowercased() == login.lowercased() })
      {
        item.assignees.append(model.account(login))
      }
    }
    let assignees = item.assignees
    world.change(index, number) { $0.assignees = assignees }
    record(adding ? "assign" : "unassign", index, number, logins, by: account)
    var answer = try issue(index, number)
    if adding { answer.status = 201 }
    return answer
  }
}
