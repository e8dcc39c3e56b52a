extension RepositoryModel {
  public struct Milestone: Hashable, Sendable {
    public var id: Int64
    public var number: Int
    public var title: String
    public var description: String?
    public var isClosed = false
    public var createdAt: Int64

    public init(id: Int64, number: Int, title: String, createdAt: Int64 = 1_700_000_000) {
      self.id = id
      self.number = number
      self.title = title
      self.createdAt = createdAt
    }
  }

  public struct Reaction: Hashable, Sendable {
    public var id: Int64
    /// `+1`, `-1`, `laugh`, `confused`, `heart`, `hooray`, `rocket` or `eyes`.
    public var content: String
    public var user: Account
    public var createdAt: Int64

    public static let contents = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"]
  }

  /// What somebody did to an item, as its timeline shows it.
  public struct TimelineEvent: Hashable, Sendable {
    public var id: Int64
    public var actor: Account?
    public var createdAt: Int64
    public var kind: Kind

    public enum Kind: Hashable, Sendable {
      case labeled(String)
      case unlabeled(String)
      case assigned(Account)
      case unassigned(Account)
      /// By its title, which stays when the milestone is deleted.
      case milestoned(String)
      case demilestoned(String)
      case renamed(from: String, to: String)
      case closed(reason: String?)
      case reopened
      case locked(reason: String?)
      case unlocked
    }
  }

  /// A change of an item's state, by a request or by a person.
  public enum ItemChange: Hashable, Sendable {
    case addLabel(String)
    case removeLabel(String)
    case assign(Account)
    case unassign(Account)
    /// By number; nil for none.
    case milestone(Int?)
    case title(String)
    case body(String?)
    case close(reason: String?)
    case reopen
    case lock(reason: String?)
    case unlock
  }

  /// Carries out a change. The timeline gets its event, and `updated_at` moves, where something is different after it.
  ///
  /// - Returns: whether something is.
  @discardableResult
  public mutating func apply(_ change: ItemChange, to number: Int, by actor: Account?, at moment: Int64) -> Bool {
    if case .addLabel(let name) = change { _ = label(named: name) }
    let labels = labels
    let milestones = milestones
    guard let kinds = update(number, { $0.apply(change, labels, milestones, by: actor, at: moment) }) ?? nil else {
      return false
    }
    let events = kinds.map { TimelineEvent(id: nextID(), actor: actor, createdAt: moment, kind: $0) }
    _ = update(number) { item in
      item.timeline += events
      item.updatedAt = max(item.updatedAt, moment)
    }
    return true
  }

  /// The milestone of that title, made where there is none.
  public mutating func milestone(titled title: String) -> Milestone {
    if let known = milestones.first(where: { $0.title == title }) { return known }
    let milestone = Milestone(id: nextID(), number: (milestones.last?.number ?? 0) + 1, title: title)
    milestones.append(milestone)
    return milestone
  }

  func milestone(_ number: Int?) -> Milestone? { number.flatMap { number in milestones.first { $0.number == number } } }
}

extension RepositoryModel.Item {
  /// The events that a change leaves, of which some have none; nil where nothing is to be changed.
  fileprivate mutating func apply(
    _ change: RepositoryModel.ItemChange, _ known: [RepositoryModel.Label], _ milestones: [RepositoryModel.Milestone],
    by actor: RepositoryModel.Account?, at moment: Int64
  ) -> [RepositoryModel.TimelineEvent.Kind]? {
    func isSame(_ a: String, _ b: String) -> Bool { a.lowercased() == b.lowercased() }
    switch change {
    case .addLabel(let name):
      let name = known.first { isSame($0.name, name) }?.name ?? name
      guard !labels.contains(name) else { return nil }
      labels.append(name)
      return [.labeled(name)]
    case .removeLabel(let name):
      guard let place = labels.firstIndex(where: { isSame($0, name) }) else { return nil }
      return [.unlabeled(labels.remove(at: place))]
    case .assign(let account):
      guard !assignees.contains(where: { isSame($0.login, account.login) }) else { return nil }
      assignees.append(account)
      return [.assigned(account)]
    case .unassign(let account):
      guard let place = assignees.firstIndex(where: { isSame($0.login, account.login) }) else { return nil }
      return [.unassigned(assignees.remove(at: place))]
    case .milestone(let number):
      guard number != milestone else { return nil }
      let before = milestones.first { $0.number == milestone }
      milestone = number
      let after = milestones.first { $0.number == number }
      return (before.map { [.demilestoned($0.title)] } ?? []) + (after.map { [.milestoned($0.title)] } ?? [])
    case .title(let text):
      guard text != title else { return nil }
      defer { title = text }
      return [.renamed(from: title, to: text)]
    case .body(let text):
      guard text != body else { return nil }
      body = text
      lastEditedAt = moment
      editor = actor
      return []
    case .close(let reason):
      if isClosed {
        // Another reason for what is closed already leaves no event.
        guard let reason, !isPullRequest, reason != stateReason else { return nil }
        stateReason = reason
        return []
      }
      isClosed = true
      closedAt = moment
      stateReason = isPullRequest ? nil : reason ?? "completed"
      return [.closed(reason: stateReason)]
    case .reopen:
      guard isClosed, pull?.mergedAt == nil else { return nil }
      isClosed = false
      closedAt = nil
      closingCommit = nil
      stateReason = isPullRequest ? nil : "reopened"
      return [.reopened]
    case .lock(let reason):
      guard !isLocked else { return nil }
      isLocked = true
      lockReason = reason
      return [.locked(reason: reason)]
    case .unlock:
      guard isLocked else { return nil }
      isLocked = false
      lockReason = nil
      return [.unlocked]
    }
  }

  /// Events and comments in the order of their moments; of what was not made by ``RepositoryModel/apply(_:to:by:at:)``
  /// the closing alone is known.
  var story: [Entry] {
    var entries = timeline.map { Entry.event($0) }
    let isTold = timeline.contains { if case .closed = $0.kind { true } else { false } }
    if isClosed, !isTold {
      entries.append(
        .event(
          RepositoryModel.TimelineEvent(
            id: id, actor: nil, createdAt: closedAt ?? updatedAt, kind: .closed(reason: stateReason))))
    }
    entries += comments.indices.filter { comments[$0].isListed }
      .map { .comment($0, id: comments[$0].id, createdAt: comments[$0].createdAt) }
    return entries.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// Who closed it; nil where it is open, or nobody knows.
  var closedBy: RepositoryModel.Account? {
    guard isClosed else { return nil }
    return timeline.last { if case .closed = $0.kind { true } else { false } }?.actor
  }

  /// One place in the timeline.
  enum Entry {
    case event(RepositoryModel.TimelineEvent)
    /// By its place among the item's comments.
    case comment(Int, id: Int64, createdAt: Int64)

    var id: Int64 {
      switch self {
      case .event(let event): event.id
      case .comment(_, let id, _): id
      }
    }

    var createdAt: Int64 {
      switch self {
      case .event(let event): event.createdAt
      case .comment(_, _, let createdAt): createdAt
      }
    }
  }
}
