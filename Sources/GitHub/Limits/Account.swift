import Domain
import Synchronization

/// One credential, and the limits of whoever it belongs to.
final class Account: Sendable {
  let credential: Credential
  let governor: RateGovernor
  let owner: TokenOwner
  /// nil where no ledger is shared with other processes.
  let share: SharedBudget?
  private let server: ServerClock
  private let disabled = Atomic(false)
  private let hasLooked = Atomic(false)
  private let isAccepted = Atomic(false)

  init(credential: Credential, governor: RateGovernor, owner: TokenOwner, share: SharedBudget?, server: ServerClock) {
    self.credential = credential
    self.governor = governor
    self.owner = owner
    self.share = share
    self.server = server
  }

  /// Leave to send one request with this account's token.
  struct Entry: Sendable {
    let account: Account
    let token: String
    /// Whether the request is to ask whose token it is, too.
    let asks: Bool
    /// Whether it goes by the owner that the token's looks make probable.
    fileprivate let isPresumed: Bool
    fileprivate let ticket: RateGovernor.Ticket
    fileprivate let draft: SharedBudget.Draft?
    let demand: Demand
    fileprivate let start = ContinuousClock.now

    fileprivate init(
      _ account: Account, _ token: String, asks: Bool, isPresumed: Bool, _ ticket: RateGovernor.Ticket,
      _ draft: SharedBudget.Draft?, _ demand: Demand
    ) {
      self.account = account
      self.token = token
      self.asks = asks
      self.isPresumed = isPresumed
      self.ticket = ticket
      self.draft = draft
      self.demand = demand
    }
  }

  enum Answer: Sendable {
    case go(Entry)
    case wait(Double, BudgetWait)
    /// Something must be found out about the token first.
    case unknown(Unknown)
  }

  enum Unknown: Sendable {
    /// Whose it is, and the request cannot ask. The caller is to send the question, with a demand that says so, and to end
    /// it with ``TokenOwner/asked(_:in:)``.
    case owner
    /// What is left of its budget. The caller is to look, and to say so with ``Account/looked()``.
    case budget
  }

  /// False once GitHub did not know the token, or refused it what another may read, where others can do without it.
  var isEnabled: Bool { !disabled.load(ordering: .relaxed) }
  func disable() { disabled.store(true, ordering: .relaxed) }

  /// Whether GitHub has known the token in this run.
  var wasAccepted: Bool { isAccepted.load(ordering: .relaxed) }
  func accepted() { isAccepted.store(true, ordering: .relaxed) }

  /// Whose budget it is, as far as that is known; nil where budgets are not shared.
  var ownerIfKnown: BudgetOwner? {
    get async {
      guard let share, let token = try? await credential.token() else { return nil }
      return await owner.presumed(of: token, credential: credential, in: share).owner
    }
  }

  /// What is left of the token's budget has been asked for, whether or not there was an answer.
  func looked() { hasLooked.store(true, ordering: .relaxed) }

  /// Whether a request may be sent now, by what this process and the ledger know; or in how many seconds to ask again.
  func enter(_ demand: Demand) async throws -> Answer {
    let token = try await credential.token()
    switch governor.enter(demand) {
    case .wait(let seconds, let reason): return .wait(seconds, reason)
    case .go(let ticket):
      guard let share else { return .go(Entry(self, token, asks: false, isPresumed: false, ticket, nil, demand)) }
      let drawn: Answer
      do {
        drawn = try await draw(demand, ticket, token, share)
      } catch {
        governor.withdraw(ticket)
        throw error
      }
      if case .go = drawn { return drawn }
      governor.withdraw(ticket)
      return drawn
    }
  }

  private func draw(_ demand: Demand, _ ticket: RateGovernor.Ticket, _ token: String, _ share: SharedBudget)
    async throws -> Answer
  {
    let whose: BudgetOwner
    var asks = demand.isQuestion
    var isKnown = !asks
    var isPresumed = false
    if !asks, let presumption = await owner.presumption(token, credential) {
      whose = presumption
      isPresumed = true
    } else if share.priority == .event {
      // An event's few requests are not worth a question: the token obeys every limit of its host.
      (whose, isKnown) = await owner.presumed(of: token, credential: credential, in: share)
    } else if asks {
      whose = await owner.tokensOwn
    } else {
      switch await owner.owner(of: token, credential: credential, in: share) {
      case .known(let known): whose = known
      case .ask(let own):
        guard demand.carriesQuestion else { return .unknown(.owner) }
        whose = own
        asks = true
        isKnown = false
      }
    }
    let isSeen = hasLooked.load(ordering: .relaxed) || governor.remaining(demand.resource) != nil
    let standing: BudgetRequest.Standing =
      if isPresumed, share.priority == .history {
        // What the looks make probable may be wrong, and another's limit be the token's own.
        isSeen ? .unidentified : .unseen
      } else {
        isKnown ? .identified : !asks || isSeen ? .unidentified : .unseen
      }
    do {
      let answer = try await share.draw(
        demand, owner: whose, standing: standing,
        looksFirst: isPresumed && !hasLooked.load(ordering: .relaxed))
      if case .granted(let draft) = answer {
        return .go(Entry(self, token, asks: asks, isPresumed: isPresumed, ticket, draft, demand))
      }
      if asks, !demand.isQuestion { await owner.asked(.nothing, in: share) }
      guard case .wait(let seconds, let reason) = answer else { return .unknown(.budget) }
      return .wait(seconds, reason)
    } catch {
      if asks, !demand.isQuestion { await owner.asked(.nothing, in: share) }
      throw error
    }
  }

  /// The request has been answered, or has failed.
  func leave(
    _ entry: Entry, headers: LimitHeaders = LimitHeaders(), charge: Charge, limit: RateGovernor.Limit? = nil
  ) async {
    governor.leave(entry.ticket, limit: limit)
    guard let share, let draft = entry.draft else { return }
    if entry.asks, !entry.demand.isQuestion { await owner.asked(.nothing, in: share) }
    let resource = headers.resource ?? entry.demand.resource
    if let limit = headers.limit { await saw(limit: limit, of: resource, token: entry.token) }
    // What was sent before the token showed whose it is not is nothing of the repository's.
    let another = entry.isPresumed ? await owner.insteadOfRepository : nil
    let whose = entry.asks ? await owner.known : another
    await share.settle(
      draft, resource: resource, charge: charge, seconds: (ContinuousClock.now - entry.start) / .seconds(1),
      window: window(headers), refusal: limit.map(refusal), owner: whose, isMistaken: another != nil)
  }

  /// Takes in the hourly limit of a resource.
  func saw(limit: Int, of resource: String, token: String) async {
    guard resource == "core" || resource == "graphql" else { return }
    await owner.saw(limit: limit, of: token, credential)
  }

  private func window(_ headers: LimitHeaders) -> BudgetReceipt.Window? {
    guard let limit = headers.limit, let remaining = headers.remaining, let reset = headers.reset else { return nil }
    return BudgetReceipt.Window(
      limit: limit, remaining: remaining, resetsIn: max(reset.secondsSince(server.now), 0))
  }

  private func refusal(_ limit: RateGovernor.Limit) -> BudgetReceipt.Refusal {
    switch limit {
    case .primary(let reset): .primary(resetsIn: reset.flatMap { server.secondsLeft(until: $0) })
    case .secondary(let retryAfter): .secondary(retryAfter: retryAfter)
    }
  }
}
