/// A JSON document whose objects keep the order of their members, as GitHub writes them.
public enum JSONNode: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONNode])
  case object([Member])

  public struct Member: Hashable, Sendable {
    public var key: String
    public var value: JSONNode

    public init(_ key: String, _ value: JSONNode) {
      self.key = key
      self.value = value
    }
  }

  public subscript(key: String) -> JSONNode? {
    if case .object(let members) = self { members.first { $0.key == key }?.value } else { nil }
  }

  public subscript(index: Int) -> JSONNode? {
    if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
  }

  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var array: [JSONNode]? { if case .array(let values) = self { values } else { nil } }
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  public var isNull: Bool { self == .null }

  /// The value that the bytes spell, or nil where they are no JSON document.
  public init?(bytes: some Collection<UInt8>) {
    var parser = JSONParser(bytes: Array(bytes))
    guard let value = parser.document() else { return nil }
    self = value
  }

  public init?(text: String) { self.init(bytes: Array(text.utf8)) }

  /// The document's bytes without white space.
  public var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.write(self)
    return writer.bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONNode...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONNode)...) { self = .object(elements.map { Member($0, $1) }) }

  static func int(_ value: Int) -> JSONNode { .integer(Int64(value)) }
  static func optional(_ value: String?) -> JSONNode { value.map { .string($0) } ?? .null }
}
