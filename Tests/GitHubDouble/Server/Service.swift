import Foundation

/// Takes requests from all connections and answers them: authentication, limits, faults, journal.
///
/// Sendable by `condition`: everything below it is touched while it is held, and it is let go while a request waits or
/// its answer is on its way.
final class Service: @unchecked Sendable {
  let configuration: GitHubDouble.Configuration
  let condition = NSCondition()

  let world: World
  var faults = FaultPlan()
  var journal: [GitHubDouble.JournalEntry] = []
  var statistics = GitHubDouble.Statistics()
  var budget: RateBudget
  var revoked: Set<String> = []
  var unmatched: [String] = []
  var violations: [String] = []
  var held: [Int: GitHubDouble.JournalEntry] = [:]
  var waiters: [CheckedContinuation<GitHubDouble.JournalEntry, Never>] = []
  var isStopped = false
  /// `http://127.0.0.1:PORT`
  var base = ""
  private var concurrent = 0
  private var released: Set<Int> = []
  private var documents: [String: GraphQLPrepared] = [:]
  private var calls: [[UInt8]: GraphQLCall] = [:]
  private var rememberedBytes = 0
  private var restAnswers: [String: (version: Int, answer: HTTPAnswer)] = [:]

  init(_ repositories: [RepositoryModel], _ configuration: GitHubDouble.Configuration) {
    world = World(repositories)
    world.listingLag = configuration.listingLag
    self.configuration = configuration
    budget = RateBudget(
      restLimit: configuration.restLimit, graphQLLimit: configuration.graphQLLimit,
      windowSeconds: configuration.windowSeconds)
  }

