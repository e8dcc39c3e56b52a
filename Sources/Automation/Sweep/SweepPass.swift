import Domain

/// One sweep on its way, in the process that has its lease.
struct SweepPass {
  private let sweep: AutomationSweep
  private let request: AutomationSweepRequest
  private let claim: SweepClaim
  private let firstEventAt: Timestamp?
  private var source: SweepSource
  private var reader: SweepReader
  private var state: SweepState
  private var renewedAt: Timestamp
  /// Numbers that the walk under way has read; what happens on them after that is the next walk's.
  private var visited: Set<Int> = []
  var result: AutomationSweepResult

  /// Seconds by which a walk begins before the last one did: GitHub's lists lag behind, and its clock and ours differ.
  static let overlap = 600.0
  /// Seconds that the first walk looks back, before the first event that was processed or before now.
  static let firstWindow = 86_400.0
  /// Seconds that are left for ending in good order.
  static let reserve = 5.0
  /// GitHub answers with nothing where `since` is long before its own beginning.
  static let earliest = Timestamp(seconds: 946_684_800)

  /// Ends the sweep in good order.
  struct End: Error { var stop: AutomationSweepResult.Stop }

  init(_ sweep: AutomationSweep, _ request: AutomationSweepRequest, _ claim: SweepClaim, _ entry: SweepEntry) {
    self.sweep = sweep
    self.request = request
    self.claim = claim
    firstEventAt = entry.firstEventAt
    source = SweepSource(
      repository: request.repository, repositoryGitHubID: request.repositoryGitHubID, run: request.run,
      ownLogins: entry.ownLogins.union(request.ownLogins.map { $0.lowercased() }))
    reader = SweepReader(github: sweep.github, repository: request.repository)
    state = entry.state
    renewedAt = sweep.clock.now
    result = AutomationSweepResult(repository: request.repository)
  }

  mutating func run() async throws {
    let rules = request.timeRules
    let begun = await now()
    let isRoundDue = rules != nil && (state.round != nil || isDue(by: begun))
    result.parts = [.init(.changedIssues), .init(.changedPullRequests)]
    if isRoundDue { result.parts += [.init(.openIssues), .init(.openPullRequests)] }

    try await askAgain()
    if let stopped = state.changes { try await walkChanges(stopped) }
    let startedAt = await now()
    try await walkChanges(SweepWalk(startedAt: startedAt, bound: window(at: startedAt), part: .changedIssues))
    if rules != nil { try await finishVisits() }
    if isRoundDue, let rules { try await walkRound(rules) }
  }

  /// The result with what follows from the state.
  var concluded: AutomationSweepResult {
    var result = result
    result.requests = reader.requests
    result.cursor = state.cursor
    result.unshown =
      state.unshown + result.unshown.filter { item in !state.unshown.contains { $0.number == item.number } }
    result.unfinished = result.parts.filter { !$0.isComplete }.map(\.part)
    if request.timeRules != nil, state.round == nil {
      result.nextRoundAt = state.roundStartedAt.map { $0 + AutomationSweepRequest.TimeRules.interval }
    }
    return result
  }

  /// GitHub's clock; before it is known, this machine's, less what that may be ahead.
  private func now() async -> Timestamp {
    let server = await sweep.github.usage.serverTime
    return Timestamp(seconds: (server ?? sweep.clock.now - Self.overlap).seconds)
  }

  private func window(at startedAt: Timestamp) -> Timestamp {
    let since = request.since ?? state.cursor.map { $0 - Self.overlap }
    let first = min(firstEventAt ?? startedAt, startedAt) - Self.firstWindow
    return max(Timestamp(seconds: (since ?? first).seconds), Self.earliest)
  }

  private func isDue(by now: Timestamp) -> Bool {
    guard let last = state.roundStartedAt, request.timeRules?.isAskedFor != true else { return true }
    return now.secondsSince(last) >= AutomationSweepRequest.TimeRules.interval
  }

  // MARK: What changed

  private mutating func walkChanges(_ begun: SweepWalk) async throws {
    var walk = begun
    visited = []
    for part in SweepWalk.Part.allCases where part.isOfChanges { count(part) { $0.isComplete = false } }
    result.since = min(walk.bound, result.since ?? walk.bound)
    if request.since != nil {
      // What was asked for once is not asked for again after a kill.
      state.changes = walk
      try await record()
    }
    if walk.part == .changedIssues { try await ascend(&walk, then: .changedPullRequests) { _ in true } }
    let isFromFront = walk.page == nil
    let isOnePage = try await descend(&walk) && isFromFront
    // What moved to the front of a list while its pages were read was not on any of them.
    var bound = walk.startedAt
    var isSettled = isOnePage
    while !isSettled {
      let look = SweepWalk(startedAt: await now(), bound: bound, part: walk.part)
      isSettled = try await lookAgain(look, since: walk.bound)
      bound = look.startedAt
    }
    complete(.changedIssues)
    complete(.changedPullRequests)
    state.changes = nil
    // A window that was asked for may begin behind the cursor: what lies between was not looked at.
    if walk.bound <= state.cursor ?? walk.bound { state.cursor = max(walk.startedAt, state.cursor ?? walk.startedAt) }
    try await record()
  }

