extension Service {
  /// Endpoints for whoever runs the double from outside; they are in no journal and run into no fault.
  func control(_ message: HTTPMessage) -> HTTPAnswer {
    let segments = Array(message.segments.dropFirst())
    let query = message.query
    let body = JSONNode(bytes: message.body)
    switch (message.method, segments.first ?? "") {
    case ("GET", "health"): return HTTPAnswer(200, json: ["ok": true])
    case ("GET", "stats"):
      return locked {
        HTTPAnswer(200, json: .object((statistics.json.members ?? []) + [.init("unused", unusedJSON)]))
      }
    case ("GET", "journal"): return locked { lines(journal.map { $0.summary.bytes }) }
    case ("GET", "mutations"): return locked { lines(world.mutations.map { $0.json.bytes }) }
    case ("GET", "truth"): return locked { truth(query) }
    case ("GET", "state"):
      return locked {
        world.list()
        return state(segments, query)
      }
    case ("GET", "held"): return held(query)
    case ("POST", "faults"):
      guard let body, let list = GitHubDouble.Fault.list(body) else { return bad("the faults cannot be read") }
      locked {
        if body["replace"]?.bool == true { faults.clear() }
        if body["script"] != nil {
          faults.append(list.map { ($0.match, $0.kind) })
        } else {
          for fault in list { faults.add(fault) }
        }
      }
      return HTTPAnswer(200, json: ["faults": .int(list.count)])
    case ("POST", "hold"):
      var members = body?.members ?? []
      if body?["kind"] == nil { members.append(.init("kind", "hold")) }
      guard let list = GitHubDouble.Fault.list(.array([.object(members)])) else {
        return bad("the hold cannot be read")
      }
      locked { for fault in list { faults.add(fault) } }
      return HTTPAnswer(200, json: ["ok": true])
    case ("POST", "release"):
      return locked {
        let count = held.count
        release()
        return HTTPAnswer(200, json: ["released": .int(count)])
      }
    case ("POST", "clock"):
      locked { world.clockOffset += Int64(body?["advance"]?.integer ?? 0) }
      return HTTPAnswer(200, json: ["ok": true])
    case ("POST", "issues"): return locked { open(body ?? .null, query) }
    case ("POST", "act"):
      guard let login = body?["as"]?.string, let number = body?["number"]?.integer,
        let act = body.flatMap({ PersonsAct($0) })
      else { return bad("as, number or act cannot be read") }
      return locked {
        let delivery = self.act(as: login, on: number, act, repository: index(query))
        return HTTPAnswer(200, json: delivery?.json ?? ["event": .null])
      }
    case ("POST", "lag"):
      locked { world.listingLag = Int64(body?["seconds"]?.integer ?? 0) }
      return HTTPAnswer(200, json: ["ok": true])
    default: return bad("no such control endpoint", status: 404)
    }
  }

  private var unusedJSON: JSONNode { .array(faults.unused.map { .string($0) }) }

  private func bad(_ message: String, status: Int = 400) -> HTTPAnswer {
    HTTPAnswer(status, json: ["message": .string(message)])
  }

  private func lines(_ lines: [[UInt8]]) -> HTTPAnswer {
    var body: [UInt8] = []
    for line in lines {
      body += line
      body.append(0x0A)
    }
    return HTTPAnswer(200, body, headers: [("Content-Type", "application/x-ndjson")])
  }

  /// The repository that `?repository=owner/name` names, or the first.
  private func index(_ query: [String: String]) -> Int {
    let parts = (query["repository"] ?? "").split(separator: "/")
    guard parts.count == 2 else { return 0 }
    return world.repository(String(parts[0]), String(parts[1]))?.index ?? 0
  }

  /// `?table=reviews`: a line a row. Without a table: one object with a list for each.
  private func truth(_ query: [String: String]) -> HTTPAnswer {
    let model = world.repositories[index(query)]
    if let name = query["table"] {
      guard let table = RepositoryModel.TruthTable(rawValue: name) else { return bad("no such table", status: 404) }
      return lines(model.truthLines(table))
    }
    var writer = JSONWriter(capacity: 1 << 20)
    writer.raw("{")
    for table in RepositoryModel.TruthTable.allCases {
      writer.key(table.rawValue)
      writer.raw("[")
      for row in model.truthLines(table) {
        writer.separate()
        writer.raw(row)
      }
      writer.raw("]")
    }
    writer.raw("}")
    return HTTPAnswer(200, writer.bytes)
  }

  /// `state/issues/N`: the issue with its comments.
  private func state(_ segments: [String], _ query: [String: String]) -> HTTPAnswer {
    guard segments.count == 3, segments[1] == "issues", let number = Int(segments[2]) else {
      return bad("no such state", status: 404)
    }
    let model = world.repositories[index(query)]
    guard let item = model[number] else { return bad("no such issue", status: 404) }
    return HTTPAnswer(
      200,
      json: [
        "number": .int(number), "title": .string(item.title), "state": .string(item.state),
        "state_reason": .optional(item.stateReason), "labels": .array(item.labels.map { .string($0) }),
        "assignees": .array(item.assignees.map { .string($0.login) }),
        "milestone": .optional(model.milestone(item.milestone)?.title), "locked": .bool(item.isLocked),
        "active_lock_reason": .optional(item.lockReason), "reactions": reactions(item.reactions),
        "comments": .array(
          item.comments.map {
            [
              "id": .integer($0.id), "author": .optional($0.author?.login), "body": .string($0.body),
              "reactions": reactions($0.reactions), "minimized": .optional($0.minimizedReason),
            ]
          }),
      ])
  }

  /// `eyes by alice`
  private func reactions(_ reactions: [RepositoryModel.Reaction]) -> JSONNode {
    .array(reactions.map { .string("\($0.content) by \($0.user.login)") })
  }

  /// Waits till a request is held, at most `?timeout=` seconds.
  private func held(_ query: [String: String]) -> HTTPAnswer {
    let count = awaitHeld(timeout: query["timeout"].flatMap { Double($0) } ?? 0)
    return locked {
      HTTPAnswer(
        200, json: ["held": .int(count), "requests": .array(held.values.map(\.summary))])
    }
  }

  /// Adds an issue, or with `number` a comment on it, and answers the event that Actions would start with.
  private func open(_ body: JSONNode, _ query: [String: String]) -> HTTPAnswer {
    let index = index(query)
    let author = world.repositories[index].account(body["user"]?.string ?? "alice")
    let moment = world.now
    let comment = body["comment"]?.string
    let number =
      body["number"]?.integer
      ?? world.repositories[index].addIssue(
        title: body["title"]?.string ?? "An issue", body: body["body"]?.string, author: author,
        labels: (body["labels"]?.array ?? []).compactMap(\.string), at: moment)
    guard world.repositories[index][number] != nil else { return bad("no such issue", status: 404) }
    if let comment {
      let delivery = act(as: author.login, on: number, .comment(comment), repository: index)
      return HTTPAnswer(201, delivery?.payload ?? [])
    }
    world.touch()
    guard let item = world.repositories[index][number] else { return bad("no such issue", status: 404) }
    let payloads = EventPayload(rendering: RESTRendering(world: world, base: base), model: world.repositories[index])
    return HTTPAnswer(201, payloads.issue(item, action: "opened", EventPayload.Details(), sender: author))
  }
}
