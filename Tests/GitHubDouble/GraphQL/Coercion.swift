/// Values of variables and literals as their types want them.
enum GraphQLCoercion {
  static func accepts(
    _ value: JSONNode, as type: GraphQLTypeReference, isEnumLiteral: Bool? = nil, _ schema: GraphQLSchema
  ) -> Bool {
    if value.isNull { return !type.isRequired }
    if case .list(let item) = type.nullable {
      guard let values = value.array else { return accepts(value, as: item, isEnumLiteral: isEnumLiteral, schema) }
      return values.allSatisfy { accepts($0, as: item, isEnumLiteral: isEnumLiteral, schema) }
    }
    switch schema.types[type.name] {
    case .enumeration(let values): return isEnumLiteral != false && value.string.map { values.contains($0) } ?? false
    case .input(let fields):
      guard let members = value.members else { return false }
      return members.allSatisfy { member in fields.contains { $0.name == member.key } }
        && fields.allSatisfy { accepts(value[$0.name] ?? .null, as: $0.type, schema) }
    case .scalar:
      if isEnumLiteral == true { return false }
      switch type.name {
      case "Int": return value.integer.map { Int32(exactly: $0) != nil } ?? false
      case "Boolean": return value.bool != nil
      case "Float": return value.double != nil
      case "ID": return value.string != nil || value.integer != nil
      case "DateTime": return value.string.flatMap { Moment.parse($0) } != nil
      default: return value.string != nil
      }
    default: return false
    }
  }

  /// Values of all declared variables that are given or have a default, or the errors that GitHub answers.
  static func variables(
    _ operation: GraphQLOperation, given: JSONNode?, _ schema: GraphQLSchema
  ) -> (values: [String: JSONNode], errors: [JSONNode]) {
    var values: [String: JSONNode] = [:]
    var errors: [JSONNode] = []
    for variable in operation.variables {
      let value = given?[variable.name]
      if value == nil, let defaultValue = variable.defaultValue {
        values[variable.name] = evaluate(defaultValue, [:])
        continue
      }
      if accepts(value ?? .null, as: variable.type, schema) {
        values[variable.name] = value
      } else {
        errors.append([
          "extensions": [
            "value": value ?? .null,
            "problems": [
              [
                "path": [],
                "explanation": value == nil || value == .null
                  ? "Expected value to not be null" : "Could not coerce the value",
              ]
            ],
          ], "locations": [variable.location.json],
          "message": .string("Variable $\(variable.name) of type \(variable.type) was provided invalid value"),
        ])
      }
    }
    return (values, errors)
  }

  /// The value with variables filled in; nil for a variable that was not given.
  static func evaluate(_ value: GraphQLValue, _ variables: [String: JSONNode]) -> JSONNode? {
    switch value {
    case .variable(let name): variables[name]
    case .literal(let literal, _): literal
    case .list(let values): .array(values.map { evaluate($0, variables) ?? .null })
    case .object(let members):
      .object(
        members.compactMap { member in evaluate(member.value, variables).map { JSONNode.Member(member.name, $0) } })
    }
  }

  /// Whether `@skip` and `@include` leave the selection in.
  static func includes(_ directives: [GraphQLDirective], _ variables: [String: JSONNode]) -> Bool {
    for directive in directives {
      let condition = directive.arguments.first { $0.name == "if" }.flatMap { evaluate($0.value, variables)?.bool }
      if directive.name == "skip", condition == true { return false }
      if directive.name == "include", condition == false { return false }
    }
    return true
  }
}
