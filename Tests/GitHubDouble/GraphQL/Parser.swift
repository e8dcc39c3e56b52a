/// Recursive descent over the executable part of GraphQL (specification, October 2021, section 2).
struct GraphQLParser {
  private let tokens: [GraphQLToken]
  private var at = 0

  init(_ text: String) throws(GraphQLSyntaxError) { tokens = try GraphQLLexer.tokens(text) }

  static func document(_ text: String) throws(GraphQLSyntaxError) -> GraphQLDocument {
    var parser = try GraphQLParser(text)
    var document = GraphQLDocument()
    while parser.token.kind != .end {
      if parser.isNext("fragment") {
        document.fragments.append(try parser.fragment())
      } else {
        document.operations.append(try parser.operation())
      }
    }
    return document
  }

  var token: GraphQLToken { tokens[at] }

  func isNext(_ text: String) -> Bool { token.text == text && token.kind != .string && token.kind != .end }

  func unexpected() -> GraphQLSyntaxError {
    let place = token.location
    guard token.kind != .end else {
      return GraphQLSyntaxError(message: "Expected NAME, actual: (none) (\"\")", location: place)
    }
    let names = [
      "{": "LCURLY", "}": "RCURLY", "(": "LPAREN", ")": "RPAREN", "[": "LBRACKET", "]": "RBRACKET", ":": "COLON",
      "!": "BANG", "$": "VAR_SIGN", "=": "EQUALS", "@": "DIR_SIGN", "...": "ELLIPSIS",
    ]
    let name = names[token.text] ?? (token.kind == .integer ? "INT" : token.kind == .string ? "STRING" : "IDENTIFIER")
    return GraphQLSyntaxError(
      message: "Parse error on \"\(token.text)\" (\(name)) at [\(place.line), \(place.column)]", location: place)
  }

  mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    at += 1
    return true
  }

  mutating func expect(_ text: String) throws(GraphQLSyntaxError) {
    guard take(text) else { throw unexpected() }
  }

  mutating func skip() { if token.kind != .end { at += 1 } }

  mutating func skipDescription() { while token.kind == .string { at += 1 } }

  mutating func skipDirectives() throws(GraphQLSyntaxError) { _ = try directives() }

  mutating func name() throws(GraphQLSyntaxError) -> String {
    guard token.kind == .name else { throw unexpected() }
    defer { at += 1 }
    return token.text
  }

  mutating func type() throws(GraphQLSyntaxError) -> GraphQLTypeReference {
    var type: GraphQLTypeReference
    if take("[") {
      type = .list(try self.type())
      try expect("]")
    } else {
      type = .named(try name())
    }
    if take("!") { type = .required(type) }
    return type
  }

  private mutating func operation() throws(GraphQLSyntaxError) -> GraphQLOperation {
    let place = token.location
    if isNext("{") {
      return GraphQLOperation(
        kind: "query", name: nil, variables: [], selections: try selections(), location: place)
    }
    guard isNext("query") || isNext("mutation") || isNext("subscription") else { throw unexpected() }
    let kind = try name()
    let name = token.kind == .name ? try self.name() : nil
    var variables: [GraphQLVariable] = []
    if take("(") {
      while !take(")") {
        let place = token.location
        try expect("$")
        let name = try self.name()
        try expect(":")
        let type = try self.type()
        variables.append(
          GraphQLVariable(name: name, type: type, defaultValue: take("=") ? try value() : nil, location: place))
      }
    }
    _ = try directives()
    return GraphQLOperation(
      kind: kind, name: name, variables: variables, selections: try selections(), location: place)
  }

  private mutating func fragment() throws(GraphQLSyntaxError) -> GraphQLFragment {
    let place = token.location
    try expect("fragment")
    let name = try self.name()
    try expect("on")
    let condition = try self.name()
    _ = try directives()
    return GraphQLFragment(name: name, condition: condition, selections: try selections(), location: place)
  }

  private mutating func selections() throws(GraphQLSyntaxError) -> [GraphQLSelection] {
    try expect("{")
    var selections: [GraphQLSelection] = []
    repeat { selections.append(try selection()) } while !isNext("}")
    at += 1
    return selections
  }

  private mutating func selection() throws(GraphQLSyntaxError) -> GraphQLSelection {
    let place = token.location
    if take("...") {
      if token.kind == .name, !isNext("on") {
        let name = try self.name()
        return .spread(name: name, directives: try directives(), location: place)
      }
      let condition = take("on") ? try name() : nil
      let directives = try directives()
      return .inline(condition: condition, directives: directives, selections: try selections(), location: place)
    }
    var name = try self.name()
    var alias: String?
    if take(":") {
      alias = name
      name = try self.name()
    }
    let arguments = try self.arguments()
    let directives = try self.directives()
    return .field(
      GraphQLFieldSelection(
        alias: alias, name: name, arguments: arguments, directives: directives,
        selections: isNext("{") ? try selections() : [], location: place))
  }

  private mutating func arguments() throws(GraphQLSyntaxError) -> [GraphQLArgument] {
    guard take("(") else { return [] }
    var arguments: [GraphQLArgument] = []
    while !take(")") {
      let place = token.location
      let name = try self.name()
      try expect(":")
      arguments.append(GraphQLArgument(name: name, value: try value(), location: place))
    }
    return arguments
  }

  private mutating func directives() throws(GraphQLSyntaxError) -> [GraphQLDirective] {
    var directives: [GraphQLDirective] = []
    while isNext("@") {
      let place = token.location
      at += 1
      let name = try self.name()
      directives.append(GraphQLDirective(name: name, arguments: try arguments(), location: place))
    }
    return directives
  }

  mutating func value() throws(GraphQLSyntaxError) -> GraphQLValue {
    if take("$") { return .variable(try name()) }
    if take("[") {
      var values: [GraphQLValue] = []
      while !take("]") { values.append(try value()) }
      return .list(values)
    }
    if take("{") {
      var members: [(name: String, value: GraphQLValue)] = []
      while !take("}") {
        let name = try self.name()
        try expect(":")
        members.append((name, try value()))
      }
      return .object(members)
    }
    let token = self.token
    switch token.kind {
    case .punctuator, .end: throw unexpected()
    case .string:
      at += 1
      return .literal(.string(token.text), isEnum: false)
    case .integer, .float:
      guard let number = JSONNode(text: token.text) else { throw unexpected() }
      at += 1
      return .literal(number, isEnum: false)
    case .name:
      at += 1
      switch token.text {
      case "true": return .literal(true, isEnum: false)
      case "false": return .literal(false, isEnum: false)
      case "null": return .literal(.null, isEnum: false)
      default: return .literal(.string(token.text), isEnum: true)
      }
    }
  }
}
