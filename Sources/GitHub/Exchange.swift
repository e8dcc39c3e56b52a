import Domain
import HTTP
import Logging
import Synchronization

/// One call, as often as it must be sent.
struct Call: Sendable {
  var method: String
  var url: String
  /// For messages: the operation, or the path without its query.
  var name: String
  /// All but those that every request bears.
  var headers: [(String, String)]
  var body: [UInt8]?
  var demand: Demand
  var isIdempotent: Bool
  /// Seconds for one attempt.
  var timeout: Double
  /// Whether the caller asks for less where it fails again and again.
  var isNarrowable = false
  /// The moment from which it must not be sent any more.
  var expires: ContinuousClock.Instant?
}

/// What an answer, or the lack of one, means for the call.
enum Verdict<Value: Sendable>: Sendable {
  case answer(Value)
  case limited(RateGovernor.Limit)
  case fault(Fault)
  case failed(any UserFacingError)

  /// What holds back further requests.
  var limit: RateGovernor.Limit? {
    switch self {
    case .limited(let limit): limit
    case .fault(let fault): fault.limit
    case .answer, .failed: nil
    }
  }
}

/// A verdict, and what comes with it.
struct Judgement<Value: Sendable>: Sendable {
  var verdict: Verdict<Value>
  var charge = Charge.none
  /// What the body says is left of the GraphQL budget.
  var remaining: Int?
  /// Whether it may say more about the token than about what was asked for: not found, or not allowed.
  var doubt = Doubt.none
}

/// What an answer says that another token might have been answered otherwise.
enum Doubt: Sendable {
  case none
  /// Something in it is not there for the token, or not allowed to it.
  case ofPart
  /// What was asked for as a whole, or what the token's permissions do not reach.
  case ofAccess
}

/// A failure that may pass.
struct Fault: Sendable {
  var detail: String
  /// Whether GitHub may have carried the request out.
  var mayHaveBeenSent = true
  /// Whether asking for less is the way out, rather than asking again.
  var isTooHeavy = false
  /// Seconds that GitHub asks to wait.
  var retryAfter = 0.0

  /// A long pause is a limit like any other, whose end nobody awaits holding a chunk: other processes learn of it, too.
  var limit: RateGovernor.Limit? { retryAfter > 5 ? .secondary(retryAfter: retryAfter) : nil }
}

/// Sends calls with the pool's tokens; repeats what may be repeated, follows redirects, and counts.
///
/// A request whose answer was lost is sent again only where it is idempotent. A refusal for a limit and a redirect are
/// GitHub's word that it did not carry the request out: after these anything is sent again.
final class Exchange: Sendable {
  static let maximumAttempts = 4
  /// The same for a call that is asked for less after them, and for the probe that decides whether it is: with both
  /// of them it takes no longer to see that GitHub answers nobody.
  static let maximumNarrowableAttempts = 3
  static let maximumRedirects = 5
  /// Limits in a row after which a call gives up, whatever the deadline.
  static let maximumRefusals = 10
  /// Bytes of one answer.
  static let maximumBodySize = 32 << 20
  /// For GraphQL, where less can be asked for: an answer is held several times over while it is read and stored.
  static let maximumAnswerSize = 4 << 20

  let endpoint: Endpoint
  let pool: TokenPool
  private let counted = Mutex(APIUsage())
  private let http: HTTPClient
  private let userAgent: String
  private let server: ServerClock
  private let deadline: any Deadline
  private let clock: any WallClock
  private let instant: @Sendable () -> ContinuousClock.Instant
  private let logger: Logger

  init(
    http: HTTPClient, endpoint: Endpoint, pool: TokenPool, userAgent: String, server: ServerClock,
    deadline: any Deadline, clock: any WallClock, instant: @escaping @Sendable () -> ContinuousClock.Instant,
    logger: Logger
  ) {
    self.http = http
    self.endpoint = endpoint
    self.pool = pool
    self.userAgent = userAgent
    self.server = server
    self.deadline = deadline
    self.clock = clock
    self.instant = instant
    self.logger = logger
  }

  func warmUp() { http.warmUp() }

  var usage: APIUsage {
    var usage = counted.withLock { $0 }
    usage.serverTime = server.shown
    return usage
  }

