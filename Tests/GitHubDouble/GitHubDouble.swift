import Foundation

/// GitHub on a real socket: stateful, strict about what it does not know, able to fail in the ways that GitHub does.
///
/// It listens on 127.0.0.1 only. A request that no route serves is answered 501 and fails `verify`; so does a fault
/// that no request ran into, and a GraphQL document that GitHub's schema refuses.
public final class GitHubDouble: Sendable {
  /// The root of the REST API, `http://127.0.0.1:PORT`.
  public let url: String
  public let port: UInt16
  public var graphQLURL: String { url + "/graphql" }

  private let service: Service
  private let listener: Listener

  /// Starts a double that serves these repositories.
  public static func start(
    _ repositories: RepositoryModel..., configuration: Configuration = Configuration()
  ) throws -> GitHubDouble {
    try GitHubDouble(repositories, configuration)
  }

  public init(_ repositories: [RepositoryModel], _ configuration: Configuration = Configuration()) throws {
    listener = try Listener(port: configuration.port)
    service = Service(repositories, configuration)
    port = listener.port
    url = "http://127.0.0.1:\(port)"
    let (service, url) = (service, url)
    service.locked { service.base = url }
    listener.start { service.serve($0) }
  }

  deinit { stop() }

  /// Ends all connections; held requests get no answer.
  public func stop() {
    service.locked {
      service.isStopped = true
      service.condition.broadcast()
    }
    listener.stop()
  }

  // MARK: Faults

  /// Makes requests fail. Every fault with a number of times has to be used up before `verify`.
  public func fail(_ kind: FaultKind, on match: RequestMatch = .any, skip: Int = 0, times: Int? = 1) {
    add(Fault(kind, on: match, skip: skip, times: times))
  }

  public func add(_ fault: Fault) { service.locked { service.faults.add(fault) } }

  /// What happens to the next requests, one line each in this order; a line waits for a request that fits it.
  public func script(_ lines: (RequestMatch, FaultKind)...) {
    service.locked { service.faults.append(lines.map { (match: $0.0, kind: $0.1) }) }
  }

  public func clearFaults() { service.locked { service.faults.clear() } }

  /// Holds a request before it has any effect (or, with `answer`, after it) until `release`.
  public func hold(on match: RequestMatch = .any, skip: Int = 0, answer: Bool = false) {
    add(Fault(answer ? .holdAnswer : .hold, on: match, skip: skip))
  }

  /// Waits till a request is held, and says which.
  public func held() async -> JournalEntry {
    await withCheckedContinuation { continuation in
      service.locked {
        if let entry = service.held.values.first {
          continuation.resume(returning: entry)
        } else {
          service.waiters.append(continuation)
        }
      }
    }
  }

  /// Waits on this thread till a request is held; false where none is within that many seconds.
  public func waitForHeld(timeout: Double) -> Bool { service.awaitHeld(timeout: timeout) > 0 }

  /// Lets all held requests go on.
  public func release() { service.locked { service.release() } }

  // MARK: State

  /// A copy of a repository as it is now.
  public func repository(_ index: Int = 0) -> RepositoryModel { service.locked { service.world.repositories[index] } }

  /// The item of a number in the first repository.
  public func item(_ number: Int) -> RepositoryModel.Item? { repository()[number] }

  /// Changes a repository behind the client's back.
  public func change<Result>(_ index: Int = 0, _ change: (inout RepositoryModel) throws -> Result) rethrows -> Result {
    try service.locked {
      defer { service.world.touch() }
      return try change(&service.world.repositories[index])
    }
  }

  /// Moves the double's clock: the `Date` header, new moments, the windows of the limits.
  public func advanceClock(seconds: Int64) { service.locked { service.world.clockOffset += seconds } }

  /// The double's clock, in seconds since 1970.
  public var now: Int64 { service.now }

