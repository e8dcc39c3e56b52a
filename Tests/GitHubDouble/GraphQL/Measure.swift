/// What a query asks for at most, before it runs.
///
/// Points by GitHub's formula: the requests needed to fill each connection, assuming that all are full, divided by 100.
/// Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
struct GraphQLMeasure {
  private let schema: GraphQLSchema
  private let fragments: [String: GraphQLFragment]
  private let variables: [String: JSONNode]
  private let reuse: FragmentReuse
  private var requests = 0
  private(set) var nodes = 0
  /// Connections without `first` or `last`, or with a size that GitHub refuses.
  private(set) var errors: [JSONNode] = []

  var points: Int { max(1, Int((Double(requests) / 100).rounded())) }

  init(
    _ operation: GraphQLOperation, _ fragments: [String: GraphQLFragment], _ variables: [String: JSONNode],
    _ schema: GraphQLSchema, reuse: FragmentReuse
  ) {
    self.schema = schema
    self.reuse = reuse
    self.fragments = fragments
    self.variables = variables
    walk([(operation.root, operation.selections)], times: 1, path: [])
  }

  private mutating func walk(_ sets: [(String, [GraphQLSelection])], times: Int, path: [String]) {
    // The same field under the same key counts once, however many fragments ask for it.
    var order: [String] = []
    var groups: [String: (field: GraphQLFieldSelection, type: String, below: [(String, [GraphQLSelection])])] = [:]
    func gather(_ selections: [GraphQLSelection], _ parent: String) {
      for selection in selections {
        switch selection {
        case .field(let field):
          guard GraphQLCoercion.includes(field.directives, variables) else { continue }
          guard let type = schema.field(field.name, of: parent)?.type.name else { continue }
          let key = "\(parent).\(field.key)"
          if groups[key] == nil { order.append(key) }
          groups[key, default: (field, parent, [])].below.append((type, field.selections))
        case .inline(let condition, let directives, let selections, _):
          if GraphQLCoercion.includes(directives, variables) { gather(selections, condition ?? parent) }
        case .spread(let name, let directives, _):
          guard GraphQLCoercion.includes(directives, variables), let fragment = fragments[name] else { continue }
          gather(fragment.selections, fragment.condition)
        }
      }
    }
    for (parent, selections) in sets { gather(selections, parent) }
    for key in order {
      guard let group = groups[key], let definition = schema.field(group.field.name, of: group.type) else { continue }
      let path = path + [group.field.key]
      var below = times
      if definition.isConnection {
        let size = self.size(of: group.field, readsNodes: readsNodes(group.below), path: path)
        requests += times
        nodes += times * size
        below = times * size
      } else if group.field.name == "nodes", group.type == "Query" {
        let ids = group.field.arguments.first.flatMap { GraphQLCoercion.evaluate($0.value, variables)?.array?.count }
        below = times * max(1, ids ?? 1)
      }
      guard let fragment = reuse.fragment(group.below.map(\.1)), let type = group.below.first?.0 else {
        walk(group.below, times: below, path: path)
        continue
      }
      let known = "\(type) \(fragment)"
      if let measure = reuse.measures[known] {
        requests += below * measure.requests
        nodes += below * measure.nodes
        continue
      }
      let before = (requests, nodes, errors.count)
      walk(group.below, times: below, path: path)
      if below > 0, errors.count == before.2 {
        reuse.measures[known] = ((requests - before.0) / below, (nodes - before.1) / below)
      }
    }
  }

  private mutating func size(of field: GraphQLFieldSelection, readsNodes: Bool, path: [String]) -> Int {
    func number(_ name: String) -> Int? {
      field.arguments.first { $0.name == name }.flatMap { GraphQLCoercion.evaluate($0.value, variables)?.integer }
    }
    let (first, last) = (number("first"), number("last"))
    if first == nil, last == nil {
      if readsNodes {
        report(
          "MISSING_PAGINATION_BOUNDARIES",
          "You must provide a `first` or `last` value to properly paginate the `\(field.name)` connection.", path,
          field.location)
      }
      return 0
    }
    if first != nil, last != nil {
      report(
        "INVALID_PAGINATION_BOUNDARIES",
        "Passing both `first` and `last` values to paginate the `\(field.name)` connection is not supported.", path,
        field.location)
    }
    let (name, size) = first.map { ("first", $0) } ?? ("last", last ?? 0)
    if size > 100 {
      report(
        "EXCESSIVE_PAGINATION",
        "Requesting \(size) records on the `\(field.name)` connection exceeds the `\(name)` limit of 100 records.",
        path, field.location)
    } else if size < 0 {
      report(
        "INVALID_PAGINATION_BOUNDARIES",
        "`\(name)` on the `\(field.name)` connection cannot be less than zero.", path, field.location)
    }
    return max(0, size)
  }

  private mutating func report(_ type: String, _ message: String, _ path: [String], _ location: GraphQLLocation) {
    errors.append([
      "type": .string(type), "path": .array(path.map { .string($0) }), "locations": [location.json],
      "message": .string(message),
    ])
  }

  /// A connection that is only counted needs no `first`.
  private func readsNodes(_ sets: [(String, [GraphQLSelection])]) -> Bool {
    func reads(_ selections: [GraphQLSelection]) -> Bool {
      selections.contains { selection in
        switch selection {
        case .field(let field):
          GraphQLCoercion.includes(field.directives, variables) && ["nodes", "edges", "pageInfo"].contains(field.name)
        case .inline(_, _, let selections, _): reads(selections)
        case .spread(let name, _, _): fragments[name].map { reads($0.selections) } ?? false
        }
      }
    }
    return sets.contains { reads($0.1) }
  }
}
