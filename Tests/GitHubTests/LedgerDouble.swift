import Domain
import Synchronization

/// The shared budgets in memory: by the same rules as the real ledger, with a minute and a reserve of the test's own.
actor LedgerDouble: BudgetLedger {
  struct Broken: Error {}

  struct Window {
    var limit: Int
    var remaining: Int
    var resetsAt: ContinuousClock.Instant
    var length: Double
  }

  struct Sent {
    var request: BudgetRequest
    var startedAt: ContinuousClock.Instant
    var endedAt: ContinuousClock.Instant?
    var cost: Int
    var seconds: Double
  }

  private let minute: Double
  private let clock = ContinuousClock()
  private var limitedUntil: [BudgetOwner: ContinuousClock.Instant] = [:]
  private var strikes: [BudgetOwner: Int] = [:]
  private var windows: [String: Window] = [:]
  private var sent: [Sent] = []
  private var owners: [String: BudgetOwner] = [:]

  /// What tests look at.
  private(set) var draws: [BudgetRequest] = []
  private(set) var receipts: [BudgetReceipt] = []
  /// What was settled on its own, not with a draw.
  private(set) var settled: [BudgetReceipt] = []
  private(set) var waits: [BudgetWait: Int] = [:]
  /// Answers in place of the rules, the first one first.
  var script: [BudgetGrant] = []
  var isBroken = false

  init(minute: Double = 60) { self.minute = minute }

  func play(_ script: BudgetGrant...) { self.script = script }
  func breakDown() { isBroken = true }
  func recover() { isBroken = false }
  func know(_ owner: BudgetOwner, fingerprint: String) { owners[fingerprint] = owner }
  var known: [String: BudgetOwner] { owners }

  func draw(_ request: BudgetRequest, settling receipts: [BudgetReceipt]) async throws -> BudgetGrant {
    if isBroken { throw Broken() }
    take(receipts)
    draws.append(request)
    let grant = script.isEmpty ? decide(request) : script.removeFirst()
    switch grant {
    case .granted:
      sent.append(
        Sent(
          request: request, startedAt: clock.now, endedAt: nil, cost: request.cost, seconds: request.expectedSeconds))
    case .wait(_, let reason): waits[reason, default: 0] += 1
    }
    return grant
  }

  func settle(_ receipts: [BudgetReceipt]) async throws {
    if isBroken { throw Broken() }
    settled += receipts
    take(receipts)
  }

  func balances(of owner: BudgetOwner) async throws -> [BudgetBalance] { [] }
  func owner(ofToken fingerprint: String) async throws -> BudgetOwner? { owners[fingerprint] }
  func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws { owners[fingerprint] = owner }

  // MARK: Rules

  private func decide(_ request: BudgetRequest) -> BudgetGrant {
    let now = clock.now
    if let until = limitedUntil[request.owner], until > now {
      return .wait(seconds: since(now, until), reason: .secondary)
    }
    let mine = sent.filter { $0.request.owner == request.owner }
    let flying = mine.filter { $0.endedAt == nil }
    let key = "\(request.owner) \(request.resource)"
    if let window = windows[key] {
      let left = since(now, window.resetsAt)
      if left <= 0 {
        windows[key] = nil
      } else {
        let tenth = window.length / 10
        let reserve = request.priority == .event ? 0 : Double(window.limit) / 10 * min(1, left / tenth)
        let pledged = flying.filter { $0.request.resource == request.resource }.map(\.cost).reduce(0, +)
        let free = Double(window.remaining - pledged) - reserve
        if free < Double(request.cost) {
          // Until the reserve has shrunk by what is missing, at best.
          let missing = Double(request.cost) - free
          let share = reserve - missing
          let release = share > 0 ? left - share / (Double(window.limit) / 10) * tenth : left
          return .wait(seconds: min(max(release, 0.02), left), reason: .primary)
        }
      }
    }
    let recent = mine.filter { $0.endedAt.map { since($0, now) < minute } ?? true }
    if flying.count >= 90 { return .wait(seconds: 0.05, reason: .pace) }
    let isGraphQL = request.resource == "graphql"
    let kind = recent.filter { ($0.request.resource == "graphql") == isGraphQL }
    let weight = kind.map(\.request.weight).reduce(0, +) + request.weight
    let busy = recent.map(\.seconds).reduce(request.expectedSeconds, +)
    let busyKind = kind.map(\.seconds).reduce(request.expectedSeconds, +)
    let isTooFast =
      Double(weight) > (isGraphQL ? 2000 : 900) * 0.97 || busy > minute * 1.5 * 0.95
      || (isGraphQL && busyKind > minute * 0.95)
    guard isTooFast else { return .granted }
    let oldest = recent.compactMap(\.endedAt).min() ?? now
    return .wait(seconds: max(minute - since(oldest, now), 0.02), reason: .pace)
  }

  private func take(_ receipts: [BudgetReceipt]) {
    let now = clock.now
    for receipt in receipts {
      self.receipts.append(receipt)
      if let index = sent.lastIndex(where: { $0.request.id == receipt.id && $0.endedAt == nil }) {
        sent[index].endedAt = now
        sent[index].seconds = receipt.seconds
        sent[index].cost = receipt.cost ?? sent[index].cost
      }
      let key = "\(receipt.owner) \(receipt.resource)"
      if let seen = receipt.window {
        let resetsAt = now + .seconds(seen.resetsIn)
        if let known = windows[key], since(resetsAt, known.resetsAt) > -2 {
          windows[key]?.remaining = min(known.remaining, seen.remaining)
        } else {
          windows[key] = Window(
            limit: seen.limit, remaining: seen.remaining, resetsAt: resetsAt, length: max(seen.resetsIn, 0.1))
        }
      }
      switch receipt.refusal {
      case .primary: windows[key]?.remaining = 0
      case .secondary(let retryAfter):
        let count = strikes[receipt.owner] ?? 0
        strikes[receipt.owner] = count + 1
        limitedUntil[receipt.owner] = now + .seconds(retryAfter ?? minute * Double(1 << min(count, 4)))
      case nil: break
      }
    }
    sent.removeAll { $0.endedAt.map { since($0, now) > minute + 1 } ?? false }
  }

  private func since(_ earlier: ContinuousClock.Instant, _ later: ContinuousClock.Instant) -> Double {
    (later - earlier) / .seconds(1)
  }
}