  /// Moves the moment from which lists show comments that requests post from now on.
  public func lagLists(seconds: Int64) { service.locked { service.world.listingLag = seconds } }

  /// A token that is refused from now on, as an expired one is.
  public func revoke(token: String) { _ = service.locked { service.revoked.insert(token) } }

  /// Sets what every token has for a window, and forgets what was used.
  public func setLimits(rest: Int, graphQL: Int) {
    service.locked {
      service.budget.restLimit = rest
      service.budget.graphQLLimit = graphQL
      service.budget.reset()
    }
  }

  /// The event file of an issue or a comment, as both are now: `issues.opened`, or `issue_comment.created` where a comment
  /// is named.
  public func issueEvent(
    _ number: Int, action: String? = nil, comment: Int64? = nil, sender: RepositoryModel.Account? = nil
  ) -> [UInt8]? {
    service.locked {
      let model = service.world.repositories[0]
      guard let item = model[number] else { return nil }
      let comment = comment.map { id in item.comments.first { $0.id == id } }
      if case .some(.none) = comment { return nil }
      let action = action ?? (comment == nil ? "opened" : "created")
      let payload = EventPayload(rendering: RESTRendering(world: service.world, base: url), model: model)
      return payload.issue(
        item, action: action, EventPayload.Details(comment: comment ?? nil), sender: sender ?? item.author ?? .ghost)
    }
  }

  /// The event file of a pull request.
  public func pullRequestEvent(_ number: Int, action: String = "opened") -> [UInt8]? {
    service.locked {
      let model = service.world.repositories[0]
      guard let item = model[number] else { return nil }
      return EventPayload(rendering: RESTRendering(world: service.world, base: url), model: model)
        .pullRequest(item, action: action, EventPayload.Details(), sender: item.author ?? .ghost)
    }
  }

  /// Does something as that person would on GitHub's pages: in no journal, and with an event of its own.
  ///
  /// - Returns: the event that Actions would start with; nil where there is no such item or comment, or where nothing
  ///   changed.
  @discardableResult
  public func act(
    as login: String, on number: Int, _ act: PersonsAct, repository index: Int = 0
  ) -> Delivery? {
    service.locked { service.act(as: login, on: number, act, repository: index) }
  }

  // MARK: What happened

  public var journal: [JournalEntry] { service.locked { service.journal } }
  /// Every write that was carried out, also those that changed nothing.
  public var mutations: [Mutation] { service.locked { service.world.mutations } }
  /// Those after which something was different.
  public var effects: [Mutation] { mutations.filter(\.hasEffect) }
  public var statistics: Statistics { service.locked { service.statistics } }

  /// Requests whose method and target fit.
  public func requests(_ match: RequestMatch) -> [JournalEntry] {
    journal.filter { entry in
      (match.method == nil || match.method == entry.method)
        && (match.target.map { RequestMatch.pattern($0, fits: entry.target) } ?? true)
        && (match.operation.map { RequestMatch.pattern($0, fits: entry.operation ?? "") } ?? true)
    }
  }

  /// Throws `Unverified` where a request met no route, a query was against the schema, or a fault was not used.
  public func verify() throws {
    let complaints = service.locked { () -> [String] in
      var complaints = service.unmatched.map { "no route for \($0)" }
      if service.configuration.refusesInvalidQueries {
        complaints += service.violations.map { "invalid query: \($0)" }
      }
      return complaints + service.faults.unused
    }
    if !complaints.isEmpty { throw Unverified(complaints: complaints) }
  }

  /// Stops, then verifies.
  public func finish() throws {
    stop()
    try verify()
  }
}

extension Service {
  /// How many requests are held, after waiting at most that many seconds for one.
  func awaitHeld(timeout: Double) -> Int {
    let deadline = Date().addingTimeInterval(timeout)
    return locked {
      while held.isEmpty, !isStopped, condition.wait(until: deadline) {}
      return held.count
    }
  }
}
