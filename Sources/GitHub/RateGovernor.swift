import Domain
import HTTP
import Logging
import Synchronization

/// Keeps requests back while GitHub's limits hold, because requests sent while limited can get a client banned.
///
/// Rules: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
/// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
///
/// - A primary limit belongs to one resource (`core`, `search`, `graphql`) and ends at its reset, by GitHub's clock. It is
///   foreseen: when the headers leave no request for the window, none is sent.
/// - A secondary limit belongs to the identity and holds back everything: for `retry-after` seconds, or for a minute
///   that doubles with every further refusal.
/// - At most `maximumInFlight` requests are under way at once; GitHub allows 100, REST and GraphQL and all jobs together.
///
/// One lock guards the state; nobody waits while holding it.
final class RateGovernor: Sendable {
  /// Why GitHub refused a request, and what it said about the end.
  enum Limit: Sendable, Equatable {
    case primary(reset: Timestamp?)
    case secondary(retryAfter: Double?)
  }

  /// Leave to send one request; given back with `leave`.
  struct Ticket: Sendable {
    fileprivate var resource: String
    /// How many limits had begun when it was given: answers to requests sent before a limit began do not prolong it.
    fileprivate var generation: Int
  }

  private struct Window {
    /// The lowest that an answer showed in this window.
    var remaining: Int
    /// By GitHub's clock.
    var reset: Timestamp
  }

  private struct State {
    var windows: [String: Window] = [:]
    var inFlight: [String: Int] = [:]
    /// By the local clock, as all but `Window.reset`.
    var primaryUntil: [String: Timestamp] = [:]
    var secondaryUntil = Timestamp(seconds: 0)
    var generation = 0
    /// Limits in a row, no answer in between.
    var strikes = 0
    /// GitHub's clock minus the local one, in seconds; it lags by up to a second, so that waits err to the long side.
    var clockOffset = 0.0
    var graphQLCost = 1
    /// The latest end of a limit that a caller was kept waiting for.
    var waitedFor = Timestamp(seconds: 0)
  }

  private let state = Mutex(State())
  private let permits: Permits
  private let clock: any WallClock
  private let deadline: any Deadline
  private let logger: Logger

  init(maximumInFlight: Int, clock: any WallClock, deadline: any Deadline, logger: Logger) {
    permits = Permits(maximumInFlight)
    self.clock = clock
    self.deadline = deadline
    self.logger = logger
  }

  /// Waits until a request to the resource may be sent. Throws `RateLimited` where that is after the deadline.
  func enter(_ resource: String) async throws -> Ticket {
    try await permits.acquire()
    do {
      while true {
        try Task.checkCancellation()
        switch decide(resource) {
        case .go(let ticket): return ticket
        case .wait(let seconds, let isLimit):
          if isLimit {
            let end = clock.now + seconds
            state.withLock { $0.waitedFor = max($0.waitedFor, end) }
            guard seconds <= deadline.remaining else { throw RateLimited(until: clock.now + seconds) }
            logger.info("Waiting \(Int(seconds.rounded(.up))) s for GitHub's rate limit (\(resource)).")
          }
          try await clock.sleep(seconds: seconds)
        }
      }
    } catch {
      permits.release()
      throw error
    }
  }

  /// The request has been answered, or has failed.
  func leave(_ ticket: Ticket, limit: Limit? = nil) {
    state.withLock { state in
      state.inFlight[ticket.resource, default: 1] -= 1
      guard let limit else {
        if ticket.generation == state.generation { state.strikes = 0 }
        return
      }
      let isFirst = ticket.generation == state.generation
      let now = clock.now
      let growth = Double(1 << min(isFirst ? state.strikes : max(state.strikes - 1, 0), 4))
      switch limit {
      case .secondary(let retryAfter):
        let end = now + (retryAfter.map { max($0, 1) } ?? 60 * growth)
        if isFirst || retryAfter != nil { state.secondaryUntil = max(state.secondaryUntil, end) }
      case .primary(let reset):
        // A reset that is over already, or none: GitHub says no all the same, so wait a little, and longer each time.
        let least = now + (reset == nil ? 60 : 1) * growth
        let end = reset.map { max($0 - state.clockOffset, least) } ?? least
        state.primaryUntil[ticket.resource] = max(state.primaryUntil[ticket.resource] ?? end, end)
      }
      if isFirst {
        state.generation += 1
        state.strikes += 1
      }
    }
    permits.release()
  }

  /// Takes in what an answer's headers say about the budget and about GitHub's clock.
  func observe(_ headers: HTTPHeaders, resource assumed: String) {
    let date = headers["date"].flatMap { Timestamp(httpDate: $0) }
    let remaining = headers["x-ratelimit-remaining"].flatMap { Int($0) }
    let reset = headers["x-ratelimit-reset"].flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
    state.withLock { state in
      if let date { state.clockOffset = Double(date.microseconds - clock.now.microseconds) / 1_000_000 }
      guard let remaining, let reset else { return }
      let resource = headers["x-ratelimit-resource"] ?? assumed
      guard let known = state.windows[resource] else {
        state.windows[resource] = Window(remaining: remaining, reset: reset)
        return
      }
      // Answers overtake each other: within a window the lowest counts. GitHub's servers differ by a second in it.
      if reset > known.reset + 1 {
        state.windows[resource] = Window(remaining: remaining, reset: reset)
      } else if reset >= known.reset - 1 {
        state.windows[resource]?.remaining = min(known.remaining, remaining)
      }
    }
  }

  /// When the limit ends that keeps callers waiting now; nil where none does. A budget that is used up without anybody
  /// asking for more of it is not counted.
  var limitedUntil: Timestamp? {
    let now = clock.now
    let end = state.withLock { max($0.waitedFor, $0.secondaryUntil) }
    return end > now ? end : nil
  }

  /// What the last GraphQL query cost: the best guess for the next.
  func observe(graphQLCost: Int) { state.withLock { $0.graphQLCost = max(1, graphQLCost) } }

  private enum Choice {
    case go(Ticket)
    case wait(Double, isLimit: Bool)
  }

  private func decide(_ resource: String) -> Choice {
    state.withLock { state in
      let now = clock.now
      let inFlight = state.inFlight[resource] ?? 0
      var until = max(state.secondaryUntil, state.primaryUntil[resource] ?? now)
      if let window = state.windows[resource] {
        let reset = window.reset - state.clockOffset
        let cost = resource == "graphql" ? state.graphQLCost : 1
        if reset <= now {
          state.windows[resource] = nil
        } else if window.remaining <= 0 {
          until = max(until, reset)
        } else if window.remaining - inFlight * cost <= 0, until <= now {
          // The budget is spoken for, yet not spent: an answer that cost nothing (304) would show it.
          return .wait(min(1, Double(reset.microseconds - now.microseconds) / 1_000_000), isLimit: false)
        }
      }
      if until > now { return .wait(Double(until.microseconds - now.microseconds) / 1_000_000, isLimit: true) }
      state.inFlight[resource] = inFlight + 1
      return .go(Ticket(resource: resource, generation: state.generation))
    }
  }
}
