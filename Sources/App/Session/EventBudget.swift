import Domain
import Store
import Synchronization

/// The budgets that all jobs share, as an event's run draws on them: on the store's own connection, and only from the
/// moment on at which the run needs the database anyway. Most events end before that, with one request at most.
final class EventBudget: BudgetLedger {
  private let budget: BudgetStore
  private let isOpen = Atomic(false)

  init(_ store: Store) { budget = store.budget }

  /// From now on requests are drawn for: a limit that another job met is obeyed.
  func open() { isOpen.store(true, ordering: .relaxed) }

  private var opened: BudgetStore? { isOpen.load(ordering: .relaxed) ? budget : nil }

  func draw(_ request: BudgetRequest, settling receipts: [BudgetReceipt]) async throws -> BudgetGrant {
    try await opened?.draw(request, settling: receipts) ?? .granted
  }

  func settle(_ receipts: [BudgetReceipt]) async throws { try await opened?.settle(receipts) }

  func balances(of owner: BudgetOwner) async throws -> [BudgetBalance] { try await opened?.balances(of: owner) ?? [] }

  func owner(ofToken fingerprint: String) async throws -> BudgetOwner? {
    try await opened?.owner(ofToken: fingerprint)
  }

  func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws {
    try await opened?.remember(owner, ofToken: fingerprint)
  }
}
