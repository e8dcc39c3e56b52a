/// `owner/name` of a repository on GitHub.
public struct RepositoryName: Hashable, Sendable, Codable, CustomStringConvertible {
  public let owner: String
  public let name: String

  /// The repository that `text` names, or nil where it is not `owner/name` in GitHub's alphabet
  /// (letters, digits, `-`, `_`, `.`; an owner or a name of dots alone would climb a path).
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    for part in parts {
      guard !part.isEmpty, part.utf8.count <= 100, part != ".", part != "..",
        part.utf8.allSatisfy({ byte in
          (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        })
      else { return nil }
    }
    owner = String(parts[0])
    name = String(parts[1])
  }

  public var description: String { "\(owner)/\(name)" }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = RepositoryName(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not owner/name")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// An issue or pull request: both take their numbers from one sequence.
public struct ItemReference: Hashable, Sendable, Codable, CustomStringConvertible {
  public var repository: RepositoryName
  public var number: Int

  public init(repository: RepositoryName, number: Int) {
    self.repository = repository
    self.number = number
  }

  public var description: String { "\(repository)#\(number)" }
}
