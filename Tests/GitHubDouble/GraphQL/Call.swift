/// A document that was parsed and judged; kept, as clients send the same few again and again.
final class GraphQLPrepared {
  let operations: [GraphQLOperation]
  let fragments: [String: GraphQLFragment]
  let reuse: FragmentReuse
  private let problems: [JSONNode]
  private var judged: [String: [JSONNode]] = [:]

  init(_ text: String) {
    do throws(GraphQLSyntaxError) {
      let document = try GraphQLParser.document(text)
      operations = document.operations
      fragments = Dictionary(document.fragments.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
      reuse = FragmentReuse(fragments)
      problems = []
    } catch {
      operations = []
      fragments = [:]
      reuse = FragmentReuse([:])
      problems = [["locations": [error.location.json], "message": .string(error.message)]]
    }
  }

  func operation(_ name: String?) -> (GraphQLOperation?, errors: [JSONNode]) {
    if !problems.isEmpty { return (nil, problems) }
    let fitting = name.map { name in operations.filter { $0.name == name } } ?? operations
    guard let operation = fitting.first, fitting.count == 1 else {
      let message = name.map { "No operation named \"\($0)\"" } ?? "An operation name is required"
      return (nil, [["message": .string(message)]])
    }
    let key = operation.name ?? ""
    if judged[key] == nil { judged[key] = GraphQLValidation.errors(operation, fragments, .github) }
    return (operation, judged[key] ?? [])
  }
}

/// One body that was posted to `/graphql`, and what it was answered last.
final class GraphQLCall {
  let operationName: String?
  let variables: JSONNode?
  /// Points and nodes at most.
  private(set) var points = 1
  private(set) var nodes = 0
  /// What makes the whole call fail before it runs, and the answer to it.
  private(set) var refusal: JSONNode?
  /// Whether the refusal is one that the schema's validation makes.
  private(set) var isInvalid = false
  private var selection: PlannedSelection?
  private(set) var isMutation = false
  private var remembered: (version: Int, body: GraphQLBody)?

  private static let nodeLimit = 500_000

  init(_ bytes: [UInt8], prepare: (String) -> GraphQLPrepared) {
    guard let body = JSONNode(bytes: bytes) else {
      operationName = nil
      variables = nil
      refusal = ["message": "Problems parsing JSON", "documentation_url": "https://docs.github.com/graphql"]
      return
    }
    variables = body["variables"]
    guard let text = body["query"]?.string else {
      operationName = nil
      refusal = ["errors": [["message": "A query attribute must be specified and must be a string."]]]
      return
    }
    let prepared = prepare(text)
    let (operation, errors) = prepared.operation(body["operationName"]?.string)
    operationName = operation?.name ?? body["operationName"]?.string
    guard let operation, errors.isEmpty else {
      refusal = ["errors": .array(errors)]
      isInvalid = true
      return
    }
    let (values, problems) = GraphQLCoercion.variables(operation, given: variables, .github)
    guard problems.isEmpty else {
      refusal = ["errors": .array(problems)]
      isInvalid = true
      return
    }
    let measure = GraphQLMeasure(operation, prepared.fragments, values, .github, reuse: prepared.reuse)
    points = measure.points
    nodes = measure.nodes
    if let first = measure.errors.first {
      let field = first["path"]?[0]?.string ?? "repository"
      refusal = ["data": .object([JSONNode.Member(field, .null)]), "errors": .array(measure.errors)]
      isInvalid = true
    } else if nodes > Self.nodeLimit {
      refusal = [
        "data": .null,
        "errors": [
          [
            "type": "MAX_NODE_LIMIT_EXCEEDED",
            "message": .string(
              "This query requests up to \(nodes) possible nodes which exceeds the maximum limit of \(Self.nodeLimit)."),
          ]
        ],
      ]
      isInvalid = true
    } else {
      let query = PlannedQuery(
        schema: .github, fragments: prepared.fragments, variables: values, reuse: prepared.reuse)
      isMutation = operation.kind == "mutation"
      selection = PlannedSelection(type: operation.root, sets: [operation.selections], query: query)
    }
  }

  /// The answer for the world as it is now, and whether it had to be made.
  func answer(_ context: GraphQLContext) -> (body: GraphQLBody, isNew: Bool) {
    if isMutation, let selection { return (GraphQLExecution.run(selection, on: .mutation, context), false) }
    if let remembered, remembered.version == context.world.version { return (remembered.body, false) }
    guard let selection else { return (GraphQLBody(bytes: refusal?.bytes ?? []), false) }
    let body = GraphQLExecution.run(selection, context)
    remembered = (context.world.version, body)
    return (body, true)
  }
}
