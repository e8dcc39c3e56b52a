import Domain
import Store
import Synchronization

/// The budgets that all jobs share, as an event's run draws on them: on the store's own connection, and only from the
/// moment on at which the run needs the database anyway. Most events end before that, with one request at most.
///
/// An event's run sends two or three requests, and a person waits for it. So where nothing is scarce it takes no turn in
/// the queue, and tells what the others have to know and no more: what was refused, what runs low, and a window that
/// nobody knows yet.
final class EventBudget: BudgetLedger {
  private struct State {
    /// What was granted without a turn: it counts as settled.
    var free: Set<Identifier<BudgetRequest>> = []
    /// The resources whose window the database does not know.
    var unknown: Set<String> = []
    /// By fingerprint; an inner nil where nobody knows.
    var owners: [String: BudgetOwner?] = [:]
  }

  private let budget: BudgetStore
  private let isOpen = Atomic(false)
  private let state = Mutex(State())

  init(_ store: Store) { budget = store.budget }

  /// From now on requests are drawn for: a limit that another job met is obeyed.
  func open() { isOpen.store(true, ordering: .relaxed) }

  private var opened: BudgetStore? { isOpen.load(ordering: .relaxed) ? budget : nil }

  func draw(_ request: BudgetRequest, settling receipts: [BudgetReceipt]) async throws -> BudgetGrant {
    guard let budget = opened else { return .granted }
    let receipts = worthTelling(receipts)
    if receipts.isEmpty, request.isOrdinary, let isWindowKnown = try await budget.drawFreely(request) {
      state.withLock { state in
        state.free.insert(request.id)
        if !isWindowKnown { state.unknown.insert(request.resource) }
      }
      return .granted
    }
    return try await budget.draw(request, settling: receipts)
  }

  func settle(_ receipts: [BudgetReceipt]) async throws { try await opened?.settle(worthTelling(receipts)) }

  func balances(of owner: BudgetOwner) async throws -> [BudgetBalance] { try await opened?.balances(of: owner) ?? [] }

  func owner(ofToken fingerprint: String) async throws -> BudgetOwner? {
    guard let budget = opened else { return nil }
    if let known = state.withLock({ $0.owners[fingerprint] }) { return known }
    let owner = try await budget.owner(ofToken: fingerprint)
    state.withLock { $0.owners[fingerprint] = .some(owner) }
    return owner
  }

  func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws {
    state.withLock { $0.owners[fingerprint] = owner }
    try await opened?.remember(owner, ofToken: fingerprint)
  }

  private func worthTelling(_ receipts: [BudgetReceipt]) -> [BudgetReceipt] {
    state.withLock { state in
      receipts.compactMap { receipt in
        guard state.free.contains(receipt.id) else { return receipt }
        let isNews =
          receipt.window.map { BudgetStore.isScarce($0) || state.unknown.contains(receipt.resource) } ?? false
        guard isNews || receipt.refusal != nil else { return nil }
        // Under its own name it is settled already.
        var told = receipt
        told.id = .random()
        return told
      }
    }
  }
}

extension BudgetRequest {
  /// Whether it counts as one request and as nothing else: GraphQL has its own minutes, and so has content.
  fileprivate var isOrdinary: Bool { resource == "core" && !createsContent }
}
