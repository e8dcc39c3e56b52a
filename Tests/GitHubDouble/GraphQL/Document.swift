/// What a parsed document consists of.
struct GraphQLDocument: Sendable {
  var operations: [GraphQLOperation] = []
  var fragments: [GraphQLFragment] = []
}

struct GraphQLOperation: Sendable {
  var kind: String
  var name: String?
  var variables: [GraphQLVariable]
  var selections: [GraphQLSelection]
  var location: GraphQLLocation

  /// The type that its fields belong to.
  var root: String { kind == "mutation" ? "Mutation" : "Query" }

  /// `query Page`, or `query` for one without name: how GitHub begins an error's path.
  var label: String { name.map { "\(kind) \($0)" } ?? kind }
}

struct GraphQLVariable: Sendable {
  var name: String
  var type: GraphQLTypeReference
  var defaultValue: GraphQLValue?
  var location: GraphQLLocation
}

struct GraphQLFragment: Sendable {
  var name: String
  var condition: String
  var selections: [GraphQLSelection]
  var location: GraphQLLocation
}

indirect enum GraphQLTypeReference: Hashable, Sendable, CustomStringConvertible {
  case named(String)
  case list(GraphQLTypeReference)
  case required(GraphQLTypeReference)

  var name: String {
    switch self {
    case .named(let name): name
    case .list(let item): item.name
    case .required(let type): type.name
    }
  }

  var isRequired: Bool { if case .required = self { true } else { false } }
  var nullable: GraphQLTypeReference { if case .required(let type) = self { type } else { self } }
  var isList: Bool { if case .list = nullable { true } else { false } }
  /// What the list is made of.
  var item: GraphQLTypeReference { if case .list(let item) = nullable { item } else { self } }

  var description: String {
    switch self {
    case .named(let name): name
    case .list(let item): "[\(item)]"
    case .required(let type): "\(type)!"
    }
  }
}

indirect enum GraphQLValue: Sendable {
  case variable(String)
  /// A literal without variables in it, and whether it was an enum's bare name.
  case literal(JSONNode, isEnum: Bool)
  case list([GraphQLValue])
  case object([(name: String, value: GraphQLValue)])
}

struct GraphQLArgument: Sendable {
  var name: String
  var value: GraphQLValue
  var location: GraphQLLocation
}

struct GraphQLDirective: Sendable {
  var name: String
  var arguments: [GraphQLArgument]
  var location: GraphQLLocation
}

struct GraphQLFieldSelection: Sendable {
  var alias: String?
  var name: String
  var arguments: [GraphQLArgument]
  var directives: [GraphQLDirective]
  var selections: [GraphQLSelection]
  var location: GraphQLLocation

  var key: String { alias ?? name }
}

enum GraphQLSelection: Sendable {
  case field(GraphQLFieldSelection)
  case spread(name: String, directives: [GraphQLDirective], location: GraphQLLocation)
  case inline(
    condition: String?, directives: [GraphQLDirective], selections: [GraphQLSelection], location: GraphQLLocation)
}
