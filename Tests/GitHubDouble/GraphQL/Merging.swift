/// Fields that share a response key have to be the same field, or at least have the same shape
/// (GraphQL specification, October 2021, section 5.3.2).
struct GraphQLMerging {
  struct Conflict {
    var message: String
    var location: GraphQLLocation
  }

  let schema: GraphQLSchema
  let fragments: [String: GraphQLFragment]

  private struct Use {
    var parent: String
    var field: GraphQLFieldSelection
    var definition: GraphQLSchema.Field
  }

  mutating func conflicts(_ sets: [(parent: String, selections: [GraphQLSelection])]) -> [Conflict] {
    var uses: [String: [Use]] = [:]
    var keys: [String] = []
    var seen: Set<String> = []
    for set in sets { gather(set.selections, set.parent, &uses, &keys, &seen) }
    var conflicts: [Conflict] = []
    for key in keys {
      guard let list = uses[key], let first = list.first else { continue }
      for other in list.dropFirst() {
        if let message = conflict(key, first, other) {
          conflicts.append(Conflict(message: message, location: other.field.location))
          return conflicts
        }
      }
      let below = list.filter { !$0.field.selections.isEmpty }
      if !below.isEmpty {
        conflicts += self.conflicts(below.map { ($0.definition.type.name, $0.field.selections) })
      }
    }
    return conflicts
  }

  private func conflict(_ key: String, _ a: Use, _ b: Use) -> String? {
    let mayMeet = !schema.possibleTypes(a.parent).isDisjoint(with: schema.possibleTypes(b.parent))
    if mayMeet, a.field.name != b.field.name {
      return "Field '\(key)' has a field conflict: \(a.field.name) or \(b.field.name)?"
    }
    if mayMeet,
      "\(a.field.arguments.map { "\($0.name):\($0.value)" })"
        != "\(b.field.arguments.map { "\($0.name):\($0.value)" })"
    {
      return "Field '\(key)' has an argument conflict"
    }
    let (one, other) = (a.definition.type, b.definition.type)
    if schema.isLeaf(one.name) || schema.isLeaf(other.name) ? one != other : Self.shape(one) != Self.shape(other) {
      return "Field '\(key)' has a return_type conflict: `\(one)` or `\(other)`?"
    }
    return nil
  }

  private static func shape(_ type: GraphQLTypeReference) -> String {
    switch type {
    case .named: ""
    case .list(let item): "[\(shape(item))]"
    case .required(let type): "\(shape(type))!"
    }
  }

  private func gather(
    _ selections: [GraphQLSelection], _ parent: String, _ uses: inout [String: [Use]], _ keys: inout [String],
    _ seen: inout Set<String>
  ) {
    for selection in selections {
      switch selection {
      case .field(let field):
        guard let definition = schema.field(field.name, of: parent) else { continue }
        if uses[field.key] == nil { keys.append(field.key) }
        uses[field.key, default: []].append(Use(parent: parent, field: field, definition: definition))
      case .inline(let condition, _, let selections, _): gather(selections, condition ?? parent, &uses, &keys, &seen)
      case .spread(let name, _, _):
        guard seen.insert(name).inserted, let fragment = fragments[name] else { continue }
        gather(fragment.selections, fragment.condition, &uses, &keys, &seen)
      }
    }
  }
}
