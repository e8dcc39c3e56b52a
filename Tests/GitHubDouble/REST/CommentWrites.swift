extension RESTCall {
  /// The token's own login is the author, whoever's words they are.
  func createComment(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let item = try item(index, number)
    if item.isLocked, world.repositories[index].role(of: account.login) == "read", account.kind != .bot {
      throw RESTFailure(status: 403, message: "Unable to create comment because issue is locked.")
    }
    let text = try checked(try body()["body"]?.string, of: "IssueComment")
    let id = world.repositories[index].addComment(on: number, body: text, author: account, at: world.now)
    world.unlist(id, on: number, of: index)
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
    let hasEffect = world.editComment(id, on: number, of: index, body: text, by: account)
    record("edit_comment", index, number, [text], by: account, hasEffect: hasEffect)
    return try comment(index, id)
  }

  func deleteComment(_ index: Int, _ id: Int64) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let number = try found(index, id)
    world.change(index, number) { item in item.comments.removeAll { $0.id == id } }
    record("delete_comment", index, number, ["\(id)"], by: account)
    return HTTPAnswer(204)
  }

  // MARK: Reactions

  /// What a reaction is to. Source: https://docs.github.com/en/rest/reactions/reactions
  enum Reactable {
    case item(Int)
    case comment(Int64)
  }

  private func number(_ index: Int, _ target: Reactable) throws(RESTFailure) -> Int {
    switch target {
    case .item(let number): try item(index, number).number
    case .comment(let id): try found(index, id)
    }
  }

  func reactions(_ index: Int, to target: Reactable) throws(RESTFailure) -> HTTPAnswer {
    let number = try number(index, target)
    let item = try item(index, number)
    var reactions = item.reactions
    if case .comment(let id) = target { reactions = item.comments.first { $0.id == id }?.reactions ?? [] }
    if let content = query["content"] { reactions = reactions.filter { $0.content == content } }
    return listing(index, count: reactions.count) {
      rendering.reaction(reactions[$0], of: world.repositories[index], &$1)
    }
  }

  /// 201 for a new reaction, 200 for one that the same account gave before.
  func react(_ index: Int, _ target: Reactable) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let number = try number(index, target)
    guard let content = try body()["content"]?.string, RepositoryModel.Reaction.contents.contains(content) else {
      throw .invalid("Reaction", "content", "invalid")
    }
    let new = RepositoryModel.Reaction(
      id: world.repositories[index].nextID(), content: content, user: account, createdAt: world.now)
    let kept = change(index, number, target) { reactions in
      if let known = reactions.first(where: { $0.content == content && $0.user == account }) { return known }
      reactions.append(new)
      return new
    }
    guard let kept else { throw .notFound }
    record("add_reaction", index, number, [content], by: account, hasEffect: kept.id == new.id)
    return rendered(kept.id == new.id ? 201 : 200) {
      rendering.reaction(kept, of: world.repositories[index], &$0)
    }
  }

  func takeBack(_ id: Int64, _ index: Int, _ target: Reactable) throws(RESTFailure) -> HTTPAnswer {
    let account = try authorize()
    let number = try number(index, target)
    let removed = change(index, number, target) { reactions -> String? in
      guard let place = reactions.firstIndex(where: { $0.id == id }) else { return nil }
      return reactions.remove(at: place).content
    }
    guard let content = removed ?? nil else { throw .notFound }
    record("remove_reaction", index, number, [content], by: account)
    return HTTPAnswer(204)
  }

  /// Reactions move no `updated_at`.
  private func change<Result>(
    _ index: Int, _ number: Int, _ target: Reactable, _ change: (inout [RepositoryModel.Reaction]) -> Result
  ) -> Result? {
    world.repositories[index].update(number) { item in
      switch target {
      case .item: return change(&item.reactions)
      case .comment(let id):
        guard let place = item.comments.firstIndex(where: { $0.id == id }) else { return nil }
        return change(&item.comments[place].reactions)
      }
    } ?? nil
  }
}

extension World {
  /// Writes another text into a comment; false where it is the same.
  func editComment(
    _ id: Int64, on number: Int, of repository: Int, body: String, by account: RepositoryModel.Account
  ) -> Bool {
    let moment = now
    guard repositories[repository][number]?.comments.contains(where: { $0.id == id && $0.body != body }) == true
    else { return false }
    change(repository, number) { item in
      for place in item.comments.indices where item.comments[place].id == id {
        item.comments[place].body = body
        item.comments[place].updatedAt = max(moment, item.comments[place].updatedAt)
        item.comments[place].lastEditedAt = moment
        item.comments[place].editor = account
      }
    }
    return true
  }
}