  func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    condition.lock()
    defer { condition.unlock() }
    return try body()
  }

  /// Serves one connection till it ends; runs on a thread of its own.
  func serve(_ connection: Connection) {
    locked { statistics.connections += 1 }
    while let message = connection.next() {
      let delivery =
        message.path.hasPrefix("/_double/")
        ? Delivery(answer: control(message), fault: nil, entry: nil) : process(message, connection)
      guard let delivery, deliver(delivery, message, connection) else { return }
    }
  }

  struct Delivery {
    var answer: HTTPAnswer
    var fault: GitHubDouble.FaultKind?
    /// Its place in the journal.
    var entry: Int?
  }

  /// The answer to a request and how it is to be sent; nil where the connection is to end at once.
  private func process(_ message: HTTPMessage, _ connection: Connection) -> Delivery? {
    condition.lock()
    defer { condition.unlock() }
    concurrent += 1
    defer { concurrent -= 1 }
    statistics.mostConcurrent = max(statistics.mostConcurrent, concurrent)
    var request = ReceivedRequest(message: message)
    if request.isGraphQL, message.method == "POST" { request.call = call(message.body) }
    let entry = open(request)
    let fault = faults.next(for: request)
    if let fault {
      journal[entry].fault = fault.name
      statistics.faults += 1
    }
    switch fault {
    case .hold: guard hold(entry) else { return nil }
    case .hang:
      condition.unlock()
      connection.waitForEnd()
      condition.lock()
      return nil
    case .resetBeforeHeaders:
      connection.resetOnClose()
      return nil
    case .delay(let seconds): wait(seconds)
    default: break
    }
    var answer = replaced(fault, request) ?? respond(request, entry)
    altered(&answer, by: fault, request)
    journal[entry].status = answer.status
    journal[entry].cost = answer.cost
    journal[entry].bodySize = answer.body.count
    if configuration.latency > 0 { wait(configuration.latency) }
    switch fault {
    case .holdAnswer: guard hold(entry) else { return nil }
    case .resetAfterEffect:
      connection.resetOnClose()
      return nil
    default: break
    }
    return Delivery(answer: answer, fault: fault, entry: entry)
  }

  private func wait(_ seconds: Double) {
    condition.unlock()
    pause(seconds)
    condition.lock()
  }

  func pause(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }

  /// Holds the request till it is released; false where the double stops first.
  private func hold(_ entry: Int) -> Bool {
    held[entry] = journal[entry]
    for waiter in waiters { waiter.resume(returning: journal[entry]) }
    waiters = []
    condition.broadcast()
    while !released.contains(entry), !isStopped { condition.wait() }
    released.remove(entry)
    held[entry] = nil
    return !isStopped
  }

  func release() {
    released.formUnion(held.keys)
    condition.broadcast()
  }

  private func open(_ request: ReceivedRequest) -> Int {
    if request.isGraphQL { statistics.graphQLRequests += 1 } else { statistics.restRequests += 1 }
    let message = request.message
    journal.append(
      GitHubDouble.JournalEntry(
        sequence: journal.count + 1, method: message.method, target: message.target,
        operation: request.call?.operationName, variables: request.call?.variables, headers: message.headers,
        body: message.body, status: 0, cost: 0, nodes: request.nodes, bodySize: 0, fault: nil))
    return journal.count - 1
  }

  private func call(_ body: [UInt8]) -> GraphQLCall {
    if let known = calls[body] { return known }
    let call = GraphQLCall(body) { text in
      if let known = documents[text] { return known }
      let prepared = GraphQLPrepared(text)
      documents[text] = prepared
      return prepared
    }
    if calls.count > 50_000 { calls = [:] }
    calls[body] = call
    return call
  }

  private func respond(_ request: ReceivedRequest, _ entry: Int) -> HTTPAnswer {
    let message = request.message
    world.list()
    guard message.headers["user-agent"]?.isEmpty == false else {
      return HTTPAnswer(
        403,
        Array("Request forbidden by administrative rules. Please make sure your request has a User-Agent header.".utf8),
        headers: [("Content-Type", "text/html; charset=utf-8")])
    }
    let authentication = authenticate(message)
    if let refusal = authentication.refusal { return refusal }
    if let version = message.headers["x-github-api-version"], version != "2022-11-28", version != "2026-03-10" {
      return RESTFailure(status: 400, message: "The API version \"\(version)\" is not supported").answer
    }
    if request.isGraphQL { return graphQL(request, authentication.identity, authentication.token) }
    return rest(message, authentication.identity, authentication.token)
  }

  private func authenticate(
    _ message: HTTPMessage
  ) -> (identity: GitHubDouble.Identity?, token: String?, refusal: HTTPAnswer?) {
    guard let header = message.headers["authorization"] else { return (nil, nil, nil) }
    let refusal = RESTFailure(status: 401, message: "Bad credentials").answer
    let words = header.split(separator: " ")
    guard words.count == 2, ["bearer", "token"].contains(words[0].lowercased()) else { return (nil, nil, refusal) }
    let token = String(words[1])
    if revoked.contains(token) { return (nil, nil, refusal) }
    // What POST …/access_tokens issued, and the JSON Web Tokens that ask for it.
    if token.hasPrefix("ghs_double") || token.split(separator: ".").count == 3 {
      return (configuration.identity, token, nil)
    }
    guard let tokens = configuration.tokens else { return (configuration.identity, token, nil) }
    guard let identity = tokens[token] else { return (nil, nil, refusal) }
    return (identity, token, nil)
  }

  private func graphQL(
    _ request: ReceivedRequest, _ identity: GitHubDouble.Identity?, _ token: String?
  ) -> HTTPAnswer {
    guard let call = request.call else { return noteUnmatched(request.message) }
    guard let identity, let token else {
      return RESTFailure(status: 401, message: "This endpoint requires you to be authenticated.").answer
    }
    let now = world.now
    let (isAllowed, window) = budget.charge(token, "graphql", call.points, now: now)
    guard isAllowed else { return limited(isGraphQL: true, window, status: 200, type: "RATE_LIMITED") }
    statistics.graphQLPoints += call.points
    var answer: HTTPAnswer
    if let refusal = call.refusal {
      if call.isInvalid {
        statistics.schemaViolations += 1
        violations.append(refusal["errors"]?[0]?["message"]?.string ?? "an invalid query")
      }
      answer = HTTPAnswer(refusal["errors"] == nil ? 400 : 200, refusal.bytes)
    } else {
      let (body, isNew) = call.answer(
        GraphQLContext(world: world, account: identity.account, mayWrite: identity.mayWrite))
      if isNew { remember(body.bytes.count) }
      answer = HTTPAnswer(200, body.filled(cost: call.points, nodes: call.nodes, window))
    }
    answer.cost = call.points
    answer.headers += window.headers
    answer.headers.append(("X-GitHub-Media-Type", "github.v4; format=json"))
    return answer
  }

  /// Forgets rendered answers before they fill the memory.
  private func remember(_ size: Int) {
    rememberedBytes += size
    if rememberedBytes > 1 << 30 {
      calls = [:]
      restAnswers = [:]
      rememberedBytes = 0
    }
  }

  private func rest(_ message: HTTPMessage, _ identity: GitHubDouble.Identity?, _ token: String?) -> HTTPAnswer {
    let now = world.now
    if message.path == "/rate_limit" {
      let core = budget.window(token, "core", now: now)
      let graphQL = budget.window(token, "graphql", now: now)
      var answer = HTTPAnswer(
        200, json: ["resources": ["core": core.json, "graphql": graphQL.json], "rate": core.json])
      answer.headers = core.headers
      return answer
    }
    var (isAllowed, window) = budget.charge(token, "core", 1, now: now)
    guard isAllowed else { return limited(isGraphQL: false, window, status: 403, type: "") }
    let isRead = message.method == "GET"
    let key = isRead ? "\(message.target) \(message.headers["accept"] ?? "") \(token ?? "")" : ""
    var answer: HTTPAnswer
    if isRead, let known = restAnswers[key], known.version == world.version {
      answer = known.answer
    } else {
      let call = RESTCall(world: world, base: base, message: message, identity: identity)
      guard let made = call.answer() else { return noteUnmatched(message) }
      answer = made
      if isRead {
        if made.status == 200 {
          answer.headers.append(("ETag", "W/\"\(String(fnv1a(made.body), radix: 16))\""))
          answer.headers.append(("Cache-Control", "private, max-age=60, s-maxage=60"))
        }
        restAnswers[key] = (world.version, answer)
        remember(answer.body.count)
      }
    }
    answer.cost = 1
    if let tag = message.headers["if-none-match"], answer.headers.contains(where: { $0 == ("ETag", tag) }) {
      // An unchanged answer costs nothing where the request is authenticated.
      if token != nil {
        window = budget.refund(token, "core", 1, now: now)
        answer.cost = 0
      }
      statistics.notModified += 1
      answer.status = 304
      answer.body = []
    }
    answer.headers += window.headers
    answer.headers.append(("X-GitHub-Media-Type", "github.v3; format=json"))
    if message.method == "HEAD" { answer.body = [] }
    return answer
  }

  private func noteUnmatched(_ message: HTTPMessage) -> HTTPAnswer {
    statistics.unmatched += 1
    unmatched.append("\(message.method) \(message.target)")
    return HTTPAnswer(501, json: ["message": "The GitHub double has no such route"])
  }

  func limited(isGraphQL: Bool, _ window: RateWindow, status: Int, type: String) -> HTTPAnswer {
    statistics.limited += 1
    var answer: HTTPAnswer
    if isGraphQL {
      let text = "API rate limit exceeded for installation ID 67890."
      answer = HTTPAnswer(200, json: ["errors": [["type": .string(type), "message": .string(text)]]])
    } else {
      let text = "API rate limit exceeded for installation ID 67890."
      answer = RESTFailure(status: status, message: text).answer
    }
    answer.headers += window.headers
    return answer
  }

  var now: Int64 { locked { world.now } }
}
