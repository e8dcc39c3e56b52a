/// An item's place in the store. Survives a rename of the repository where its id is known.
public struct ThreadKey: Hashable, Sendable {
  /// GitHub's id of the repository in decimal digits, or its name in lower case where no id is known.
  public var repository: String
  public var number: Int

  public init(repository: RepositoryName, githubID: Int64?, number: Int) {
    self.repository = githubID.map(String.init) ?? repository.description.lowercased()
    self.number = number
  }
}

/// What Postgres knows of a thread when an event on it is decided on.
public struct ThreadContext: Hashable, Sendable {
  public var facets: [Facet: FacetRecord]
  /// Commands of the event's comment (or of the body) that were read before, in any version of the text.
  public var commands: [CommandRecord]
  public var stickies: [String: StickyRecord]
  /// Digests of what Yardmaster has said in the thread.
  public var said: Set<String>
  public var links: [ThreadLink]
  /// When Yardmaster last changed the item, by the database's clock; nil where it never did.
  public var actedAt: Timestamp?
  /// The newest version of the item (`updated_at`) that any processed event showed.
  public var seenAt: Timestamp?
  /// How often each rule has acted on the item within the last hour, by the rule's name.
  public var ruleActions: [String: Int]
  public var actor: ActorRecord
  /// Logins under which Yardmaster itself acts, in lower case.
  public var ownLogins: Set<String>

  public init(
    facets: [Facet: FacetRecord] = [:], commands: [CommandRecord] = [], stickies: [String: StickyRecord] = [:],
    said: Set<String> = [], links: [ThreadLink] = [], actedAt: Timestamp? = nil, seenAt: Timestamp? = nil,
    ruleActions: [String: Int] = [:], actor: ActorRecord = ActorRecord(), ownLogins: Set<String> = []
  ) {
    self.facets = facets
    self.commands = commands
    self.stickies = stickies
    self.said = said
    self.links = links
    self.actedAt = actedAt
    self.seenAt = seenAt
    self.ruleActions = ruleActions
    self.actor = actor
    self.ownLogins = ownLogins
  }
}

/// A command that was read in a text.
public struct CommandRecord: Hashable, Sendable, Codable {
  /// As it was typed, in lower case and without the slash; an alias is not resolved.
  public var name: String
  /// As they were read, one space between two; what makes two commands the same.
  public var arguments: String

  public init(name: String, arguments: String) {
    self.name = name
    self.arguments = arguments
  }
}

extension CommandRecord {
  /// Whether this is what is left of the other once a login in it was forgotten.
  public func isForgetful(of other: CommandRecord) -> Bool {
    name == other.name && ForgottenAccount.isSame(other.arguments, as: arguments)
  }
}

/// A comment that is kept up to date.
public struct StickyRecord: Hashable, Sendable, Codable {
  public var commentID: Int64
  /// Of the text without its marker.
  public var digest: String
  public var body: String
  /// When its text was decided on, by the database's clock.
  public var updatedAt: Timestamp?

  public init(commentID: Int64, digest: String, body: String, updatedAt: Timestamp? = nil) {
    self.commentID = commentID
    self.digest = digest
    self.body = body
    self.updatedAt = updatedAt
  }
}

/// A link between this thread and something else, as it was captured.
public struct ThreadLink: Hashable, Sendable, Codable {
  /// `closes`, `mentions`, `duplicate_of`.
  public var kind: String
  /// Whether the other one links to this thread.
  public var isIncoming: Bool
  /// `owner/name`; nil for the thread's own repository.
  public var repository: String?
  public var number: Int?
  public var commit: String?
  public var isPullRequest: Bool

  public init(
    kind: String, isIncoming: Bool, repository: String? = nil, number: Int? = nil, commit: String? = nil,
    isPullRequest: Bool = false
  ) {
    self.kind = kind
    self.isIncoming = isIncoming
    self.repository = repository
    self.number = number
    self.commit = commit
    self.isPullRequest = isPullRequest
  }
}

/// What is known of whoever caused an event.
public struct ActorRecord: Hashable, Sendable {
  /// 0 for a person, 1 for a bot; nil where nothing is known.
  public var botScore: Double?
  /// Events and commands of theirs in this repository within the last hour, this one not counted.
  public var events: Int
  public var commands: Int
  /// Whether they were seen in this repository before, on another item.
  public var isKnown: Bool

  public init(botScore: Double? = nil, events: Int = 0, commands: Int = 0, isKnown: Bool = false) {
    self.botScore = botScore
    self.events = events
    self.commands = commands
    self.isKnown = isKnown
  }
}
