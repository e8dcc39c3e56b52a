/// A link from an item to another item or to a commit, as a text says it.
public struct SaidLink: Hashable, Sendable {
  public var kind: Kind
  public var repository: RepositoryName
  public var target: Target

  public init(_ kind: Kind, to target: Target, in repository: RepositoryName) {
    self.kind = kind
    self.repository = repository
    self.target = target
  }

  /// `links.kind`.
  public enum Kind: String, Hashable, Sendable, Codable {
    case mentions
    case duplicateOf = "duplicate_of"
    case closes
  }

  public enum Target: Hashable, Sendable {
    case item(Int)
    /// 40 hexadecimal digits in lower case.
    case commit(String)
  }
}

/// The links of one text.
public struct SaidLinks: Hashable, Sendable {
  public var links: [SaidLink]
  /// When the text was written or edited.
  public var saidAt: Timestamp?
  /// Whether the text is a pull request's own, which alone says what it closes: what it does not say any more is gone.
  /// Mentions stay, as they do on GitHub.
  public var isPullRequestText: Bool

  public init(_ links: [SaidLink], saidAt: Timestamp?, isPullRequestText: Bool) {
    self.links = links
    self.saidAt = saidAt
    self.isPullRequestText = isPullRequestText
  }
}
