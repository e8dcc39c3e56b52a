extension RESTCall {
  /// The page asked for and its size: GitHub cuts `per_page` at 100 without a word.
  var page: (number: Int, size: Int) {
    let size = query["per_page"].flatMap { Int($0) } ?? 30
    return (max(1, query["page"].flatMap { Int($0) } ?? 1), size < 1 ? 30 : min(size, 100))
  }

  /// The request's own URL by the repository's id, with other values in its query.
  func link(_ index: Int, _ changes: [(name: String, value: String?)]) -> String {
    let segments = message.path.split(separator: "/").map { String($0) }
    let rest = segments.dropFirst(segments.first == "repositories" ? 2 : 3).joined(separator: "/")
    var parts: [String] = []
    if let mark = message.target.firstIndex(of: "?") {
      for part in message.target[message.target.index(after: mark)...].split(separator: "&") {
        let name = part.prefix { $0 != "=" }
        if name != "page", !changes.contains(where: { $0.name == name }) { parts.append(String(part)) }
      }
    }
    for change in changes {
      if let value = change.value { parts.append("\(change.name)=\(percentEncoded(value))") }
    }
    return "\(rendering.base)/repositories/\(world.repositories[index].id)/\(rest)?\(parts.joined(separator: "&"))"
  }

  /// One page of a list with its `Link` header.
  func listing(
    _ index: Int, count: Int, _ write: (Int, inout JSONWriter) -> Void
  ) -> HTTPAnswer {
    let (number, size) = page
    let last = (count + size - 1) / size
    let start = min((number - 1) * size, count)
    let end = min(start + size, count)
    var answer = rendered { writer in
      writer.raw("[")
      for place in start..<end {
        writer.separate()
        write(place, &writer)
      }
      writer.raw("]")
    }
    var links: [String] = []
    func add(_ relation: String, _ page: Int) {
      links.append("<\(link(index, [("page", "\(page)")]))>; rel=\"\(relation)\"")
    }
    if number > 1 { add("prev", min(number - 1, max(last, 1))) }
    if number < last {
      add("next", number + 1)
      add("last", last)
    }
    if number > 1 { add("first", 1) }
    if !links.isEmpty { answer.headers.append(("Link", links.joined(separator: ", "))) }
    return answer
  }

  /// The query's `since`, where it is there.
  func since() throws(RESTFailure) -> Int64? {
    guard let text = query["since"] else { return nil }
    guard let moment = Moment.parse(text) else {
      throw RESTFailure(status: 422, message: "Invalid request.\n\nsince is not a valid ISO 8601 timestamp")
    }
    return moment
  }
}