  /// What GitHub would not show before, and what another process had.
  private mutating func askAgain() async throws {
    let unshown = state.unshown
    guard !unshown.isEmpty else { return }
    for before in unshown {
      try check()
      let readAt = sweep.clock.now
      switch try await reader.item(before.number, since: before.since) {
      case .success(var item)?:
        item.readAt = readAt
        guard try await read(&item, since: before.since) else { continue }
        state.unshown.removeAll { $0.number == before.number }
        try await process([item], since: before.since)
      case .failure?: continue
      case nil: state.unshown.removeAll { $0.number == before.number }
      }
    }
    try await record()
  }

  /// Walks over what changed by pages whose end the walk keeps, the newest first, down to the walk's bound.
  ///
  /// - Returns: whether one page held it all.
  private mutating func descend(_ walk: inout SweepWalk) async throws -> Bool {
    var pages = 0
    while true {
      let page = try await nextPage(of: walk.part, after: walk.page, since: walk.bound)
      pages += 1
      let isLast = try await take(page, of: walk.part, since: walk.bound, downTo: walk.bound)
      walk.page = page.end ?? walk.page
      state.changes = walk
      try await record()
      if isLast { return pages == 1 }
    }
  }

  /// The front of a list that was walked over, once more.
  private mutating func lookAgain(_ look: SweepWalk, since: Timestamp) async throws -> Bool {
    var cursor: String?
    var pages = 0
    while true {
      let page = try await nextPage(of: look.part, after: cursor, since: since)
      pages += 1
      let isLast = try await take(page, of: look.part, since: since, downTo: look.bound)
      cursor = page.end
      try await record()
      if isLast { return pages == 1 }
    }
  }

  /// Processes a page of a list that is walked over from its newest end.
  ///
  /// - Returns: whether nothing that is wanted follows.
  private mutating func take(
    _ page: SweepReader.Page, of part: SweepWalk.Part, since: Timestamp, downTo bound: Timestamp
  ) async throws -> Bool {
    let recent = page.items.filter { ($0.issue.updatedAt ?? bound) >= bound }
    try await processPage(recent, page.unshown, of: part, since: since)
    return page.isLast || recent.count < page.items.count
  }

  /// Walks over a list in ascending order, to its end or as far as `isWanted` says; then the walk stands before the
  /// next one.
  private mutating func ascend(
    _ walk: inout SweepWalk, then next: SweepWalk.Part, while isWanted: (SweptItem) -> Bool
  ) async throws {
    while true {
      let page = try await nextPage(of: walk.part, after: walk.page, since: walk.bound)
      let wanted = page.items.prefix(while: isWanted)
      try await processPage(Array(wanted), page.unshown, of: walk.part, since: walk.bound, round: walk.startedAt)
      walk.page = page.end ?? walk.page
      let isLast = page.isLast || wanted.count < page.items.count
      if isLast {
        complete(walk.part)
        walk = SweepWalk(startedAt: walk.startedAt, bound: walk.bound, part: next)
      }
      if next.isOfChanges { state.changes = walk } else { state.round = walk }
      try await record()
      if isLast { return }
    }
  }

  private mutating func nextPage(
    of part: SweepWalk.Part, after cursor: String?, since: Timestamp
  ) async throws -> SweepReader.Page {
    try check()
    let before = reader.requests
    defer {
      let sent = reader.requests - before
      count(part) { $0.requests += sent }
    }
    let readAt = sweep.clock.now
    var page = try await reader.page(of: part, after: cursor, since: since)
    for index in page.items.indices { page.items[index].readAt = readAt }
    source.repositoryGitHubID = source.repositoryGitHubID ?? reader.repositoryGitHubID
    source.repository = reader.repositoryName ?? source.repository
    result.repository = source.repository
    return page
  }

  private mutating func processPage(
    _ items: [SweptItem], _ unshown: [UnshownItem], of part: SweepWalk.Part, since: Timestamp,
    round: Timestamp? = nil
  ) async throws {
    var whole: [SweptItem] = []
    for var item in items where !visited.contains(item.issue.number) {
      visited.insert(item.issue.number)
      count(part) { $0.visited += 1 }
      if try await read(&item, since: part.isOfChanges ? since : nil) { whole.append(item) }
    }
    for item in unshown { note(item.number, part.isOfChanges ? item.since : nil, .init(item.reason)) }
    if part.isOfChanges {
      try await process(whole, since: since)
    } else if let round {
      for item in whole { try await visit(item, round: round) }
    }
  }

  /// Reads what of an item did not fit on its page; false where GitHub does not show it.
  private mutating func read(_ item: inout SweptItem, since: Timestamp?) async throws -> Bool {
    let isHuman = source.isHuman(request.isBot)
    do {
      try await reader.complete(&item, changesSince: since) { item in
        if let since { return (item.commentsKnownSince >= since, true) }
        let active = item.lastHumanActivity(isHuman: isHuman)
        let isLabelOpen = item.issue.labels.contains { item.labelings[$0.lowercased()] == nil }
        return (item.commentsKnownSince > active, item.changesKnownSince > active || isLabelOpen)
      }
      return true
    } catch let refused as SweepReader.Refused {
      note(item.issue.number, since, refused)
      return false
    }
  }

