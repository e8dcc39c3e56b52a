import Domain

/// Whose write to a facet stands where two meet (decision record 0006).
struct Precedence {
  private(set) var facets: [Facet: FacetRecord]

  init(_ facets: [Facet: FacetRecord]) { self.facets = facets }

  /// Why a command's write gives way: something newer is known, whoever's it is.
  func objectionToCommand(_ wish: Wish) -> String? {
    guard let last = facets[wish.facet], last.standing.moment > wish.standing.moment else { return nil }
    return "\(Self.who(last)) changed \(Self.subject(wish.facet)) since"
  }

  /// Why a rule's write gives way: to a person's that is newer, and to a person's who took the label off.
  func objectionToRule(_ wish: Wish) -> String? {
    guard let last = facets[wish.facet], last.standing.will == .person else { return nil }
    // What the stale rule does about its label is decided by who was active when.
    let isStale = wish.sources.contains { $0.kind == .stale }
    if case .label = wish.facet, case .addLabels = wish.effect, last.value == false, !isStale {
      return "\(Self.who(last)) removed it"
    }
    guard last.standing.moment > wish.standing.moment || yieldsToItsEvent(wish) else { return nil }
    return last.value == false
      ? "\(Self.who(last)) removed it since" : "\(Self.who(last)) changed \(Self.subject(wish.facet)) since"
  }

  /// Whether the event is a person's own write to the facet, and nothing but that brought the rule up: what somebody did
  /// is not undone in the same breath.
  func yieldsToItsEvent(_ wish: Wish) -> Bool {
    guard let last = facets[wish.facet], last.standing.will == .person else { return false }
    return last.standing.moment == wish.standing.moment && wish.sources.allSatisfy(\.yieldsToItsEvent)
  }

  /// The write as it is recorded, and as it is carried out where it comes late.
  ///
  /// A newer write may have left what it found where that would do: had this one come in time, that one would have found
  /// this one's value, so it counts, and the newer one after it.
  func inOrder(_ wish: Wish) -> Wish {
    var wish = wish
    let last = facets[wish.facet]?.standing
    if wish.defers, let value = wish.effect.written[wish.facet] {
      let since = last?.deference?.since ?? last?.moment ?? Moment(.distantPast)
      wish.stand { $0.deference = Standing.Deference(since: since, value: value) }
    } else if var newer = last, let deference = newer.deference, newer.moment > wish.standing.moment,
      deference.since < wish.standing.moment, let own = wish.facet.effect(writing: deference.value)
    {
      newer.deference?.since = wish.standing.moment
      if !wish.effect.satisfies(own) { wish.effect = own }
      wish.stand { $0 = newer }
    }
    return wish
  }

  /// Takes a write into account that was decided on.
  mutating func record(_ wish: Wish) {
    for (facet, value) in wish.effect.written {
      facets[facet] = FacetRecord(value: value, standing: WishSource.standing(of: wish.sources))
    }
  }

  private static func who(_ record: FacetRecord) -> String {
    record.standing.will == .rule ? "a rule" : record.standing.login.map { "@\($0)" } ?? "somebody"
  }

  private static func subject(_ facet: Facet) -> String {
    switch facet {
    case .label(let name): "the label \"\(name)\""
    case .assignee(let login): "whether @\(login) is assigned"
    case .state: "the state"
    case .title: "the title"
    case .milestone: "the milestone"
    case .lock: "the lock"
    }
  }
}

extension Effect {
  /// Whether what the effect leaves will do for one that is content with any reason.
  fileprivate func satisfies(_ other: Effect) -> Bool {
    switch (self, other) {
    case (.close, .close), (.lock, .lock): true
    default: self == other
    }
  }
}
