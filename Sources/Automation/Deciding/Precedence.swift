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
    guard last.standing.moment > wish.standing.moment else { return nil }
    return last.value == false
      ? "\(Self.who(last)) removed it since" : "\(Self.who(last)) changed \(Self.subject(wish.facet)) since"
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
