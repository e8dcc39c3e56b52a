import Domain
import Logging
import Synchronization

/// A token's side of the ledger that all processes of its owner share: draws before each request, and says afterwards
/// what became of it.
///
/// Where the ledger fails, requests go by the rules of this process alone for a while: a slow table must not end a
/// capture. A limit that the ledger has told of holds all the same.
final class SharedBudget: Sendable {
  /// Leave to send one request, as far as the ledger is concerned; `request` is nil where it could not be asked.
  struct Draft: Sendable {
    fileprivate var request: BudgetRequest?
  }

  enum Answer: Sendable {
    case granted(Draft)
    case wait(Double, BudgetWait)
    /// It is to be looked first what is left of the token's own budget.
    case unseen
  }

  private struct State {
    /// Receipts that ride on the next draw, and since when they wait.
    var receipts: [(receipt: BudgetReceipt, since: Timestamp)] = []
    /// By resource, and by "" for all of them, in local time.
    var until: [String: (end: Timestamp, reason: BudgetWait)] = [:]
    /// Seconds that GitHub took of late, by resource.
    var seconds: [String: Double] = [:]
    /// The ledger is not asked before.
    var restsUntil = Timestamp(seconds: 0)
    var hasFailed = false

    /// With the time until the window's reset as it is now.
    mutating func takeReceipts(_ now: Timestamp) -> [BudgetReceipt] {
      defer { receipts = [] }
      return receipts.map { waiting in
        var receipt = waiting.receipt
        if let left = receipt.window?.resetsIn {
          receipt.window?.resetsIn = max(left - max(now.secondsSince(waiting.since), 0), 0)
        }
        return receipt
      }
    }
  }

  /// Receipts kept while the ledger fails; older ones have left the minute that they would count in.
  private static let maximumReceipts = 1000
  /// Seconds that the ledger may take for one answer, and is left alone for after it failed.
  private static let patience = 10.0
  private static let rest = 30.0

  private let state = Mutex(State())
  private let ledger: any BudgetLedger
  private let sender = Identifier<any BudgetLedger>.random()
  let priority: BudgetRequest.Priority
  private let clock: any WallClock
  private let logger: Logger

  init(ledger: any BudgetLedger, priority: BudgetRequest.Priority, clock: any WallClock, logger: Logger) {
    self.ledger = ledger
    self.priority = priority
    self.clock = clock
    self.logger = logger
  }

  /// Asks the ledger for leave to send a request. Throws `CancellationError` alone.
  ///
  /// - Parameter looksFirst: whether it is to be looked what is left of the token's own budget before it is waited for the
  ///   end of the owner's window: it may be another's.
  func draw(
    _ demand: Demand, owner: BudgetOwner, standing: BudgetRequest.Standing, looksFirst: Bool = false
  ) async throws -> Answer {
    let now = clock.now
    let (held, receipts) = state.withLock { state in
      let held = [demand.resource, ""].compactMap { state.until[$0] }.max { $0.end < $1.end }
      guard held.map({ $0.end <= now }) ?? true, state.restsUntil <= now else { return (held, [BudgetReceipt]?.none) }
      return (nil, state.takeReceipts(now))
    }
    if let held, held.end > now { return .wait(held.end.secondsSince(now), held.reason) }
    guard let receipts else { return .granted(Draft()) }
    let expected = state.withLock { $0.seconds[demand.resource] } ?? (demand.resource == "graphql" ? 1 : 0.3)
    let request = BudgetRequest(
      owner: owner, resource: demand.resource, cost: demand.cost, weight: demand.weight,
      createsContent: demand.createsContent, expectedSeconds: expected, priority: priority, standing: standing,
      sender: sender)
    do {
      let ledger = ledger
      let grant = try await hurry { try await ledger.draw(request, settling: receipts) }
      state.withLock { $0.hasFailed = false }
      guard case .wait(let seconds, let reason) = grant else { return .granted(Draft(request: request)) }
      return reason == .unseen || reason == .primary && looksFirst
        ? .unseen : hold(demand.resource, seconds: seconds, reason: reason)
    } catch {
      // It may have been granted all the same, and would count as under way for a minute.
      keep(
        receipts + [
          BudgetReceipt(id: request.id, owner: owner, resource: demand.resource, cost: 0, seconds: 0)
        ])
      try Task.checkCancellation()
      failed(error)
      return .granted(Draft())
    }
  }

