import Domain

/// A write to one facet that a command or a rule asks for.
struct Wish {
  var facet: Facet
  /// About this facet alone.
  var effect: Effect
  /// Who asks for it; several where they agree.
  var sources: [WishSource]
  /// Whether an item that is closed, or locked, for another reason will do.
  var isContentWithAnyReason = false

  var standing: Standing { sources.first?.standing ?? Standing() }

  /// Whether it leaves what it finds where that will do.
  var defers: Bool {
    switch effect {
    case .close, .lock: isContentWithAnyReason
    default: false
    }
  }

  mutating func stand(_ change: (inout Standing) -> Void) {
    for index in sources.indices { change(&sources[index].standing) }
  }

  /// One wish for each facet of the effect.
  static func make(_ effect: Effect, _ source: WishSource, isContentWithAnyReason: Bool = false) -> [Wish] {
    func wish(_ facet: Facet, _ part: Effect) -> Wish {
      Wish(facet: facet, effect: part, sources: [source], isContentWithAnyReason: isContentWithAnyReason)
    }
    switch effect {
    case .addLabels(let names): return names.map { wish(.label(named: $0), .addLabels([$0])) }
    case .assign(let logins): return logins.map { wish(.assignee(named: $0), .assign([$0])) }
    case .unassign(let logins): return logins.map { wish(.assignee(named: $0), .unassign([$0])) }
    default: return effect.facets.map { wish($0, effect) }
    }
  }
}

/// A rule or a command behind a decision.
struct WishSource: Hashable {
  enum Kind: Hashable { case rule, command, stale }
  var kind: Kind
  /// The rule's name, or the command's without its slash.
  var name: String
  var evidence: String
  var standing: Standing
  /// Whether it says nothing of the event in particular, so that what somebody did with it stands.
  var yieldsToItsEvent = false

  var origin: String {
    switch kind {
    case .rule: "rule '\(name)'"
    case .command: "command /\(name)"
    case .stale: "stale"
    }
  }

  func reason(_ outcome: String? = nil) -> Reason {
    Reason(origin: origin, evidence: outcome.map { "\(evidence), but \($0)" } ?? evidence)
  }

  /// One reason for what several ask for.
  static func reason(of sources: [WishSource]) -> Reason {
    var distinct: [WishSource] = []
    for source in sources where !distinct.contains(where: { $0.origin == source.origin }) { distinct.append(source) }
    guard let first = distinct.first else { return Reason(origin: "", evidence: "") }
    guard distinct.count > 1 else { return first.reason() }
    let names = distinct.map { $0.kind == .command ? "/\($0.name)" : "'\($0.name)'" }
    let kind = first.kind == .command ? "commands" : "rules"
    let isSame = distinct.allSatisfy { $0.evidence == first.evidence }
    let evidence = zip(names, distinct).map { "\($0): \($1.evidence)" }.joined(separator: "; ")
    return Reason(
      origin: "\(kind) \(names.joined(separator: ", "))", evidence: isSame ? first.evidence : evidence)
  }

  /// Names of the rules among them.
  static func rules(of sources: [WishSource]) -> [String] {
    var names: [String] = []
    for source in sources where source.kind == .rule && !names.contains(source.name) { names.append(source.name) }
    return names
  }

  /// Of several: the newest.
  static func standing(of sources: [WishSource]) -> Standing {
    sources.map(\.standing).max { $0.moment < $1.moment } ?? Standing()
  }
}

/// Something that is said or started: no facet, so nothing that it could contradict.
struct Post {
  enum Content: Hashable {
    case comment(body: String)
    case sticky(key: String, body: String)
    case dispatch(WorkflowDispatch)
  }
  var content: Content
  var source: WishSource
  var onceKey: String?
}
