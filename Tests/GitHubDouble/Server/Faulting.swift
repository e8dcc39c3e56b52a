extension Service {
  /// The answer that a fault puts in the place of the real one.
  func replaced(_ fault: GitHubDouble.FaultKind?, _ request: ReceivedRequest) -> HTTPAnswer? {
    switch fault {
    case .answer(let status, let headers, let body):
      return HTTPAnswer(status, Array(body.utf8), headers: headers.map { ($0.key, $0.value) })
    case .secondaryLimit(let status, let retryAfter):
      var answer = RESTFailure(
        status: status,
        message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
      ).answer
      if let retryAfter { answer.headers.append(("Retry-After", "\(retryAfter)")) }
      answer.headers +=
        RateWindow(
          resource: request.isGraphQL ? "graphql" : "core", limit: 5000, used: 10, reset: world.now + 3600
        ).headers
      return answer
    case .primaryLimit(let resetIn, let status, let type):
      let window = RateWindow(
        resource: request.isGraphQL ? "graphql" : "core", limit: 5000, used: 5000, reset: world.now + resetIn)
      return limited(isGraphQL: request.isGraphQL, window, status: status, type: type)
    case .graphQLError(let type, let message):
      return HTTPAnswer(
        200, json: ["data": .null, "errors": [["type": .string(type), "message": .string(message)]]])
    case .graphQLResourceLimits(_, false):
      return HTTPAnswer(
        200, json: ["data": .null, "errors": [Self.resourceLimits]])
    case .graphQLTimeout(_, let status):
      return HTTPAnswer(
        status,
        json: [
          "message":
            "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your request."
        ])
    default: return nil
    }
  }

  private static let resourceLimits: JSONNode = [
    "type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded.",
  ]

  /// What a fault does to the real answer.
  func altered(_ answer: inout HTTPAnswer, by fault: GitHubDouble.FaultKind?, _ request: ReceivedRequest) {
    switch fault {
    case .truncatedJSON(let fraction):
      answer.body = Array(answer.body.prefix(max(1, Int(Double(answer.body.count) * fraction))))
    case .graphQLPartial(let index, let type):
      nullNodes(&answer, type, "Something went wrong while executing your query.") { $0 == index }
    case .graphQLResourceLimits(_, true):
      nullNodes(&answer, "RESOURCE_LIMITS_EXCEEDED", "Resource limits for this query exceeded.") { $0 % 2 == 1 }
    default: break
    }
  }

  /// Makes nodes of the answer's first list null and adds an error for each; where there is no list, the members of its
  /// first object that holds objects.
  private func nullNodes(_ answer: inout HTTPAnswer, _ type: String, _ message: String, _ hits: (Int) -> Bool) {
    guard answer.status == 200, var document = JSONNode(bytes: answer.body), var data = document["data"] else {
      return
    }
    var paths: [[JSONNode]] = []
    guard Self.nullNodes(in: &data, [], &paths, hits) else { return }
    var errors = document["errors"]?.array ?? []
    for path in paths {
      errors.append(["type": .string(type), "path": .array(path), "message": .string(message)])
    }
    document = ["data": data, "errors": .array(errors)]
    answer.body = document.bytes
  }

  private static func nullNodes(
    in value: inout JSONNode, _ path: [JSONNode], _ paths: inout [[JSONNode]], _ hits: (Int) -> Bool
  ) -> Bool {
    switch value {
    case .array(var values):
      guard values.contains(where: { $0.members != nil }) else { return false }
      for index in values.indices where hits(index) {
        values[index] = .null
        paths.append(path + [.int(index)])
      }
      value = .array(values)
      return true
    case .object(var members):
      // Aliased single objects, as in `a1: issue(number: 1) {…} a2: issue(number: 2) {…}`, are a list in all but name.
      let objects = members.indices.filter { members[$0].value["number"] != nil || members[$0].value["id"] != nil }
      if objects.count > 1 {
        for (index, place) in objects.enumerated() where hits(index) {
          members[place].value = .null
          paths.append(path + [.string(members[place].key)])
        }
        value = .object(members)
        return true
      }
      for place in members.indices {
        let path = path + [.string(members[place].key)]
        if nullNodes(in: &members[place].value, path, &paths, hits) {
          value = .object(members)
          return true
        }
      }
      return false
    default: return false
    }
  }

  /// Sends an answer, broken as the fault wants; false where the connection is to end.
  func deliver(_ delivery: Delivery, _ message: HTTPMessage, _ connection: Connection) -> Bool {
    let answer = delivery.answer
    let isBodiless = answer.status == 204 || answer.status == 304
    var head = "HTTP/1.1 \(answer.status) \(HTTPAnswer.reason(answer.status))\r\n"
    head += "Date: \(Moment.http(now))\r\nServer: github.com\r\n"
    if !answer.hasContentType, !isBodiless { head += "Content-Type: application/json; charset=utf-8\r\n" }
    for header in answer.headers { head += "\(header.name): \(header.value)\r\n" }
    if let entry = delivery.entry { head += "X-GitHub-Request-Id: DOUB:\(entry + 1)\r\n" }
    if !isBodiless { head += "Content-Length: \(answer.body.count)\r\n" }
    if !message.keepsAlive { head += "Connection: close\r\n" }
    head += "\r\n"
    locked { statistics.bytesSent += head.utf8.count + answer.body.count }
    let bytes = Array(head.utf8)
    switch delivery.fault {
    case .resetMidBody(let fraction), .closeMidBody(let fraction):
      let count = min(answer.body.count - 1, max(1, Int(Double(answer.body.count) * fraction)))
      _ = connection.send(bytes, more: true)
      _ = connection.send(answer.body[..<max(0, count)])
      if case .resetMidBody = delivery.fault { connection.resetOnClose() }
      return false
    case .slowBody(let bytesPerSecond):
      guard connection.send(bytes) else { return false }
      let step = max(1, bytesPerSecond / 20)
      var from = 0
      while from < answer.body.count {
        guard connection.send(answer.body[from..<min(from + step, answer.body.count)]) else { return false }
        from += step
        pause(0.05)
        if locked({ isStopped }) { return false }
      }
      return message.keepsAlive
    default:
      guard connection.send(bytes, more: !answer.body.isEmpty) else { return false }
      return connection.send(answer.body) && message.keepsAlive
    }
  }
}