  /// The first answer that `judge` accepts. Throws `RequestExpired` where the call's time is over before an attempt.
  ///
  /// - Parameters:
  ///   - only: the account to send it with; nil for any.
  ///   - body: the body where it is not the call's own.
  func perform<Value: Sendable>(
    _ call: Call, only: Account? = nil, body: (@Sendable (Account.Entry) -> [UInt8])? = nil,
    judge: @Sendable (HTTPResponse, Account.Entry) async -> Judgement<Value>
  ) async throws -> Value {
    var call = call
    var tries = Tries(only: only)
    while true {
      // Nothing is begun after the deadline: the end of the run would cut it off.
      guard deadline.remaining > 0 else { throw CancellationError() }
      let entry = try await pool.enter(call.demand, only: tries.only) { unknown, account in
        switch unknown {
        case .owner: try await identify(account)
        case .budget: try await look(account)
        }
      }
      if let body { call.body = body(entry) }
      // After all waits: between this and the socket there is none.
      if let expires = call.expires, instant() >= expires {
        await finish(entry, charge: .none)
        throw RequestExpired()
      }
      let response: HTTPResponse
      switch await send(call, entry) {
      case .success(let received): response = received
      case .failure(let error):
        await finish(entry, charge: error.mayHaveBeenSent ? .unknown : .none)
        try await overcome(try fault(error, of: call), of: call, &tries)
        continue
      }
      if Self.isRedirect(response) {
        await finish(entry, response, charge: .exactly(1))
        tries.redirects += 1
        call.url = try target(of: response, from: call, redirects: tries.redirects)
        continue
      }
      let judgement = await judge(response, entry)
      count(judgement, call.demand)
      let limit = judgement.verdict.limit
      await finish(entry, response, charge: judgement.charge, limit: limit)
      if judgement.doubt != .none, limit == nil, tries.only == nil, entry.account !== pool.trusted {
        tries.only = pool.trusted
        if judgement.doubt == .ofAccess { tries.refused = entry.account }
        continue
      }
      switch judgement.verdict {
      case .answer(let value):
        if let refused = tries.refused, judgement.doubt != .ofAccess { pool.leaveOut(refused) }
        return value
      case .failed(let error as TokenRejected):
        try await replaceToken(of: entry, error, mayUseOthers: only == nil && !call.demand.isWrite, &tries)
      case .failed(let error): throw error
      case .limited(let limit):
        tries.refusals += 1
        logger.debug("GitHub refused \(call.method) \(call.name) for a limit.")
        guard tries.refusals < Self.maximumRefusals else {
          throw RateLimited(until: clock.now + 60, resource: limit.isSecondary ? nil : call.demand.resource)
        }
      case .fault(let fault): try await overcome(fault, of: call, &tries)
      }
    }
  }

  private func finish(
    _ entry: Account.Entry, _ response: HTTPResponse? = nil, charge: Charge, limit: RateGovernor.Limit? = nil
  ) async {
    await entry.account.leave(
      entry, headers: response.map(Self.budgetHeaders) ?? LimitHeaders(), charge: charge, limit: limit)
    pool.leave(entry.demand)
  }

  /// What has happened to a call so far.
  private struct Tries {
    var only: Account?
    /// A further account that was refused what is asked for.
    var refused: Account?
    var faults = 0
    var heavyFaults = 0
    var refusals = 0
    var redirects = 0
    var rejections = 0
  }

  /// Returns where the call may be sent again.
  private func overcome(_ fault: Fault, of call: Call, _ tries: inout Tries) async throws {
    if fault.mayHaveBeenSent && !call.isIdempotent {
      throw UncertainWrite(detail: "\(call.method) \(call.name): \(fault.detail)")
    }
    tries.faults += 1
    if fault.isTooHeavy { tries.heavyFaults += 1 }
    if tries.heavyFaults > 1 { throw QueryTooHeavy(detail: "\(call.name): \(fault.detail)") }
    if call.isNarrowable, fault.mayHaveBeenSent, tries.faults >= Self.maximumNarrowableAttempts {
      throw QueryTooHeavy(detail: "\(call.method) \(call.name): \(fault.detail)", isSuspicion: true)
    }
    try await pause(before: tries.faults + 1, of: call, after: fault)
  }

  /// Returns where there is another token. What was answered with 401 was not carried out: it may be sent again.
  private func replaceToken(
    of entry: Account.Entry, _ error: TokenRejected, mayUseOthers: Bool, _ tries: inout Tries
  ) async throws {
    tries.rejections += 1
    if try await entry.account.credential.hasAnother(after: entry.token, attempt: tries.rejections) { return }
    var rejection: any UserFacingError = error
    if case .installation = entry.account.credential { rejection = AppRejected(message: error.message) }
    guard mayUseOthers, pool.goesOn(without: entry.account, after: rejection) else { throw rejection }
    tries.only = nil
    tries.rejections = 0
  }

  // MARK: One attempt

  private func send(_ call: Call, _ entry: Account.Entry) async -> Result<HTTPResponse, HTTPError> {
    let headers =
      call.headers + [
        ("Authorization", "Bearer \(entry.token)"), ("X-GitHub-Api-Version", "2022-11-28"), ("User-Agent", userAgent),
      ]
    let request = HTTPRequest(
      method: call.method, url: call.url, headers: headers, body: call.body,
      timeout: min(call.timeout, max(deadline.remaining, 0.05)),
      maximumBodySize: call.demand.resource == "graphql" ? Self.maximumAnswerSize : Self.maximumBodySize,
      isReplayable: call.isIdempotent)
    let start = ContinuousClock.now
    let result: Result<HTTPResponse, HTTPError>
    do throws(HTTPError) { result = .success(try await http.perform(request)) } catch { result = .failure(error) }
    let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
    let path = Endpoint.loggablePath(call.url)
    switch result {
    case .success(let response):
      server.observe(response.headers)
      let headers = Self.budgetHeaders(response)
      if response.status != 401 { entry.account.accepted() }
      entry.account.governor.observe(headers, resource: call.demand.resource)
      count(call, headers)
      logger.debug("GitHub \(call.method) \(path): \(response.status) in \(Int(elapsed)) ms")
    case .failure(let error):
      if error.mayHaveBeenSent { count(call, LimitHeaders()) }
      logger.debug("GitHub \(call.method) \(path): \(error) after \(Int(elapsed)) ms")
    }
    return result
  }

