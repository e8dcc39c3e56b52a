import Domain
import Logging
import Synchronization

/// The accounts that requests may go out with. Waits until one of them may send.
///
/// Writes go out with the first, and where a further one is told less the first is believed. Reads go to the account with most left of its budget; one that was not used yet in its
/// window counts as full.
final class TokenPool: Sendable {
  let accounts: [Account]
  /// Seconds that one request may be kept waiting.
  private let patience: Double
  /// Seconds that have to be left after a limit.
  private static let timeForAnswer = 2.0
  private let permits: Permits
  private let clock: any WallClock
  private let deadline: any Deadline
  private let logger: Logger
  /// Held while it is decided to go on without an account, so that one is left.
  private let endings = Mutex(())
  /// The latest ends of the limits that callers were kept waiting for, by resource, and by nil for all of them.
  private let waitedFor = Mutex<[String?: Timestamp]>([:])

  /// - Parameter maximumInFlight: GitHub allows 100, REST and GraphQL and all jobs together.
  init(
    accounts: [Account], patience: Double, maximumInFlight: Int, clock: any WallClock, deadline: any Deadline,
    logger: Logger
  ) {
    self.accounts = accounts
    self.patience = patience
    permits = Permits(maximumInFlight)
    self.clock = clock
    self.deadline = deadline
    self.logger = logger
  }

  /// Waits until the request may be sent. Throws `RateLimited` where that is after the deadline, or too long to wait.
  ///
  /// - Parameters:
  ///   - only: the account to use; nil for any that may be used.
  ///   - find: finds out what must be known of an account's token.
  func enter(_ demand: Demand, only: Account?, find: (Account.Unknown, Account) async throws -> Void) async throws
    -> Account.Entry
  {
    // The question is asked on behalf of a request that has a permit.
    if !demand.isQuestion { try await permits.acquire() }
    do {
      var waited = 0.0
      while true {
        try Task.checkCancellation()
        var shortest: (seconds: Double, reason: BudgetWait)?
        for account in only.map({ [$0] }) ?? candidates(for: demand) {
          do {
            switch try await account.enter(demand) {
            case .go(let entry): return entry
            case .wait(let seconds, let reason):
              if seconds < shortest?.seconds ?? .infinity { shortest = (seconds, reason) }
            case .unknown(let unknown):
              shortest = (0, .unseen)
              try await find(unknown, account)
            }
          } catch let error as any UserFacingError where error is TokenRejected || error is AppRejected {
            guard only == nil, !demand.isWrite, goesOn(without: account, after: error) else { throw error }
            shortest = shortest ?? (0, .unseen)
          }
        }
        guard let shortest else { throw TokenMissing() }
        guard shortest.seconds > 0 else { continue }
        try await wait(shortest.seconds, shortest.reason, waited: waited, for: demand)
        // Short waits are turns that others take first, and no limit.
        if shortest.reason.isLimit || shortest.seconds > 1 { waited += shortest.seconds }
      }
    } catch {
      leave(demand)
      throw error
    }
  }

  /// The account whose word counts: the first, and after its end the next one.
  var trusted: Account { accounts.first(where: \.isEnabled) ?? accounts[0] }

  /// Whether reads go on without an account whose token GitHub does not know; false where there is no other. A first token
  /// that was never good is a mistake to be mended, one that ends during a run is none.
  func goesOn(without account: Account, after rejection: any UserFacingError) -> Bool {
    endings.withLock { _ in
      let isFirst = account === accounts[0]
      guard accounts.contains(where: { $0 !== account && $0.isEnabled }), !isFirst || account.wasAccepted else {
        return false
      }
      guard account.isEnabled else { return true }
      account.disable()
      let words = (rejection as? TokenRejected)?.message.map { " (\($0))" } ?? ""
      logger.warning(
        isFirst
          ? "\(rejection.problem); this run goes on reading with the further tokens."
          : "GitHub rejected one of the further tokens\(words); this run goes on without it.")
      return true
    }
  }

  /// Goes on without a further account that was refused what the trusted one was given.
  func leaveOut(_ account: Account) {
    endings.withLock { _ in
      guard account.isEnabled, account !== trusted else { return }
      account.disable()
      logger.warning("One of the further tokens may not read what is asked for; this run goes on without it.")
    }
  }

  func leave(_ demand: Demand) {
    if !demand.isQuestion { permits.release() }
  }

  /// The limits that keep callers waiting now. A budget that is used up without anybody asking for more of it is not
  /// counted.
  var limits: [RateLimited] {
    var ends = waitedFor.withLock { $0 }
    if let secondary = accounts.filter(\.isEnabled).map(\.governor.secondaryUntil).min() {
      ends[nil] = max(ends[nil] ?? secondary, secondary)
    }
    let now = clock.now
    return ends.filter { $0.value > now }.map { RateLimited(until: $0.value, resource: $0.key) }
  }

  private func wait(_ seconds: Double, _ reason: BudgetWait, waited: Double, for demand: Demand) async throws {
    let isLimit = reason.isLimit
    // A secondary limit holds back every request, a primary one those that draw on the same resource.
    let limit = RateLimited(until: clock.now + seconds, resource: reason == .secondary ? nil : demand.resource)
    if isLimit { waitedFor.withLock { $0[limit.resource] = max($0[limit.resource] ?? limit.until, limit.until) } }
    // What is not told counts as under way, and keeps the others from it.
    if seconds > 1 { for account in accounts { await account.share?.flush() } }
    // Whoever waits for a limit to the last second has no time left for the answer.
    let needed = isLimit ? seconds + Self.timeForAnswer : seconds
    guard needed <= deadline.remaining, waited + seconds <= patience else { throw limit }
    let text: Logger.Message = "Waiting \(Int(seconds.rounded(.up))) s for \(limit.name)."
    if isLimit { logger.info(text) } else { logger.trace(text) }
    LimitWaits.observer?.waitBegan(at: clock.now)
    defer { LimitWaits.observer?.waitEnded(at: clock.now) }
    try await clock.sleep(seconds: seconds)
  }

  private func candidates(for demand: Demand) -> [Account] {
    if demand.isWrite || accounts.count == 1 { return Array(accounts.prefix(1)) }
    let left = accounts.filter(\.isEnabled).enumerated().map { index, account in
      (index: index, account: account, left: account.governor.remaining(demand.resource) ?? .max)
    }
    return left.sorted { ($1.left, $0.index) < ($0.left, $1.index) }.map(\.account)
  }
}
