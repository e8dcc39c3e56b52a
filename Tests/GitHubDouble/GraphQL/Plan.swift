/// One field of a query, ready to run on an object of a known type.
struct PlannedField {
  /// `"key":`, escaped.
  var key: [UInt8]
  var name: String
  var resolve: GraphQLResolver
  var arguments: GraphQLArguments
  var below: PlannedSelection?
}

/// What is asked of an object; planned for each concrete type when the first such object comes.
final class PlannedSelection {
  private let type: String
  private let isConcrete: Bool
  private let sets: [[GraphQLSelection]]
  private let query: PlannedQuery
  private var plans: [String: [PlannedField]] = [:]
  private var single: [PlannedField]?

  init(type: String, sets: [[GraphQLSelection]], query: PlannedQuery) {
    self.type = type
    self.sets = sets
    self.query = query
    if case .object = query.schema.types[type] { isConcrete = true } else { isConcrete = false }
  }

  /// The fields for an object, and its type.
  func fields(for node: GraphQLNode, _ world: World) -> [PlannedField] {
    if isConcrete {
      if let single { return single }
      let fields = query.plan(sets, on: type)
      single = fields
      return fields
    }
    let type = node.typeName(world)
    if let known = plans[type] { return known }
    let fields = query.plan(sets, on: type)
    plans[type] = fields
    return fields
  }
}

/// An operation with the values of its variables.
final class PlannedQuery {
  let schema: GraphQLSchema
  private let fragments: [String: GraphQLFragment]
  private let variables: [String: JSONNode]
  private let reuse: FragmentReuse

  init(
    schema: GraphQLSchema, fragments: [String: GraphQLFragment], variables: [String: JSONNode], reuse: FragmentReuse
  ) {
    self.schema = schema
    self.fragments = fragments
    self.variables = variables
    self.reuse = reuse
  }

  private func selection(_ sets: [[GraphQLSelection]], on type: String) -> PlannedSelection? {
    if sets.isEmpty { return nil }
    guard let fragment = reuse.fragment(sets) else { return PlannedSelection(type: type, sets: sets, query: self) }
    let key = "\(type) \(fragment)"
    if let known = reuse.plans[key] { return known }
    let selection = PlannedSelection(type: type, sets: sets, query: self)
    reuse.plans[key] = selection
    return selection
  }

  func plan(_ sets: [[GraphQLSelection]], on type: String) -> [PlannedField] {
    var order: [String] = []
    var groups: [String: [GraphQLFieldSelection]] = [:]
    for set in sets { gather(set, type, &order, &groups) }
    let resolvers = GraphQLResolvers.table[type] ?? [:]
    return order.compactMap { key -> PlannedField? in
      guard let fields = groups[key], let first = fields.first,
        let definition = schema.field(first.name, of: type)
      else { return nil }
      var arguments = GraphQLArguments()
      for argument in first.arguments {
        if let value = GraphQLCoercion.evaluate(argument.value, variables) { arguments.values[argument.name] = value }
      }
      var writer = JSONWriter()
      writer.write(key)
      writer.raw(":")
      let below: [[GraphQLSelection]] = fields.compactMap { $0.selections.isEmpty ? nil : $0.selections }
      let typeName: GraphQLResolver = { _, _, _ in .text(type) }
      let null: GraphQLResolver = { _, _, _ in .null }
      return PlannedField(
        key: writer.bytes, name: key,
        resolve: first.name == "__typename" ? typeName : resolvers[first.name] ?? null, arguments: arguments,
        below: selection(below, on: definition.type.name))
    }
  }

  private func gather(
    _ selections: [GraphQLSelection], _ type: String, _ order: inout [String],
    _ groups: inout [String: [GraphQLFieldSelection]]
  ) {
    for selection in selections {
      switch selection {
      case .field(let field):
        guard GraphQLCoercion.includes(field.directives, variables) else { continue }
        if groups[field.key] == nil { order.append(field.key) }
        groups[field.key, default: []].append(field)
      case .inline(let condition, let directives, let selections, _):
        guard GraphQLCoercion.includes(directives, variables), applies(condition, to: type) else { continue }
        gather(selections, type, &order, &groups)
      case .spread(let name, let directives, _):
        guard GraphQLCoercion.includes(directives, variables), let fragment = fragments[name],
          applies(fragment.condition, to: type)
        else { continue }
        gather(fragment.selections, type, &order, &groups)
      }
    }
  }

  private func applies(_ condition: String?, to type: String) -> Bool {
    guard let condition else { return true }
    return condition == type || schema.possibleTypes(condition).contains(type)
  }
}