  /// The headers that speak of the account's budget. Where GitHub does not know the token (401) they show the 60 requests
  /// an hour of whoever has none.
  private static func budgetHeaders(_ response: HTTPResponse) -> LimitHeaders {
    response.status == 401 ? LimitHeaders() : LimitHeaders(response.headers)
  }

  private func count(_ call: Call, _ headers: LimitHeaders) {
    let resource = headers.resource ?? call.demand.resource
    counted.withLock { usage in
      if call.demand.resource == "graphql" { usage.graphQLRequests += 1 } else { usage.restRequests += 1 }
      if let remaining = headers.remaining, resource == "core" { usage.restRemaining = remaining }
      if let remaining = headers.remaining, resource == "graphql" { usage.graphQLRemaining = remaining }
    }
  }

  /// Counts what a query cost, where its answer told, and otherwise the least.
  private func count<Value>(_ judgement: Judgement<Value>, _ demand: Demand) {
    guard demand.resource == "graphql", judgement.charge != .none else { return }
    counted.withLock { usage in
      usage.graphQLPoints += judgement.charge.amount ?? 1
      if let remaining = judgement.remaining { usage.graphQLRemaining = remaining }
    }
  }

  // MARK: Redirects

  /// GitHub asks to repeat the request as it is at the new place, for 301 and 302 too:
  /// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
  private static func isRedirect(_ response: HTTPResponse) -> Bool {
    [301, 302, 307, 308].contains(response.status) && response.headers["location"] != nil
  }

  private func target(of response: HTTPResponse, from call: Call, redirects: Int) throws -> String {
    guard redirects <= Self.maximumRedirects else {
      throw RequestRejected(
        status: response.status, request: "\(call.method) \(call.name)", message: "too many redirects")
    }
    guard let url = endpoint.redirect(from: call.url, to: response.headers["location"] ?? "") else {
      throw RequestRejected(
        status: response.status, request: "\(call.method) \(call.name)",
        message: "a redirect to another host, which is not followed since the token is not for it")
    }
    return url
  }

  // MARK: Faults

  private func fault(_ error: HTTPError, of call: Call) throws -> Fault {
    let name = "\(call.method) \(call.name)"
    switch error.kind {
    case .cancelled:
      if error.mayHaveBeenSent && !call.isIdempotent { throw UncertainWrite(detail: "\(name): cancelled") }
      throw CancellationError()
    case .badURL:
      throw Failure(
        .configuration, "The address of GitHub's API is not a valid URL", advice: "Check GITHUB_API_URL.")
    case .badHeader:
      throw TokenRejected(message: "it holds characters that no token has")
    case .tooLarge:
      if call.demand.resource == "graphql" || call.isNarrowable {
        throw QueryTooHeavy(detail: "\(call.name): \(error)")
      }
      if !call.isIdempotent { throw UncertainWrite(detail: "\(name): \(error)") }
      throw GitHubUnavailable(request: name, detail: "\(error)")
    case .timedOut where deadline.remaining <= 0 && call.isIdempotent:
      throw CancellationError()
    case .timedOut:
      return Fault(
        detail: "\(error)", mayHaveBeenSent: error.mayHaveBeenSent,
        isTooHeavy: (call.demand.resource == "graphql" || call.isNarrowable) && error.mayHaveBeenSent)
    default:
      return Fault(detail: "\(error)", mayHaveBeenSent: error.mayHaveBeenSent)
    }
  }

  /// Half a second, doubled each time and varied by half, so that jobs which failed together do not return together.
  /// None where a limit is waited for instead.
  private func pause(before attempt: Int, of call: Call, after fault: Fault) async throws {
    if attempt <= Self.maximumAttempts, fault.limit != nil {
      logger.info("GitHub asks for a pause of \(Int(fault.retryAfter)) s (\(fault.detail)).")
      return
    }
    let backoff = 0.5 * Double(1 << (attempt - 2)) * Double.random(in: 0.5...1)
    let seconds = max(backoff, fault.retryAfter)
    guard attempt <= Self.maximumAttempts, seconds < deadline.remaining else {
      throw GitHubUnavailable(request: "\(call.method) \(call.name)", detail: fault.detail)
    }
    try await clock.sleep(seconds: seconds)
  }
}