  /// - Parameter since: nil for what the next round asks for again in any case.
  private mutating func note(_ number: Int, _ since: Timestamp?, _ refused: SweepReader.Refused) {
    let item = UnshownItem(number: number, since: since ?? .distantPast, reason: refused.reason)
    if since == nil { result.unshown.append(item) } else { keep(item) }
  }

  /// The next sweep asks for it again.
  private mutating func keep(_ item: UnshownItem) {
    if !state.unshown.contains(where: { $0.number == item.number }) { state.unshown.append(item) }
  }

  // MARK: What is processed

  private mutating func process(_ items: [SweptItem], since: Timestamp) async throws {
    let happenings = items.flatMap { $0.happenings(since: since, from: source) }
    guard !happenings.isEmpty else { return }
    let known = try await sweep.store.knownIdentities(happenings.flatMap(\.identities), mode: request.mode)
    for missed in happenings {
      guard !missed.identities.contains(where: known.contains) else {
        result.known += 1
        continue
      }
      try check()
      let event = [missed.event.name.rawValue, missed.event.action].compactMap(\.self).joined(separator: ".")
      let handler = sweep.handler
      var isOccupied = false
      let isDone = try await handle(missed.item.number, event) { isOccupied = try await !handler.process(missed) }
      if isOccupied {
        // Whoever has it may die on the way, and the cursor does not come back here.
        result.known += 1
        keep(UnshownItem(number: missed.item.number, since: since, reason: event, isOccupied: true))
        continue
      }
      result.missed[event, default: 0] += 1
      if isDone { result.processed += 1 }
    }
  }

  private mutating func visit(_ item: SweptItem, round: Timestamp) async throws {
    try check()
    let visit = ScheduledVisit(of: item, in: round, from: source, isBot: request.isBot)
    let handler = sweep.handler
    if try await handle(item.issue.number, "schedule", { try await handler.visit(visit) }) { result.visits += 1 }
  }

  /// What fails for itself is noted, and the rest goes on; what fails because something is gone ends the sweep.
  private mutating func handle(_ number: Int, _ event: String, _ work: () async throws -> Void) async throws -> Bool {
    if sweep.clock.now.secondsSince(renewedAt) > Double(claim.lease) / 3 {
      try await sweep.store.renewSweep(claim)
      renewedAt = sweep.clock.now
    }
    do {
      try await work()
      return true
    } catch let limited as RateLimited {
      throw limited
    } catch is CancellationError {
      throw CancellationError()
    } catch is LeaseLost {
      // Another process works on the event.
      return false
    } catch {
      let fault = error as? any UserFacingError
      if fault?.exitStatus == .unavailable { throw error }
      // The text of an error that was not made for a person may hold anything.
      let problem = fault?.problem ?? "an unexpected error of the type \(type(of: error))"
      result.failures.append(.init(number: number, event: event, problem: String(problem.prefix(300))))
      return false
    }
  }

  // MARK: What only time changes

  /// Visits that were cut off: what they wrote has moved their items to the end of the walk, and out of its bound.
  private mutating func finishVisits() async throws {
    for unfinished in try await sweep.store.unfinishedVisits(claim) {
      try check()
      let readAt = sweep.clock.now
      guard case .success(var item)? = try await reader.item(unfinished.number, since: nil) else { continue }
      item.readAt = readAt
      if try await read(&item, since: nil) { try await visit(item, round: unfinished.round) }
    }
  }

  private mutating func walkRound(_ rules: AutomationSweepRequest.TimeRules) async throws {
    let startedAt = await now()
    var walk = state.round ?? SweepWalk(startedAt: startedAt, bound: startedAt - rules.threshold, part: .openIssues)
    let bound = walk.bound
    visited = []
    let isWanted = { (item: SweptItem) in (item.issue.updatedAt ?? bound) <= bound }
    if walk.part == .openIssues { try await ascend(&walk, then: .openPullRequests, while: isWanted) }
    complete(.openIssues)
    try await ascend(&walk, then: .openPullRequests, while: isWanted)
    state.round = nil
    state.roundStartedAt = walk.startedAt
    try await record()
  }

  // MARK: Standing

  private mutating func record() async throws {
    try await sweep.store.recordSweep(state, of: claim)
    renewedAt = sweep.clock.now
  }

  private func check() throws {
    if let signal = sweep.deadline.stopSignal { throw End(stop: .signal(signal)) }
    try Task.checkCancellation()
    if sweep.deadline.remaining <= Self.reserve { throw End(stop: .timeLimit) }
  }

  private mutating func count(_ part: SweepWalk.Part, _ change: (inout AutomationSweepResult.Part) -> Void) {
    guard let index = result.parts.firstIndex(where: { $0.part == part }) else { return }
    change(&result.parts[index])
  }

  private mutating func complete(_ part: SweepWalk.Part) { count(part) { $0.isComplete = true } }
}
