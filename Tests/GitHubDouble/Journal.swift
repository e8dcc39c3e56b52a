extension GitHubDouble {
  /// One request that came in, and what it was answered.
  public struct JournalEntry: Sendable {
    public var sequence: Int
    public var method: String
    /// Path and query as they were sent.
    public var target: String
    /// The operation's name, for GraphQL.
    public var operation: String?
    public var variables: JSONNode?
    public var headers: [String: String]
    public var body: [UInt8]
    public var status: Int
    /// GraphQL points, or REST requests that counted.
    public var cost: Int
    /// Nodes that the query asked for at most.
    public var nodes: Int
    public var bodySize: Int
    /// The fault that the request ran into.
    public var fault: String?

    /// The body as JSON.
    public var json: JSONNode? { JSONNode(bytes: body) }
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// Without headers and body, which may hold secrets.
    var summary: JSONNode {
      [
        "sequence": .int(sequence), "method": .string(method), "target": .string(target),
        "operation": .optional(operation), "variables": variables ?? .null, "status": .int(status),
        "cost": .int(cost), "nodes": .int(nodes), "body_size": .int(bodySize), "fault": .optional(fault),
      ]
    }
  }

  /// A write that a request made to the repository.
  public struct Mutation: Sendable, Hashable {
    /// `add_labels`, `remove_label`, `set_labels`, `create_comment`, `edit_comment`, `delete_comment`, `edit_issue`,
    /// `create_issue`, `assign`, `unassign`, `lock`, `unlock`, `add_reaction`, `remove_reaction`, `minimize_comment`,
    /// `unminimize_comment`, `dispatch_workflow` (number 0; file, branch, inputs).
    public var kind: String
    public var repository: String
    public var number: Int
    /// The labels, the logins, the comment's body or the new state.
    public var detail: [String]
    public var actor: String
    /// False where everything was before as the request wanted it.
    public var hasEffect = true

    var json: JSONNode {
      [
        "kind": .string(kind), "repository": .string(repository), "number": .int(number),
        "detail": .array(detail.map { .string($0) }), "actor": .string(actor), "has_effect": .bool(hasEffect),
      ]
    }
  }

  public struct Statistics: Sendable, Hashable {
    public var restRequests = 0
    public var graphQLRequests = 0
    public var graphQLPoints = 0
    /// Answers 304, which cost nothing.
    public var notModified = 0
    public var unmatched = 0
    public var schemaViolations = 0
    /// Answers that the primary limit made.
    public var limited = 0
    public var faults = 0
    public var connections = 0
    public var mostConcurrent = 0
    public var bytesSent = 0

    var json: JSONNode {
      [
        "rest_requests": .int(restRequests), "graphql_requests": .int(graphQLRequests),
        "graphql_points": .int(graphQLPoints), "not_modified": .int(notModified), "unmatched": .int(unmatched),
        "schema_violations": .int(schemaViolations), "limited": .int(limited), "faults": .int(faults),
        "connections": .int(connections), "most_concurrent": .int(mostConcurrent), "bytes_sent": .int(bytesSent),
      ]
    }
  }

  /// What `verify` complains about.
  public struct Unverified: Error, Hashable, CustomStringConvertible, Sendable {
    public var complaints: [String]

    public init(complaints: [String]) { self.complaints = complaints }

    public var description: String { "the GitHub double saw: " + complaints.joined(separator: "; ") }
  }
}
