/// `rateLimit` of an answer.
struct CostNode: Decodable, Sendable { var cost: Int }

/// Aliased fields of one object, by the number in their alias (`n0`, `n1`, …).
struct Slots<Node: Decodable & Sendable>: Decodable, Sendable {
  var nodes: [Int: Node] = [:]

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Alias.self)
    for key in container.allKeys {
      guard let slot = key.slot, let node = try container.decodeIfPresent(Node.self, forKey: key) else { continue }
      nodes[slot] = node
    }
  }
}

/// A key that is a letter and a number.
struct Alias: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  var slot: Int? { Self.slot(of: stringValue) }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }

  static func slot(of text: String) -> Int? { text.utf8.count > 1 ? Int(text.dropFirst()) : nil }
}

/// `data` of `NumbersQuery`.
struct NumbersAnswer: Decodable, Sendable {
  var repository: Slots<ItemNode>?
  var rateLimit: CostNode?
}

/// One owner in `data` of `ListsQuery`; only the list that was asked for is there.
struct ListOwnerNode: Decodable, Sendable {
  var comments: Connection<CommentNode>?
  var reviews: Connection<ReviewNode>?
  var files: Connection<FileNode>?
}

/// `data` of `ListsQuery`: the aliases stand at the top, beside `rateLimit`.
struct ListsAnswer: Decodable, Sendable {
  var owners: [Int: ListOwnerNode] = [:]
  var rateLimit: CostNode?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Alias.self)
    for key in container.allKeys {
      if key.stringValue == "rateLimit" {
        rateLimit = try container.decodeIfPresent(CostNode.self, forKey: key)
      } else if let slot = key.slot {
        owners[slot] = try container.decodeIfPresent(ListOwnerNode.self, forKey: key)
      }
    }
  }
}