  /// Says what became of a request. A refusal goes out at once, so that all processes obey it.
  ///
  /// - Parameters:
  ///   - owner: who turned out to be its owner in truth, where it was drawn under another name.
  ///   - isMistaken: whether that other name is somebody else's.
  func settle(
    _ draft: Draft, resource: String, charge: Charge, seconds: Double, window: BudgetReceipt.Window?,
    refusal: BudgetReceipt.Refusal?, owner: BudgetOwner?, isMistaken: Bool = false
  ) async {
    if refusal == nil {
      // A moving average that the last three requests make up most of.
      state.withLock { $0.seconds[resource] = ($0.seconds[resource] ?? seconds) * 0.7 + seconds * 0.3 }
    }
    guard let request = draft.request else { return }
    let receipt = BudgetReceipt(
      id: request.id, owner: request.owner, resource: resource, cost: charge.amount, seconds: seconds, window: window,
      refusal: refusal)
    keep([
      isMistaken
        ? BudgetReceipt(id: request.id, owner: request.owner, resource: request.resource, cost: 0, seconds: 0) : receipt
    ])
    if let owner, owner != request.owner {
      var moved = receipt
      moved.id = .random()
      moved.owner = owner
      keep([moved])
    }
    if refusal != nil { await flush() }
  }

  /// Sends the receipts that are left.
  func flush() async {
    let now = clock.now
    let receipts = state.withLock { state in
      state.restsUntil <= now ? state.takeReceipts(now) : []
    }
    guard !receipts.isEmpty else { return }
    do {
      let ledger = ledger
      // A process that was cancelled still tells the others what it used.
      try await Task { try await self.hurry { try await ledger.settle(receipts) } }.value
    } catch {
      keep(receipts)
      failed(error)
    }
  }

  /// Whom the token belongs to, as an earlier process found out; nil too where the ledger fails.
  func owner(ofToken fingerprint: String) async -> BudgetOwner? {
    do {
      let ledger = ledger
      return try await hurry { try await ledger.owner(ofToken: fingerprint) }
    } catch {
      if !Task.isCancelled { failed(error) }
      return nil
    }
  }

  func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async {
    do {
      let ledger = ledger
      try await hurry { try await ledger.remember(owner, ofToken: fingerprint) }
    } catch {
      if !Task.isCancelled { failed(error) }
    }
  }

  // MARK: What the ledger said

  private func hold(_ resource: String, seconds: Double, reason: BudgetWait) -> Answer {
    // All processes of an owner are told the same moment; they must not come back as one.
    let seconds = max(seconds, 0.01) * Double.random(in: 1...1.02) + Double.random(in: 0...0.05)
    let end = clock.now + seconds
    state.withLock { state in
      let key = reason == .secondary ? "" : resource
      if state.until[key].map({ $0.end < end }) ?? true { state.until[key] = (end, reason) }
    }
    return .wait(seconds, reason)
  }

  private func keep(_ receipts: [BudgetReceipt]) {
    let now = clock.now
    state.withLock { state in
      state.receipts += receipts.map { ($0, now) }
      state.receipts.removeFirst(max(0, state.receipts.count - Self.maximumReceipts))
    }
  }

  private func failed(_ error: any Error) {
    let now = clock.now
    let isFirst = state.withLock { state in
      state.restsUntil = now + Self.rest
      defer { state.hasFailed = true }
      return !state.hasFailed
    }
    // A connection string that is wrong ends the command as soon as it stores something, with the same words.
    guard isFirst, (error as? any UserFacingError)?.exitStatus != .configuration else { return }
    let problem = (error as? any UserFacingError)?.problem ?? (error as? TooSlow)?.description ?? "\(type(of: error))"
    logger.warning(
      "The budgets that all jobs share could not be read; this job goes by what GitHub tells it alone (\(problem)).")
  }

  private struct TooSlow: Error, CustomStringConvertible {
    var description: String { "no answer in \(Int(SharedBudget.patience)) s" }
  }

  /// Gives up on the ledger after its patience, by the real clock.
  private func hurry<Value: Sendable>(_ body: @Sendable @escaping () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: .seconds(Self.patience))
        return nil
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() ?? nil else { throw TooSlow() }
      return value
    }
  }
}
