/// Judges a document by the schema before it runs; errors come in the words of GitHub's GraphQL library.
struct GraphQLValidation {
  private let schema: GraphQLSchema
  private let fragments: [String: GraphQLFragment]
  private let operation: GraphQLOperation
  private var declared: [String: GraphQLVariable] = [:]
  private var used: Set<String> = []
  private var spread: Set<String> = []
  private(set) var errors: [JSONNode] = []

  static func errors(
    _ operation: GraphQLOperation, _ fragments: [String: GraphQLFragment], _ schema: GraphQLSchema
  ) -> [JSONNode] {
    var validation = GraphQLValidation(schema: schema, fragments: fragments, operation: operation)
    validation.run()
    return validation.errors
  }

  private init(schema: GraphQLSchema, fragments: [String: GraphQLFragment], operation: GraphQLOperation) {
    self.schema = schema
    self.fragments = fragments
    self.operation = operation
  }

  private mutating func run() {
    guard operation.kind != "subscription" else {
      return report("The GitHub double serves no subscriptions", [], operation.location, [])
    }
    for variable in operation.variables {
      declared[variable.name] = variable
      if schema.types[variable.type.name] == nil {
        report(
          "\(variable.type.name) isn't a defined input type (on $\(variable.name))", [operation.label],
          variable.location, ["code": "variableRequiresValidType"])
      }
    }
    if let name = fragments.keys.sorted().first(where: { reaches($0, from: $0, past: []) }) {
      return report("Fragment \(name) contains an infinite loop", [], operation.location, ["code": "infiniteLoop"])
    }
    check(operation.selections, on: operation.root, path: [operation.label])
    for variable in operation.variables where !used.contains(variable.name) {
      report(
        "Variable $\(variable.name) is declared by \(operation.name ?? "anonymous query") but not used",
        [operation.label], variable.location, ["code": "variableNotUsed", "variableName": .string(variable.name)])
    }
    for name in fragments.keys.sorted() where !spread.contains(name) {
      report(
        "Fragment \(name) was defined, but not used", ["fragment \(name)"],
        fragments[name]?.location ?? operation.location,
        ["code": "useAndDefineFragment", "fragmentName": .string(name)])
    }
    if errors.isEmpty {
      var merging = GraphQLMerging(schema: schema, fragments: fragments)
      for conflict in merging.conflicts([(operation.root, operation.selections)]) {
        report(conflict.message, [operation.label], conflict.location, ["code": "fieldConflict"])
      }
    }
  }

  private func reaches(_ target: String, from name: String, past: Set<String>) -> Bool {
    func spreads(_ selections: [GraphQLSelection]) -> [String] {
      selections.flatMap { selection -> [String] in
        switch selection {
        case .field(let field): spreads(field.selections)
        case .inline(_, _, let selections, _): spreads(selections)
        case .spread(let name, _, _): [name]
        }
      }
    }
    return spreads(fragments[name]?.selections ?? []).contains { next in
      next == target || (!past.contains(next) && reaches(target, from: next, past: past.union([next])))
    }
  }

  private mutating func report(
    _ message: String, _ path: [String], _ location: GraphQLLocation, _ extensions: JSONNode
  ) {
    errors.append([
      "path": .array(path.map { .string($0) }), "extensions": extensions, "locations": [location.json],
      "message": .string(message),
    ])
  }

  private mutating func check(_ selections: [GraphQLSelection], on type: String, path: [String]) {
    for selection in selections {
      switch selection {
      case .field(let field):
        check(field.directives, path: path + [field.key])
        check(field, on: type, path: path + [field.key])
      case .inline(let condition, let directives, let selections, let location):
        check(directives, path: path)
        guard let condition else {
          check(selections, on: type, path: path)
          continue
        }
        guard canSpread(condition, on: type, name: "", path: path, location) else { continue }
        check(selections, on: condition, path: path + ["... on \(condition)"])
      case .spread(let name, let directives, let location):
        check(directives, path: path)
        guard let fragment = fragments[name] else {
          report(
            "Fragment \(name) was used, but not defined", path + ["... \(name)"], location,
            ["code": "useAndDefineFragment", "fragmentName": .string(name)])
          continue
        }
        guard canSpread(fragment.condition, on: type, name: name, path: path, location) else { continue }
        if spread.insert(name).inserted {
          check(fragment.selections, on: fragment.condition, path: ["fragment \(name)"])
        }
      }
    }
  }

  private mutating func canSpread(
    _ condition: String, on type: String, name: String, path: [String], _ location: GraphQLLocation
  ) -> Bool {
    guard schema.isComposite(condition) else {
      report(
        "No such type \(condition), so it can't be a fragment condition", path, location,
        ["code": "undefinedType", "typeName": .string(condition)])
      return false
    }
    guard schema.possibleTypes(condition).isDisjoint(with: schema.possibleTypes(type)) else { return true }
    let label = name.isEmpty ? "on \(condition)" : "\(name) on \(condition)"
    report(
      "Fragment \(label) can't be spread inside \(type)", path, location,
      ["code": "cannotSpreadFragment", "typeName": .string(type)])
    return false
  }

