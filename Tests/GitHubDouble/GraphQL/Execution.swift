/// Runs a planned query and writes its answer as it goes.
struct GraphQLExecution {
  private let context: GraphQLContext
  private var writer = JSONWriter(capacity: 16_384)
  private var path: [JSONNode] = []
  private var errors: [JSONNode] = []
  private var holes: [GraphQLBody.Hole] = []

  static func run(
    _ selection: PlannedSelection, on root: GraphQLNode = .query, _ context: GraphQLContext
  ) -> GraphQLBody {
    var execution = GraphQLExecution(context: context)
    execution.writer.raw("{\"data\":")
    execution.write(root, selection)
    if !execution.errors.isEmpty {
      execution.writer.raw(",\"errors\":")
      execution.writer.write(.array(execution.errors))
    }
    execution.writer.raw("}")
    return GraphQLBody(bytes: execution.writer.bytes, holes: execution.holes)
  }

  private init(context: GraphQLContext) { self.context = context }

  private mutating func write(_ node: GraphQLNode, _ selection: PlannedSelection) {
    writer.raw(UInt8(ascii: "{"))
    var isFirst = true
    for field in selection.fields(for: node, context.world) {
      if !isFirst { writer.raw(UInt8(ascii: ",")) }
      isFirst = false
      writer.raw(field.key)
      write(field.resolve(context, node, field.arguments), of: field)
    }
    writer.raw(UInt8(ascii: "}"))
  }

  private mutating func write(_ result: GraphQLResult, of field: PlannedField) {
    switch result {
    case .null: writer.raw("null")
    case .text(let text): writer.write(text)
    case .integer(let value): writer.write(Int64(value))
    case .bigInteger(let value):
      writer.raw(UInt8(ascii: "\""))
      writer.write(value)
      writer.raw(UInt8(ascii: "\""))
    case .flag(let value): writer.write(value)
    case .moment(let value): writer.write(moment: value)
    case .live(let live):
      holes.append(GraphQLBody.Hole(offset: writer.bytes.count, live: live))
    case .object(let node):
      guard let below = field.below else { return writer.raw("null") }
      path.append(.string(field.name))
      write(node, below)
      path.removeLast()
    case .list(let nodes): write(nodes, of: field)
    case .partial(let nodes, let problems):
      for problem in problems {
        fail(problem.type, problem.message, at: path + [.string(field.name), .int(problem.index)])
      }
      write(nodes, of: field)
    case .missing(let type, let message):
      fail(type, message, at: path + [.string(field.name)])
      writer.raw("null")
    }
  }

  private mutating func write(_ nodes: [GraphQLNode?], of field: PlannedField) {
    guard let below = field.below else { return writer.raw("null") }
    path.append(.string(field.name))
    writer.raw(UInt8(ascii: "["))
    for (index, node) in nodes.enumerated() {
      if index > 0 { writer.raw(UInt8(ascii: ",")) }
      if let node {
        path.append(.int(index))
        write(node, below)
        path.removeLast()
      } else {
        writer.raw("null")
      }
    }
    writer.raw(UInt8(ascii: "]"))
    path.removeLast()
  }

  private mutating func fail(_ type: String, _ message: String, at path: [JSONNode]) {
    errors.append(["type": .string(type), "path": .array(path), "message": .string(message)])
  }
}

/// An answer whose numbers of the rate limit are filled in when it is sent.
struct GraphQLBody {
  struct Hole {
    var offset: Int
    var live: GraphQLLive
  }

  var bytes: [UInt8]
  var holes: [Hole] = []

  func filled(cost: Int, nodes: Int, _ window: RateWindow) -> [UInt8] {
    guard !holes.isEmpty else { return bytes }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 32 * holes.count)
    var from = 0
    for hole in holes {
      out.append(contentsOf: bytes[from..<hole.offset])
      from = hole.offset
      switch hole.live {
      case .cost: out.append(contentsOf: "\(cost)".utf8)
      case .limit: out.append(contentsOf: "\(window.limit)".utf8)
      case .nodeCount: out.append(contentsOf: "\(nodes)".utf8)
      case .remaining: out.append(contentsOf: "\(window.remaining)".utf8)
      case .used: out.append(contentsOf: "\(window.used)".utf8)
      case .resetAt: out.append(contentsOf: "\"\(Moment.text(window.reset))\"".utf8)
      }
    }
    out.append(contentsOf: bytes[from...])
    return out
  }
}
