extension RESTCall {
  func comments(_ index: Int, _ number: Int) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let item = try item(index, number)
    let since = try since()
    let comments = item.comments.filter { $0.isListed && $0.updatedAt >= since ?? .min }
    return listing(index, count: comments.count) { rendering.comment(comments[$0], on: item, of: model, &$1) }
  }

  func allComments(_ index: Int) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let since = try since() ?? .min
    var places: [(item: Int, comment: RepositoryModel.Comment)] = []
    for (position, item) in model.items.enumerated() {
      for comment in item.comments where comment.isListed && comment.updatedAt >= since {
        places.append((position, comment))
      }
    }
    let isDescending = query["direction"] == "desc" && query["sort"] != nil
    let byUpdate = query["sort"] == "updated"
    places.sort { a, b in
      let (a, b) = isDescending ? (b.comment, a.comment) : (a.comment, b.comment)
      return byUpdate ? (a.updatedAt, a.id) < (b.updatedAt, b.id) : a.id < b.id
    }
    return listing(index, count: places.count) {
      rendering.comment(places[$0].comment, on: model.items[places[$0].item], of: model, &$1)
    }
  }

  func reviewComments(_ index: Int) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let order: World.OrderKey? =
      switch query["sort"] {
      case "updated": .updated
      case "created", "created_at": .created
      default: nil
      }
    var places = world.reviewCommentOrder(
      index, by: order, descending: order != nil && query["direction"] == "desc")
    if let since = try since() {
      places = places.filter { place in
        (model.items[place.item].pull?.reviewComments[place.index].updatedAt ?? 0) >= since
      }
    }
    return listing(index, count: places.count) { place, writer in
      let item = model.items[places[place].item]
      guard let pull = item.pull else { return }
      rendering.reviewComment(pull.reviewComments[places[place].index], on: item, pull, of: model, &writer)
    }
  }

  /// `files` ends at 3,000, as GitHub's does.
  func pullChildren(_ index: Int, _ number: Int, _ kind: String) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let (item, pull) = try pullItem(index, number)
    switch kind {
    case "files":
      return listing(index, count: min(pull.files.count, 3000)) {
        rendering.file(pull.files[$0], pull, of: model, &$1)
      }
    case "reviews":
      return listing(index, count: pull.reviews.count) {
        rendering.review(pull.reviews[$0], on: item, pull, of: model, &$1)
      }
    default:
      let since = try since() ?? .min
      var comments = pull.reviewComments.filter { $0.updatedAt >= since }
      if query["sort"] == "updated" { comments.sort { ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id) } }
      if query["sort"] != nil, query["direction"] == "desc" { comments.reverse() }
      return listing(index, count: comments.count) {
        rendering.reviewComment(comments[$0], on: item, pull, of: model, &$1)
      }
    }
  }

  private func order(defaultDescending: Bool) -> (key: World.OrderKey, isDescending: Bool) {
    let key: World.OrderKey =
      switch query["sort"] {
      case "updated": .updated
      case "comments", "popularity": .comments
      default: .created
      }
    return (key, query["direction"].map { $0 == "desc" } ?? defaultDescending)
  }

  func pulls(_ index: Int) -> HTTPAnswer {
    let model = world.repositories[index]
    let state = query["state"] ?? "open"
    let (key, isDescending) = order(defaultDescending: query["sort"] == nil || query["sort"] == "created")
    let base = query["base"]
    let places = world.order(
      index, key, descending: isDescending, name: "pulls \(state) \(base ?? "")"
    ) { item in
      guard let pull = item.pull, base == nil || pull.baseRef == base else { return false }
      return state == "all" || item.state == state
    }
    return listing(index, count: places.count) { place, writer in
      let item = model.items[places[place]]
      guard let pull = item.pull else { return }
      rendering.pull(item, pull, of: model, isWhole: false, &writer)
    }
  }

  /// Issues and pull requests. The next page is told by a cursor; `page` ends at 10,000 items, as at GitHub.
  func issues(_ index: Int) throws(RESTFailure) -> HTTPAnswer {
    let model = world.repositories[index]
    let state = query["state"] ?? "open"
    let since = try since()
    let labels = (query["labels"] ?? "").split(separator: ",").map { $0.lowercased() }
    let creator = query["creator"]?.lowercased()
    let (key, isDescending) = order(defaultDescending: true)
    let name = "issues \(state) \(since ?? -1) \(labels) \(creator ?? "")"
    let places = world.order(index, key, descending: isDescending, name: name) { item in
      // GitHub answers an empty list to the beginning of time.
      if let since, since <= 0 || item.updatedAt < since { return false }
      if let creator, item.author?.login.lowercased() != creator { return false }
      let has = item.labels.map { $0.lowercased() }
      return labels.allSatisfy { has.contains($0) } && (state == "all" || item.state == state)
    }
    let (number, size) = page
    var start = min((number - 1) * size, places.count)
    if let cursor = query["after"] {
      guard let limit = GraphQLPage.key(cursor) else {
        throw RESTFailure(status: 422, message: "Invalid cursor: \(cursor)")
      }
      let bound = (limit.value, limit.id)
      start =
        places.firstIndex { place in
          let here = (world.key(index, place, key), Int64(place))
          return isDescending ? here < bound : here > bound
        } ?? places.count
    } else if number * size >= 10_000, !places.isEmpty {
      throw RESTFailure(
        status: 422,
        message:
          "Pagination with the page parameter is not supported for large datasets, "
          + "please use cursor based pagination (after/before)"
      )
    }
    let end = min(start + size, places.count)
    var answer = rendered { writer in
      writer.raw("[")
      for place in places[start..<end] {
        writer.separate()
        rendering.issue(model.items[place], of: model, &writer)
      }
      writer.raw("]")
    }
    if end < places.count, end > start {
      let last = places[end - 1]
      let cursor = "Y3Vyc29yOnYyOpK\(world.key(index, last, key))_\(last)"
      let next = link(index, [("after", cursor), ("page", "\(number + 1)")])
      var value = "<\(next)>; rel=\"next\""
      let pages = (places.count + size - 1) / size
      if pages * size < 10_000 { value += ", <\(link(index, [("after", nil), ("page", "\(pages)")]))>; rel=\"last\"" }
      answer.headers.append(("Link", value))
    }
    return answer
  }
}