  private mutating func check(_ field: GraphQLFieldSelection, on type: String, path: [String]) {
    guard let definition = schema.field(field.name, of: type) else {
      return report(
        "Field '\(field.name)' doesn't exist on type '\(type)'", path, field.location,
        ["code": "undefinedField", "typeName": .string(type), "fieldName": .string(field.name)])
    }
    check(field.arguments, against: definition.arguments, of: field, path: path)
    let named = definition.type.name
    if schema.isLeaf(named) {
      if !field.selections.isEmpty {
        report(
          "Selections can't be made on scalars (field '\(field.name)' returns \(named) but has selections)", path,
          field.location, ["code": "selectionMismatch"])
      }
    } else if field.selections.isEmpty {
      report(
        "Field must have selections (field '\(field.name)' returns \(named) but has no selections. "
          + "Did you mean '\(field.name) { ... }'?)", path, field.location, ["code": "selectionMismatch"])
    } else {
      check(field.selections, on: named, path: path)
    }
  }

  private mutating func check(_ directives: [GraphQLDirective], path: [String]) {
    for directive in directives {
      guard directive.name == "include" || directive.name == "skip" else {
        report("Directive @\(directive.name) is not defined", path, directive.location, ["code": "undefinedDirective"])
        continue
      }
      for argument in directive.arguments {
        check(
          argument.value, as: .required(.named("Boolean")), name: argument.name, owner: "Directive '\(directive.name)'",
          path: path, argument.location)
      }
    }
  }

  private mutating func check(
    _ arguments: [GraphQLArgument], against known: [GraphQLSchema.Argument], of field: GraphQLFieldSelection,
    path: [String]
  ) {
    for argument in arguments {
      guard let definition = known.first(where: { $0.name == argument.name }) else {
        report(
          "Field '\(field.name)' doesn't accept argument '\(argument.name)'", path + [argument.name],
          argument.location,
          [
            "code": "argumentNotAccepted", "name": .string(field.name), "typeName": "Field",
            "argumentName": .string(argument.name),
          ])
        continue
      }
      check(
        argument.value, as: definition.type, name: argument.name, owner: "Field '\(field.name)'",
        path: path + [argument.name], argument.location)
    }
    let missing = known.filter { definition in
      definition.type.isRequired && !definition.hasDefault && !arguments.contains { $0.name == definition.name }
    }
    if !missing.isEmpty {
      let names = missing.map(\.name).joined(separator: ", ")
      report(
        "Field '\(field.name)' is missing required arguments: \(names)", path, field.location,
        [
          "code": "missingRequiredArguments", "className": "Field", "name": .string(field.name),
          "arguments": .string(names),
        ])
    }
  }

  private mutating func check(
    _ value: GraphQLValue, as type: GraphQLTypeReference, name: String, owner: String, path: [String],
    _ location: GraphQLLocation
  ) {
    let refused = {
      (shown: String) -> String in
      "Argument '\(name)' on \(owner) has an invalid value (\(shown)). Expected type '\(type)'."
    }
    switch value {
    case .variable(let variable):
      used.insert(variable)
      guard let declaration = declared[variable] else {
        return report(
          "Variable $\(variable) is used by \(operation.name ?? "anonymous query") but not declared", path, location,
          ["code": "variableNotDefined", "variableName": .string(variable)])
      }
      let provides = declaration.defaultValue != nil ? .required(declaration.type.nullable) : declaration.type
      if !Self.fits(provides, type) {
        let what = declaration.type.nullable == type.nullable ? "Nullability" : "Type"
        report(
          "\(what) mismatch on variable $\(variable) and argument \(name) (\(declaration.type) / \(type))", path,
          location, ["code": "variableMismatch", "variableName": .string(variable)])
      }
    case .literal(let literal, let isEnum):
      if !GraphQLCoercion.accepts(literal, as: type, isEnumLiteral: isEnum, schema) {
        report(refused(literal.text), path, location, ["code": "argumentLiteralsIncompatible"])
      }
    case .list(let values):
      guard type.isList else {
        return report(refused("[…]"), path, location, ["code": "argumentLiteralsIncompatible"])
      }
      for value in values { check(value, as: type.item, name: name, owner: owner, path: path, location) }
    case .object(let members):
      guard case .input(let fields) = schema.types[type.name] else {
        return report(refused("{…}"), path, location, ["code": "argumentLiteralsIncompatible"])
      }
      for member in members {
        guard let field = fields.first(where: { $0.name == member.name }) else {
          report(
            "InputObject '\(type.name)' doesn't accept argument '\(member.name)'", path, location,
            ["code": "argumentNotAccepted"])
          continue
        }
        check(
          member.value, as: field.type, name: member.name, owner: "InputObject '\(type.name)'",
          path: path + [member.name], location)
      }
      for field in fields where field.type.isRequired && !members.contains(where: { $0.name == field.name }) {
        report(
          "Argument '\(field.name)' on InputObject '\(type.name)' is required. Expected type \(field.type)", path,
          location, ["code": "missingRequiredInputObjectAttribute"])
      }
    }
  }

  /// Whether a variable of one type may stand where the other is wanted.
  private static func fits(_ given: GraphQLTypeReference, _ wanted: GraphQLTypeReference) -> Bool {
    switch (given, wanted) {
    case (.required(let given), .required(let wanted)), (.required(let given), let wanted): fits(given, wanted)
    case (_, .required): false
    case (.list(let given), .list(let wanted)): fits(given, wanted)
    case (.named, .list(let wanted)): fits(given, wanted.nullable)
    case (.named(let given), .named(let wanted)): given == wanted
    default: false
    }
  }
}
