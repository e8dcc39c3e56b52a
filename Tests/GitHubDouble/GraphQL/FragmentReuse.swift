/// What was worked out for fragments without variables: the same in every call of their document.
///
/// Clients ask for dozens of items under aliases that all spread one fragment; planning it once is most of the speed.
final class FragmentReuse {
  private let constant: Set<String>
  var plans: [String: PlannedSelection] = [:]
  /// Requests and nodes of one object.
  var measures: [String: (requests: Int, nodes: Int)] = [:]

  init(_ fragments: [String: GraphQLFragment]) {
    var varying = Set(fragments.values.filter { Self.usesVariables($0.selections) }.map(\.name))
    var spreads: [String: Set<String>] = [:]
    for fragment in fragments.values { spreads[fragment.name] = Self.spreads(fragment.selections) }
    var grew = true
    while grew {
      let more = spreads.filter { !varying.contains($0.key) && !varying.isDisjoint(with: $0.value) }.map(\.key)
      varying.formUnion(more)
      grew = !more.isEmpty
    }
    constant = Set(fragments.keys).subtracting(varying)
  }

  /// The fragment that the selections consist of, where it is one without variables.
  func fragment(_ sets: [[GraphQLSelection]]) -> String? {
    guard sets.count == 1, sets[0].count == 1, case .spread(let name, let directives, _) = sets[0][0],
      directives.isEmpty, constant.contains(name)
    else { return nil }
    return name
  }

  private static func spreads(_ selections: [GraphQLSelection]) -> Set<String> {
    var names: Set<String> = []
    for selection in selections {
      switch selection {
      case .field(let field): names.formUnion(spreads(field.selections))
      case .inline(_, _, let selections, _): names.formUnion(spreads(selections))
      case .spread(let name, _, _): names.insert(name)
      }
    }
    return names
  }

  private static func usesVariables(_ selections: [GraphQLSelection]) -> Bool {
    selections.contains { selection in
      switch selection {
      case .field(let field):
        uses(field.directives) || field.arguments.contains { uses($0.value) } || usesVariables(field.selections)
      case .inline(_, let directives, let selections, _): uses(directives) || usesVariables(selections)
      case .spread(_, let directives, _): uses(directives)
      }
    }
  }

  private static func uses(_ directives: [GraphQLDirective]) -> Bool {
    directives.contains { $0.arguments.contains { uses($0.value) } }
  }

  private static func uses(_ value: GraphQLValue) -> Bool {
    switch value {
    case .variable: true
    case .literal: false
    case .list(let values): values.contains { uses($0) }
    case .object(let members): members.contains { uses($0.value) }
    }
  }
}
