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
  var headers: [(String, String)]
  var body: [UInt8]?
  /// Whose budget it draws on: `core`, `search` or `graphql`.
  var resource: String
  var isIdempotent: Bool
  /// Seconds for one attempt.
  var timeout: Double
}

/// What an answer, or the lack of one, means for the call.
enum Verdict<Value: Sendable>: Sendable {
  case answer(Value)
  case limited(RateGovernor.Limit)
  case fault(Fault)
  case failed(any UserFacingError)
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
}

/// Sends calls through the governor; repeats what may be repeated, follows redirects, and counts.
///
/// A request whose answer was lost is sent again only where it is idempotent. A refusal for a limit and a redirect are
/// GitHub's word that it did not carry the request out: after these anything is sent again.
final class Exchange: Sendable {
  static let maximumAttempts = 4
  static let maximumRedirects = 5
  /// Limits in a row after which a call gives up, whatever the deadline.
  static let maximumRefusals = 10
  /// Bytes of one answer.
  static let maximumBodySize = 32 << 20

  private let counted = Mutex(APIUsage())
  private let governor: RateGovernor
  private let http: HTTPClient
  private let endpoint: Endpoint
  private let deadline: any Deadline
  private let clock: any WallClock
  private let logger: Logger

  init(http: HTTPClient, endpoint: Endpoint, deadline: any Deadline, clock: any WallClock, logger: Logger) {
    governor = RateGovernor(maximumInFlight: 50, clock: clock, deadline: deadline, logger: logger)
    self.http = http
    self.endpoint = endpoint
    self.deadline = deadline
    self.clock = clock
    self.logger = logger
  }

  var usage: APIUsage { counted.withLock { $0 } }
  var limitedUntil: Timestamp? { governor.limitedUntil }

  /// Counts what a query cost, where its answer told, and otherwise the least.
  func count(points: Int?, remaining: Int?) {
    counted.withLock { usage in
      usage.graphQLPoints += points ?? 1
      if let remaining { usage.graphQLRemaining = remaining }
    }
    if let points { governor.observe(graphQLCost: points) }
  }

  /// The first answer that `judge` accepts.
  func perform<Value: Sendable>(
    _ call: Call, judge: @Sendable (HTTPResponse) async -> Verdict<Value>
  ) async throws -> Value {
    var call = call
    var faults = 0
    var heavyFaults = 0
    var refusals = 0
    var redirects = 0
    while true {
      // Nothing is begun after the deadline: the end of the run would cut it off.
      guard deadline.remaining > 0 else { throw CancellationError() }
      let ticket = try await governor.enter(call.resource)
      let fault: Fault
      switch await send(call) {
      case .failure(let error):
        governor.leave(ticket)
        fault = try self.fault(error, of: call)
      case .success(let response) where Self.isRedirect(response):
        governor.leave(ticket)
        redirects += 1
        call.url = try target(of: response, from: call, redirects: redirects)
        continue
      case .success(let response):
        switch await judge(response) {
        case .answer(let value):
          governor.leave(ticket)
          return value
        case .failed(let error):
          governor.leave(ticket)
          throw error
        case .limited(let limit):
          governor.leave(ticket, limit: limit)
          refusals += 1
          logger.debug("GitHub refused \(call.method) \(call.name) for a limit.")
          guard refusals < Self.maximumRefusals else { throw RateLimited(until: clock.now + 60) }
          continue
        case .fault(let judged):
          governor.leave(ticket)
          fault = judged
        }
      }
      if fault.mayHaveBeenSent && !call.isIdempotent {
        throw UncertainWrite(detail: "\(call.method) \(call.name): \(fault.detail)")
      }
      faults += 1
      if fault.isTooHeavy { heavyFaults += 1 }
      if heavyFaults > 1 { throw QueryTooHeavy(detail: "\(call.name): \(fault.detail)") }
      try await pause(before: faults + 1, of: call, after: fault)
    }
  }

  // MARK: One attempt

  private func send(_ call: Call) async -> Result<HTTPResponse, HTTPError> {
    let request = HTTPRequest(
      method: call.method, url: call.url, headers: call.headers, body: call.body,
      timeout: min(call.timeout, max(deadline.remaining, 0.05)), maximumBodySize: Self.maximumBodySize,
      isReplayable: call.isIdempotent)
    let start = ContinuousClock.now
    let result: Result<HTTPResponse, HTTPError>
    do throws(HTTPError) { result = .success(try await http.perform(request)) } catch { result = .failure(error) }
    let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
    let path = Endpoint.loggablePath(call.url)
    switch result {
    case .success(let response):
      governor.observe(response.headers, resource: call.resource)
      count(call, response.headers)
      logger.debug("GitHub \(call.method) \(path): \(response.status) in \(Int(elapsed)) ms")
    case .failure(let error):
      if error.mayHaveBeenSent { count(call, HTTPHeaders()) }
      logger.debug("GitHub \(call.method) \(path): \(error) after \(Int(elapsed)) ms")
    }
    return result
  }

  private func count(_ call: Call, _ headers: HTTPHeaders) {
    let remaining = headers["x-ratelimit-remaining"].flatMap { Int($0) }
    let resource = headers["x-ratelimit-resource"] ?? call.resource
    counted.withLock { usage in
      if call.resource == "graphql" { usage.graphQLRequests += 1 } else { usage.restRequests += 1 }
      if let remaining, resource == "core" { usage.restRemaining = remaining }
      if let remaining, resource == "graphql" { usage.graphQLRemaining = remaining }
      if let date = headers["date"].flatMap({ Timestamp(httpDate: $0) }) { usage.serverTime = date }
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
      if call.resource == "graphql" { throw QueryTooHeavy(detail: "\(call.name): \(error)") }
      if !call.isIdempotent { throw UncertainWrite(detail: "\(name): \(error)") }
      throw GitHubUnavailable(request: name, detail: "\(error)")
    case .timedOut where deadline.remaining <= 0 && call.isIdempotent:
      throw CancellationError()
    case .timedOut:
      return Fault(
        detail: "\(error)", mayHaveBeenSent: error.mayHaveBeenSent,
        isTooHeavy: call.resource == "graphql" && error.mayHaveBeenSent)
    default:
      return Fault(detail: "\(error)", mayHaveBeenSent: error.mayHaveBeenSent)
    }
  }

  /// Half a second, doubled each time and varied by half, so that jobs which failed together do not return together.
  private func pause(before attempt: Int, of call: Call, after fault: Fault) async throws {
    let backoff = 0.5 * Double(1 << (attempt - 2)) * Double.random(in: 0.5...1)
    let seconds = max(backoff, fault.retryAfter)
    guard attempt <= Self.maximumAttempts, seconds < deadline.remaining else {
      throw GitHubUnavailable(request: "\(call.method) \(call.name)", detail: fault.detail)
    }
    try await clock.sleep(seconds: seconds)
  }
}
