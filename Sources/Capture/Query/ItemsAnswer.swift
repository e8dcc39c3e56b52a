/// A part of an answer that may be unreadable without costing the rest.
enum Part<Value: Decodable & Sendable>: Decodable, Sendable {
  case came(Value)
  /// It does not fit the schema this program was written against; the text names the field, not its value.
  case unreadable(String)

  init(from decoder: any Decoder) throws {
    do {
      self = .came(try Value(from: decoder))
    } catch let error as DecodingError {
      self = .unreadable(error.field)
    }
  }

  var value: Value? { if case .came(let value) = self { value } else { nil } }
}

struct PageInfo: Decodable, Sendable {
  var hasNextPage: Bool
  var endCursor: String?
}

/// A page of a list. Its nodes and each of them may be null where GitHub gave up half-way; `errors` says so then.
struct Connection<Node: Decodable & Sendable>: Decodable, Sendable {
  var totalCount: Int?
  var pageInfo: PageInfo?
  var nodes: [Part<Node>?]?

  var present: [Node] { nodes?.compactMap { $0?.value } ?? [] }

  /// What is missing of the page; nil where it is whole.
  var hole: String? {
    guard let nodes else { return "GitHub sent no entries" }
    for node in nodes {
      switch node {
      case nil: return "GitHub sent null for an entry"
      case .unreadable(let reason)?: return reason
      case .came?: continue
      }
    }
    return nil
  }
}

/// What came of one owner's lists; those that were not asked for are nil.
struct OwnerNode: Decodable, Sendable {
  var typename: String?
  var labels: Part<Connection<LabelNode>>?
  var comments: Part<Connection<CommentNode>>?
  var reviews: Part<Connection<ReviewNode>>?
  var files: Part<Connection<FileNode>>?
  var closes: Part<Connection<ClosedIssueNode>>?
  var closer: Part<Connection<ClosedEventNode>>?
  var reviewThreads: Part<TotalNode>?

  enum CodingKeys: String, CodingKey {
    case labels, comments, reviews, files, closes, closer, reviewThreads
    case typename = "__typename"
  }
}

/// `data` of `ItemsQuery`.
struct ItemsAnswer: Decodable, Sendable {
  /// Below `repository`, by the number in their alias.
  var items: [Int: Part<ItemNode>] = [:]
  var discussions: [Int: Part<DiscussionNode>] = [:]
  /// False where `repository` is null, or was not asked for.
  var hasRepository = false
  /// GitHub's id of `repository`.
  var repositoryID: Int64?
  /// By the alias of their group; a single owner is a group of one.
  private var groups: [String: [Part<OwnerNode>?]] = [:]
  var cost: Int?

  /// An answer of nothing.
  init() {}

  private struct Cost: Decodable { var cost: Int }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Alias.self)
    for key in container.allKeys {
      switch key.stringValue {
      case "rateLimit": cost = (try? container.decodeIfPresent(Cost.self, forKey: key))?.cost
      case "repository":
        guard let numbers = try? container.nestedContainer(keyedBy: Alias.self, forKey: key) else { continue }
        hasRepository = true
        repositoryID = try? numbers.decodeIfPresent(Int64.self, forKey: Alias("databaseId"))
        for key in numbers.allKeys {
          guard let slot = key.slot else { continue }
          if key.letter == "n" {
            items[slot] = try numbers.decodeIfPresent(Part<ItemNode>.self, forKey: key)
          } else {
            discussions[slot] = try numbers.decodeIfPresent(Part<DiscussionNode>.self, forKey: key)
          }
        }
      case let alias where key.letter == "o":
        groups[alias] = [try container.decodeIfPresent(Part<OwnerNode>.self, forKey: key)]
      case let alias:
        groups[alias] = try? container.decodeIfPresent([Part<OwnerNode>?].self, forKey: key)
      }
    }
  }

  /// What came of the owner at a position of the layout.
  func owner(_ position: Int, of group: ItemsQuery.Layout.Group) -> Part<OwnerNode>? {
    guard let index = group.owners.firstIndex(of: position), let nodes = groups[group.alias], index < nodes.count
    else { return nil }
    return nodes[index]
  }
}

/// A response name that is a letter and a number.
struct Alias: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  var letter: Character? { stringValue.first }
  var slot: Int? { Self.slot(of: stringValue) }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }

  static func slot(of text: String) -> Int? { text.utf8.count > 1 ? Int(text.dropFirst()) : nil }
}

extension DecodingError {
  /// The path of the field that did not decode.
  fileprivate var field: String {
    let (path, last): ([any CodingKey], String?) =
      switch self {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        (context.codingPath, nil)
      case .keyNotFound(let key, let context): (context.codingPath, key.stringValue)
      @unknown default: ([], nil)
      }
    let names = path.map(\.stringValue) + (last.map { [$0] } ?? [])
    return "unexpected value at \(names.joined(separator: "."))"
  }
}
