/// A UUID that belongs to one kind of row, so that a job's id cannot be passed where an event's is meant.
///
/// Kept as its canonical text (RFC 9562: 8-4-4-4-12 hexadecimal digits in lower case), which is what Postgres prints.
public struct Identifier<Entity>: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The canonical text.
  public let text: String

  /// The identifier that `text` spells, or nil where it is no UUID. Upper case is accepted and lowered.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return nil }
    for (index, byte) in bytes.enumerated() {
      switch index {
      case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
      default: guard Character(Unicode.Scalar(byte)).isHexDigit else { return nil }
      }
    }
    self.text = text.lowercased()
  }

  /// The identifier with these 16 bytes; the version and variant bits are set as RFC 9562 asks.
  ///
  /// - Parameter version: 4 for random bytes, 8 for bytes of our own making (a hash).
  public init(bytes: [UInt8], version: UInt8) {
    precondition(bytes.count >= 16, "a UUID has 16 bytes")
    var bytes = Array(bytes.prefix(16))
    bytes[6] = (bytes[6] & 0x0F) | (version << 4)
    bytes[8] = (bytes[8] & 0x3F) | 0x80
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(36)
    for (index, byte) in bytes.enumerated() {
      if index == 4 || index == 6 || index == 8 || index == 10 { out.append(UInt8(ascii: "-")) }
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    text = String(decoding: out, as: UTF8.self)
  }

  /// A new random identifier (version 4).
  public static func random() -> Identifier {
    var generator = SystemRandomNumberGenerator()
    return Identifier(bytes: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }, version: 4)
  }

  public var description: String { text }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let identifier = Identifier(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
    }
    self = identifier
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Row kinds that own an identifier; they have no values.
public enum EventRow {}
public enum TransactionRow {}
public enum ActionRow {}
public enum JobRow {}
public enum ChunkRow {}
public enum RepositoryRow {}

public typealias EventID = Identifier<EventRow>
/// One set of decisions taken together, and undone together.
public typealias TransactionID = Identifier<TransactionRow>
public typealias ActionID = Identifier<ActionRow>
public typealias JobID = Identifier<JobRow>
public typealias ChunkID = Identifier<ChunkRow>
public typealias RepositoryID = Identifier<RepositoryRow>
