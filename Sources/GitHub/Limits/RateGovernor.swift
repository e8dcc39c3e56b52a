import Domain
import Synchronization

/// Keeps one token's requests back while GitHub's limits hold, as far as this process has seen them, because requests
/// sent while limited can get a client banned.
///
/// Rules: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
/// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
///
/// - A primary limit belongs to one resource (`core`, `search`, `graphql`) and ends at its reset, by GitHub's clock. It is
///   foreseen: when the headers leave no request for the window, none is sent.
/// - A secondary limit belongs to the identity and holds back everything: for `retry-after` seconds, or for a minute
///   that doubles with every further refusal.
///
/// What other processes use is ``SharedBudget``'s matter. One lock guards the state; nobody waits while holding it.
final class RateGovernor: Sendable {
  /// Why GitHub refused a request, and what it said about the end.
  enum Limit: Sendable, Equatable {
    case primary(reset: Timestamp?)
    case secondary(retryAfter: Double?)

    var isSecondary: Bool { if case .secondary = self { true } else { false } }
  }

  /// Leave to send one request; given back with `leave`.
  struct Ticket: Sendable {
    fileprivate var demand: Demand
    /// How many limits had begun when it was given: answers to requests sent before a limit began do not prolong it.
    fileprivate var generation: Int
  }

  enum Choice: Sendable {
    case go(Ticket)
    /// `pace` where the budget is only spoken for by requests under way.
    case wait(Double, BudgetWait)
  }

  private struct Window {
    /// The lowest that an answer showed in this window.
    var remaining: Int
    /// By GitHub's clock.
    var reset: Timestamp
    /// By the local clock, the latest that it can be over.
    var latest: Timestamp

    func end(_ server: ServerClock) -> Timestamp { min(reset - server.offset, latest) }
  }

  private struct State {
    var windows: [String: Window] = [:]
    /// What requests under way will cost.
    var inFlight: [String: Int] = [:]
    /// By the local clock.
    var primaryUntil: [String: Timestamp] = [:]
    var secondaryUntil = Timestamp(seconds: 0)
    var generation = 0
    /// Limits in a row, no answer in between.
    var strikes = 0
  }

  private let state = Mutex(State())
  private let clock: any WallClock
  private let server: ServerClock

  init(clock: any WallClock, server: ServerClock) {
    self.clock = clock
    self.server = server
  }

  /// Whether the request may be sent now, or in how many seconds to ask again.
  func enter(_ demand: Demand) -> Choice {
    state.withLock { state in
      let now = clock.now
      let inFlight = state.inFlight[demand.resource] ?? 0
      var until = max(state.secondaryUntil, state.primaryUntil[demand.resource] ?? now)
      if let window = state.windows[demand.resource] {
        let reset = window.end(server)
        if reset <= now {
          state.windows[demand.resource] = nil
        } else if window.remaining <= 0 {
          until = max(until, reset)
        } else if window.remaining - inFlight <= 0, until <= now {
          // The budget is spoken for, yet not spent: an answer that cost nothing (304) would show it.
          return .wait(min(1, reset.secondsSince(now)), .pace)
        }
      }
      if until > now { return .wait(until.secondsSince(now), state.secondaryUntil >= until ? .secondary : .primary) }
      state.inFlight[demand.resource] = inFlight + demand.cost
      return .go(Ticket(demand: demand, generation: state.generation))
    }
  }

  /// The request was not sent after all.
  func withdraw(_ ticket: Ticket) {
    state.withLock { $0.inFlight[ticket.demand.resource, default: 0] -= ticket.demand.cost }
  }

  /// The request has been answered, or has failed.
  func leave(_ ticket: Ticket, limit: Limit? = nil) {
    state.withLock { state in
      let resource = ticket.demand.resource
      state.inFlight[resource, default: 0] -= ticket.demand.cost
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
        let left = reset.flatMap { server.secondsLeft(until: $0) }
        let end = now + max(left ?? 0, (left == nil ? 60 : 1) * growth)
        state.primaryUntil[resource] = max(state.primaryUntil[resource] ?? end, end)
      }
      if isFirst {
        state.generation += 1
        state.strikes += 1
      }
    }
  }

  /// Takes in what an answer's headers say about the budget.
  func observe(_ headers: LimitHeaders, resource assumed: String) {
    guard let remaining = headers.remaining, let reset = headers.reset else { return }
    observe(resource: headers.resource ?? assumed, remaining: remaining, reset: reset)
  }

  /// - Parameter reset: by GitHub's clock.
  func observe(resource: String, remaining: Int, reset: Timestamp) {
    state.withLock { state in
      let new = Window(remaining: remaining, reset: reset, latest: clock.now + ServerClock.longestWindow)
      guard let known = state.windows[resource] else {
        state.windows[resource] = new
        return
      }
      // Answers overtake each other: within a window the lowest counts. GitHub's servers differ by a second in it.
      if reset > known.reset + 1 {
        state.windows[resource] = new
      } else if reset >= known.reset - 1 {
        state.windows[resource]?.remaining = min(known.remaining, remaining)
      }
    }
  }

  /// What is left of the budget less what is under way; nil where no answer has shown it in this window.
  func remaining(_ resource: String) -> Int? {
    let now = clock.now
    return state.withLock { state in
      guard let window = state.windows[resource], window.end(server) > now else { return nil }
      return window.remaining - (state.inFlight[resource] ?? 0)
    }
  }

  /// When the secondary limit ends that holds now.
  var secondaryUntil: Timestamp { state.withLock { $0.secondaryUntil } }
}
