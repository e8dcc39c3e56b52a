public import Domain
public import HTTP
public import Logging

/// GitHub's REST and GraphQL API.
///
/// Any number of tasks may use one client at once. It sends nothing while a limit holds, repeats what may be repeated,
/// and throws `RateLimited`, `QueryTooHeavy`, `UncertainWrite`, `TokenMissing`, `TokenRejected`, `AppRejected`,
/// `AccessDenied`, `RequestRejected`, `GitHubUnavailable`, `RequestExpired`, `Failure` or `CancellationError`.
public final class GitHubClient: GitHubAPI {
  /// The budgets that all processes share, and this one's part in them.
  public struct Budgets: Sendable {
    public var ledger: any BudgetLedger
    public var priority: BudgetRequest.Priority
    /// The workflow's own repository: whose budget `GITHUB_TOKEN` draws on.
    public var repository: RepositoryName?

    public init(ledger: any BudgetLedger, priority: BudgetRequest.Priority, repository: RepositoryName?) {
      self.ledger = ledger
      self.priority = priority
      self.repository = repository
    }
  }

  private let exchange: Exchange?
  private let login = TokenLogin()

  /// - Parameters:
  ///   - apiURL: the REST root; it may have a path, as `https://ghe.example.com/api/v3`.
  ///   - credentials: where there are none, calls throw `TokenMissing`.
  ///   - budgets: nil for a client that goes by what GitHub tells it alone, and sends nothing but what it is told to.
  ///   - patience: seconds that one request may be kept waiting for a limit; a longer wait throws `RateLimited` at once.
  ///   - instant: the clock that requests expire by.
  ///   - userAgent: GitHub refuses requests without one.
  public init(
    http: HTTPClient, apiURL: String, graphQLURL: String, credentials: GitHubCredentials, budgets: Budgets? = nil,
    patience: Double = .infinity, deadline: any Deadline, clock: any WallClock,
    instant: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }, logger: Logger,
    userAgent: String
  ) {
    guard let endpoint = Endpoint(apiURL: apiURL, graphQLURL: graphQLURL) else {
      self.exchange = nil
      return
    }
    let server = ServerClock(clock)
    func makeExchange(_ credentials: [Credential], _ budgets: Budgets?) -> Exchange {
      let accounts = credentials.enumerated().map { place, credential in
        Account(
          credential: credential, governor: RateGovernor(clock: clock, server: server),
          // A further token that looks like the job's own is some App's.
          owner: TokenOwner(host: endpoint.host, repository: place == 0 ? budgets?.repository : nil),
          share: budgets.map {
            SharedBudget(ledger: $0.ledger, priority: $0.priority, clock: clock, logger: logger)
          }, server: server)
      }
      let pool = TokenPool(
        accounts: accounts, patience: patience, maximumInFlight: 50, clock: clock, deadline: deadline, logger: logger)
      return Exchange(
        http: http, endpoint: endpoint, pool: pool, userAgent: userAgent, server: server, deadline: deadline,
        clock: clock, instant: instant, logger: logger)
    }
    let first: Credential
    if let app = credentials.app {
      // What the App asks for as itself draws on no installation's budget.
      let asApp = makeExchange([.app(id: app.id, key: app.privateKey, server: server)], nil)
      first = .installation(
        InstallationTokens(app: app, exchange: asApp, server: server, clock: clock, logger: logger))
    } else {
      first = .fixed(Self.trimmed(credentials.token))
    }
    var all = [first]
    var seen: Set = credentials.app == nil ? ["", Self.trimmed(credentials.token)] : [""]
    for token in credentials.furtherTokens.map({ Self.trimmed($0) }) where seen.insert(token).inserted {
      all.append(.fixed(token))
    }
    // Where further tokens are all there is, the first of them is the one.
    if case .fixed("") = first, all.count > 1 { all.removeFirst() }
    exchange = makeExchange(all, budgets)
  }

  /// Starts what the first request would start. Sends nothing.
  public func warmUp() { exchange?.warmUp() }

  public var usage: APIUsage {
    get async { exchange?.usage ?? APIUsage() }
  }

  public var limits: [RateLimited] {
    get async { exchange?.pool.limits ?? [] }
  }

  /// Mints an installation's token where there is none yet: only with it is known whose it is.
  public var budgetOwners: [BudgetOwner] {
    get async {
      var owners: [BudgetOwner] = []
      for account in exchange?.pool.accounts ?? [] where account.isEnabled {
        if let owner = await account.ownerIfKnown { owners.append(owner) }
      }
      return owners
    }
  }

  public var ownLogin: String? {
    get async throws { try await login.login(ready()) }
  }

  public func send(_ request: RESTRequest) async throws -> RESTAnswer {
    try await ready().send(request)
  }

  public func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    try await ready().query(query, as: type)
  }

  /// Tells the ledger what became of the last requests; to be called before the process ends. Never throws: what is
  /// not told counts as under way for a minute.
  public func flush() async {
    for account in exchange?.pool.accounts ?? [] { await account.share?.flush() }
  }

  private func ready() throws -> Exchange {
    guard let exchange else {
      throw Failure(
        .configuration, "GITHUB_API_URL or GITHUB_GRAPHQL_URL is not a valid URL",
        advice: "Set them to http or https URLs, or leave them unset for github.com.")
    }
    return exchange
  }

  /// A secret pasted with its line end is the commonest wrong token.
  private static func trimmed(_ token: String?) -> String {
    (token ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
