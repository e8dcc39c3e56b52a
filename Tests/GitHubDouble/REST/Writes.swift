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
    case ("POST", 4) where path[1] == "comments" && path[3] == "reactions":
      guard let id = Int64(path[2]) else { return nil }
      return { () throws(RESTFailure) in try self.react(index, .comment(id)) }
    case ("DELETE", 5) where path[1] == "comments" && path[3] == "reactions":
      guard let id = Int64(path[2]), let reaction = Int64(path[4]) else { return nil }
      return { () throws(RESTFailure) in try self.takeBack(reaction, index, .comment(id)) }
    case ("POST", 3), ("PUT", 3), ("DELETE", 3):
      guard let number else { return nil }
      switch (method, path[2]) {
      case ("POST", "comments"): return { () throws(RESTFailure) in try self.createComment(index, number) }
      case ("POST", "labels"): return { () throws(RESTFailure) in try self.setLabels(index, number, keeping: true) }
      case ("PUT", "labels"): return { () throws(RESTFailure) in try self.setLabels(index, number, keeping: false) }
      case ("POST", "assignees"): return { () throws(RESTFailure) in try self.assign(index, number, adding: true) }
      case ("DELETE", "assignees"): return { () throws(RESTFailure) in try self.assign(index, number, adding: false) }
      case ("PUT", "lock"): return { () throws(RESTFailure) in try self.lock(index, number) }
      case ("DELETE", "lock"): return { () throws(RESTFailure) in try self.unlock(index, number) }
      case ("POST", "reactions"): return { () throws(RESTFailure) in try self.react(index, .item(number)) }
      default: return nil
      }
    case ("DELETE", 4) where path[2] == "labels":
      guard let number else { return nil }
      return { () throws(RESTFailure) in try self.removeLabel(index, number, path[3]) }
    case ("DELETE", 4) where path[2] == "reactions":
      guard let number, let reaction = Int64(path[3]) else { return nil }
      return { () throws(RESTFailure) in try self.takeBack(reaction, index, .item(number)) }
    default: return nil
    }
  }

  func authorize() throws(RESTFailure) -> RepositoryModel.Account {
    guard let identity else { throw RESTFailure(status: 401, message: "Requires authentication") }
    guard identity.mayWrite else {
      let holder = identity.account.kind == .bot ? "integration" : "personal access token"
      throw RESTFailure(status: 403, message: "Resource not accessible by \(holder)")
    }
    return identity.account
  }

  func body() throws(RESTFailure) -> JSONNode {
    if message.body.isEmpty { return .object([]) }
    guard let body = JSONNode(bytes: message.body) else {
      throw RESTFailure(status: 400, message: "Problems parsing JSON")
    }
    return body
  }

  func record(
    _ kind: String, _ index: Int, _ number: Int, _ detail: [String], by account: RepositoryModel.Account,
    hasEffect: Bool = true
  ) {
    world.record(
      GitHubDouble.Mutation(
        kind: kind, repository: world.repositories[index].fullName, number: number, detail: detail,
        actor: account.login, hasEffect: hasEffect))
  }

  /// Carries out changes of an item's state; false where none of them changed anything.
  func apply(
    _ changes: [RepositoryModel.ItemChange], _ index: Int, _ number: Int, by account: RepositoryModel.Account
  ) -> Bool {
    let moment = world.now
    var hasEffect = false
    for change in changes where world.repositories[index].apply(change, to: number, by: account, at: moment) {
      hasEffect = true
    }
    return hasEffect
  }

  func checked(_ text: String?, of resource: String) throws(RESTFailure) -> String {
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
    return rendered(201) { rendering.issue(item, of: world.repositories[index], isWhole: true, &$0) }
  }

  func editIssue(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    let body = try body()
    var detail: [String] = []
    var changes: [RepositoryModel.ItemChange] = []
    if let title = body["title"]?.string {
      guard title.contains(where: { !$0.isWhitespace }) else { throw .invalid("Issue", "title", "missing_field") }
      changes.append(.title(title))
      detail.append("title")
    }
    if let text = body["body"] {
      changes.append(.body(text.string))
      detail.append("body")
    }
    if let labels = body["labels"]?.array {
      let names = known(labels.compactMap { $0.string ?? $0["name"]?.string }, index)
      changes += item.labels.filter { !names.contains($0) }.map { .removeLabel($0) } + names.map { .addLabel($0) }
      detail.append("labels")
    }
    if let logins = body["assignees"]?.array?.compactMap(\.string) {
      let accounts = assignable(logins, index)
      changes += item.assignees.filter { !accounts.contains($0) }.map { .unassign($0) } + accounts.map { .assign($0) }
      detail.append("assignees")
    }
    if let milestone = body["milestone"] {
      let number = milestone.integer ?? milestone.string.flatMap { Int($0) }
      guard milestone.isNull || world.repositories[index].milestone(number) != nil else {
        throw .invalid("Issue", "milestone", "invalid")
      }
      changes.append(.milestone(number))
      detail.append("milestone")
    }
    if let state = body["state"]?.string {
      guard state == "open" || state == "closed" else { throw .invalid("Issue", "state", "invalid") }
      let reason = body["state_reason"]?.string
      if let reason, !["completed", "not_planned", "duplicate", "reopened"].contains(reason) {
        throw .invalid("Issue", "state_reason", "invalid")
      }
      changes.append(state == "closed" ? .close(reason: reason) : .reopen)
      detail.append(state + (reason.map { " " + $0 } ?? ""))
    }
    let hasEffect = apply(changes, index, number, by: account)
    record("edit_issue", index, number, detail, by: account, hasEffect: hasEffect)
    return try issue(index, number)
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
    let removed = item.labels.filter { !labels.contains($0) }
    let hasEffect = apply(
      removed.map { .removeLabel($0) } + labels.map { .addLabel($0) }, index, number, by: account)
    record(keeping ? "add_labels" : "set_labels", index, number, names, by: account, hasEffect: hasEffect)
    return try issueLabels(index, number)
  }

  func removeLabel(_ index: Int, _ number: Int, _ name: String) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    guard let label = item.labels.first(where: { $0.lowercased() == name.lowercased() }) else {
      throw RESTFailure(status: 404, message: "Label does not exist")
    }
    _ = apply([.removeLabel(label)], index, number, by: account)
    record("remove_label", index, number, [label], by: account)
    return try issueLabels(index, number)
  }

  /// Who may not be assigned is left out without a word, as at GitHub.
  private func assignable(_ logins: [String], _ index: Int) -> [RepositoryModel.Account] {
    let model = world.repositories[index]
    return logins.filter { login in
      model.collaborators[login.lowercased()].map { $0 != "none" } ?? (login == model.owner.login)
    }.map(model.account)
  }

  func assign(_ index: Int, _ number: Int, adding: Bool) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    let logins = (try body()["assignees"]?.array ?? []).compactMap(\.string)
    var changes: [RepositoryModel.ItemChange] = []
    if adding {
      let new = assignable(logins, index).filter { !item.assignees.contains($0) }
      changes = new.prefix(max(0, 10 - item.assignees.count)).map { .assign($0) }
    } else {
      changes = logins.map { .unassign(world.repositories[index].account($0)) }
    }
    let hasEffect = apply(changes, index, number, by: account)
    record(adding ? "assign" : "unassign", index, number, logins, by: account, hasEffect: hasEffect)
    var answer = try issue(index, number)
    if adding { answer.status = 201 }
    return answer
  }

  /// https://docs.github.com/en/rest/issues/issues#lock-an-issue
  func lock(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    _ = try item(index, number)
    let reason = try body()["lock_reason"]?.string
    if let reason, !["off-topic", "too heated", "resolved", "spam"].contains(reason) {
      throw .invalid("Issue", "lock_reason", "invalid")
    }
    let hasEffect = apply([.lock(reason: reason)], index, number, by: account)
    record("lock", index, number, reason.map { [$0] } ?? [], by: account, hasEffect: hasEffect)
    return HTTPAnswer(204)
  }

  func unlock(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    _ = try item(index, number)
    let hasEffect = apply([.unlock], index, number, by: account)
    record("unlock", index, number, [], by: account, hasEffect: hasEffect)
    return HTTPAnswer(204)
  }
}
