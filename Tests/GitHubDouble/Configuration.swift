extension GitHubDouble {
  /// How the double behaves as a whole; single requests are bent by faults.
  public struct Configuration: Sendable {
    /// 0 for any free port.
    public var port: UInt16 = 0
    /// REST requests that a token has for one window.
    public var restLimit = 15_000
    /// GraphQL points that a token has for one window.
    public var graphQLLimit = 15_000
    public var windowSeconds: Int64 = 3600
    /// What every answer waits for, in seconds.
    public var latency = 0.0
    /// Seconds, by the double's clock, after which lists show a comment that a request posted. It can be read by its id at
    /// once.
    public var listingLag: Int64 = 0
    /// The tokens that are known; nil takes any token for `identity`.
    public var tokens: [String: Identity]?
    public var identity = Identity.actions
    /// Whether a GraphQL document that GitHub's schema refuses fails `verify`.
    public var refusesInvalidQueries = true

    public init() {}
  }

  /// Whose token it is.
  public struct Identity: Sendable {
    public var account: RepositoryModel.Account
    public var mayWrite: Bool

    public init(account: RepositoryModel.Account, mayWrite: Bool = true) {
      self.account = account
      self.mayWrite = mayWrite
    }

    /// `GITHUB_TOKEN` with write permissions.
    public static let actions = Identity(account: .actions)
    /// `GITHUB_TOKEN` as pull requests from forks get it.
    public static let readOnly = Identity(account: .actions, mayWrite: false)
    /// A person's token.
    public static func user(_ login: String, mayWrite: Bool = true) -> Identity {
      Identity(account: .user(login), mayWrite: mayWrite)
    }
  }
}
