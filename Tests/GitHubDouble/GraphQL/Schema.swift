/// The part of GitHub's schema that the double serves: what is not here is an error in GitHub's words.
///
/// Names, types and nullability follow https://docs.github.com/public/fpt/schema.docs.graphql.
struct GraphQLSchema: Sendable {
  struct Argument: Sendable {
    var name: String
    var type: GraphQLTypeReference
    var hasDefault: Bool
  }

  struct Field: Sendable {
    var name: String
    var type: GraphQLTypeReference
    var arguments: [Argument]

    /// Whether it is a list in pages, for which GitHub wants `first` or `last`.
    var isConnection: Bool { type.name.hasSuffix("Connection") }
  }

  enum Definition: Sendable {
    case object(fields: [String: Field], interfaces: [String])
    case interface(fields: [String: Field])
    case union([String])
    case enumeration([String])
    case input([Argument])
    case scalar
  }

  private(set) var types: [String: Definition] = [:]

  private static let definitions: Set = ["type", "interface", "union", "enum", "input", "scalar"]

  static let github: GraphQLSchema = {
    do throws(GraphQLSyntaxError) {
      return try GraphQLSchema(Self.text)
    } catch {
      preconditionFailure("the schema of the double does not parse: \(error)")
    }
  }()

  init(_ text: String) throws(GraphQLSyntaxError) {
    var parser = try GraphQLParser(text)
    for scalar in ["Int", "String", "Boolean", "ID", "Float", "DateTime", "URI", "BigInt", "GitObjectID", "HTML"] {
      types[scalar] = .scalar
    }
    while true {
      parser.skipDescription()
      if parser.token.kind == .end { break }
      let keyword = try parser.name()
      if keyword == "directive" || keyword == "schema" {
        // Neither says anything about a field.
        while parser.token.kind != .end, !Self.definitions.contains(parser.token.text) { parser.skip() }
        continue
      }
      let name = try parser.name()
      switch keyword {
      case "scalar":
        try parser.skipDirectives()
        types[name] = .scalar
      case "type":
        var interfaces: [String] = []
        if parser.take("implements") {
          repeat { interfaces.append(try parser.name()) } while parser.take("&")
        }
        try parser.skipDirectives()
        types[name] = .object(fields: try Self.fields(&parser), interfaces: interfaces)
      case "interface":
        if parser.take("implements") {
          repeat { _ = try parser.name() } while parser.take("&")
        }
        try parser.skipDirectives()
        types[name] = .interface(fields: try Self.fields(&parser))
      case "union":
        try parser.skipDirectives()
        try parser.expect("=")
        _ = parser.take("|")
        var members: [String] = []
        repeat { members.append(try parser.name()) } while parser.take("|")
        types[name] = .union(members)
      case "enum":
        try parser.skipDirectives()
        try parser.expect("{")
        var values: [String] = []
        parser.skipDescription()
        while !parser.take("}") {
          values.append(try parser.name())
          try parser.skipDirectives()
          parser.skipDescription()
        }
        types[name] = .enumeration(values)
      case "input":
        try parser.skipDirectives()
        try parser.expect("{")
        types[name] = .input(try Self.arguments(&parser, until: "}"))
      default: throw parser.unexpected()
      }
    }
  }

  private static func fields(_ parser: inout GraphQLParser) throws(GraphQLSyntaxError) -> [String: Field] {
    try parser.expect("{")
    var fields: [String: Field] = [:]
    parser.skipDescription()
    while !parser.take("}") {
      let name = try parser.name()
      let arguments = parser.take("(") ? try self.arguments(&parser, until: ")") : []
      try parser.expect(":")
      fields[name] = Field(name: name, type: try parser.type(), arguments: arguments)
      try parser.skipDirectives()
      parser.skipDescription()
    }
    return fields
  }

  private static func arguments(
    _ parser: inout GraphQLParser, until end: String
  ) throws(GraphQLSyntaxError) -> [Argument] {
    var arguments: [Argument] = []
    parser.skipDescription()
    while !parser.take(end) {
      let name = try parser.name()
      try parser.expect(":")
      let type = try parser.type()
      let hasDefault = parser.take("=")
      if hasDefault { _ = try parser.value() }
      arguments.append(Argument(name: name, type: type, hasDefault: hasDefault))
      try parser.skipDirectives()
      parser.skipDescription()
    }
    return arguments
  }

  func field(_ name: String, of type: String) -> Field? {
    if name == "__typename" {
      return Field(name: name, type: .required(.named("String")), arguments: [])
    }
    switch types[type] {
    case .object(let fields, _), .interface(let fields): return fields[name]
    default: return nil
    }
  }

  func isLeaf(_ type: String) -> Bool {
    switch types[type] {
    case .scalar, .enumeration: true
    default: false
    }
  }

  func isComposite(_ type: String) -> Bool {
    switch types[type] {
    case .object, .interface, .union: true
    default: false
    }
  }

  /// The object types that a value of this type may have.
  func possibleTypes(_ type: String) -> Set<String> {
    switch types[type] {
    case .object: return [type]
    case .union(let members): return Set(members)
    case .interface:
      return Set(
        types.compactMap { name, definition in
          if case .object(_, let interfaces) = definition, interfaces.contains(type) { name } else { nil }
        })
    default: return []
    }
  }
}
