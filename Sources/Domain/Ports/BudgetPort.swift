/// Whose quota a token draws on.
///
/// A budget belongs to its owner, not to a token: each Actions job has a `GITHUB_TOKEN` of its own, and those of one
/// repository share one budget; an App installation's and a user's tokens likewise.
/// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
public struct BudgetOwner: Hashable, Sendable, Codable, CustomStringConvertible {
  /// `api.github.com repository:octocat/hello`, `… installation:42`, `… user:alice`, in lower case.
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// One request that is about to be sent.
public struct BudgetRequest: Hashable, Sendable {
  /// Who may draw on the reserve that is kept for event runs.
  public enum Priority: String, Hashable, Sendable { case event, history }

  /// Chosen by the sender; its receipt names it.
  public var id: Identifier<BudgetRequest>
  public var owner: BudgetOwner
  /// `core`, `graphql` or `search`.
  public var resource: String
  /// What it will cost of the primary budget: requests, or GraphQL points.
  public var cost: Int
  /// What it counts against the limit of a minute: 1, or 5 for what writes.
  public var weight: Int
  /// Whether it creates content (an issue, a comment, a review).
  public var createsContent: Bool
  /// Seconds that GitHub will probably take, as the last ones of the kind did.
  public var expectedSeconds: Double
  public var priority: Priority
  /// How much is known of the token; where its owner is not, it may be any that the ledger knows, and obeys the secondary
  /// limits of them all.
  public var standing: Standing
  /// The process.
  public var sender: Identifier<any BudgetLedger>

  public enum Standing: String, Hashable, Sendable {
    /// Its owner is known.
    case identified
    /// Its owner is not known.
    case unidentified
    /// Nor has GitHub shown what is left of its budget: ``BudgetWait/unseen`` where somebody's is used up.
    case unseen
  }

  public init(
    id: Identifier<BudgetRequest> = .random(), owner: BudgetOwner, resource: String, cost: Int = 1, weight: Int = 1,
    createsContent: Bool = false, expectedSeconds: Double, priority: Priority, standing: Standing = .identified,
    sender: Identifier<any BudgetLedger> = .random()
  ) {
    self.id = id
    self.owner = owner
    self.resource = resource
    self.cost = cost
    self.weight = weight
    self.createsContent = createsContent
    self.expectedSeconds = expectedSeconds
    self.priority = priority
    self.standing = standing
    self.sender = sender
  }
}

/// What became of a request.
public struct BudgetReceipt: Hashable, Sendable {
  /// A window as the answer's headers show it.
  public struct Window: Hashable, Sendable {
    public var limit: Int
    public var remaining: Int
    /// Seconds, by GitHub's own clock (`x-ratelimit-reset` less `date`).
    public var resetsIn: Double
    public init(limit: Int, remaining: Int, resetsIn: Double) {
      self.limit = limit
      self.remaining = remaining
      self.resetsIn = resetsIn
    }
  }

  /// Why GitHub refused it.
  public enum Refusal: Hashable, Sendable {
    /// Seconds until the window's reset, where GitHub said.
    case primary(resetsIn: Double?)
    /// Holds back every request of the owner: `retry-after` in seconds, or nil where GitHub gave none.
    case secondary(retryAfter: Double?)
  }

  public var id: Identifier<BudgetRequest>
  public var owner: BudgetOwner
  public var resource: String
  /// What it did cost; nil where no answer told.
  public var cost: Int?
  /// Seconds that it took.
  public var seconds: Double
  public var window: Window?
  public var refusal: Refusal?

  public init(
    id: Identifier<BudgetRequest>, owner: BudgetOwner, resource: String, cost: Int?, seconds: Double,
    window: Window? = nil, refusal: Refusal? = nil
  ) {
    self.id = id
    self.owner = owner
    self.resource = resource
    self.cost = cost
    self.seconds = seconds
    self.window = window
    self.refusal = refusal
  }
}

public enum BudgetGrant: Hashable, Sendable {
  case granted
  case wait(seconds: Double, reason: BudgetWait)
}

public enum BudgetWait: String, Hashable, Sendable {
  /// The window is used up but for the reserve, or GitHub refused for it.
  case primary
  /// A secondary limit was hit by somebody.
  case secondary
  /// The next request would exceed a limit of the minute: points, server time, content, or requests in flight.
  case pace
  /// An owner's window is used up, and the token may be that owner's: what is left of it is to be looked at first, which
  /// costs nothing.
  case unseen

  /// False where it is a matter of pace.
  public var isLimit: Bool { self == .primary || self == .secondary }
}

/// The budgets that all processes of an owner share. Implemented by the `Store` module; `GitHub` draws on it before each
/// request.
public protocol BudgetLedger: Sendable {
  /// Records what became of earlier requests and asks for leave to send one. What was granted counts as in flight until
  /// its receipt comes, or a minute has passed.
  func draw(_ request: BudgetRequest, settling receipts: [BudgetReceipt]) async throws -> BudgetGrant

  /// Records what became of requests: a refusal at once, so that everybody obeys it; the rest before the process ends.
  func settle(_ receipts: [BudgetReceipt]) async throws

  /// The owner's budgets as they were last seen, for reports.
  func balances(of owner: BudgetOwner) async throws -> [BudgetBalance]

  /// Whose token it is, where a process has found out before: asking GitHub needs a request, which a limit may forbid.
  /// - Parameter fingerprint: tells tokens apart and nothing else about them.
  func owner(ofToken fingerprint: String) async throws -> BudgetOwner?

  /// Records whose token it is.
  func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws
}

extension BudgetLedger {
  public func owner(ofToken fingerprint: String) async throws -> BudgetOwner? { nil }
  public func remember(_ owner: BudgetOwner, ofToken fingerprint: String) async throws {}
}

public struct BudgetBalance: Hashable, Sendable, Codable {
  /// Whose it is; nil where there is one owner alone.
  public var owner: BudgetOwner?
  public var resource: String
  public var limit: Int
  public var remaining: Int
  public var resetsAt: Timestamp
  public init(owner: BudgetOwner? = nil, resource: String, limit: Int, remaining: Int, resetsAt: Timestamp) {
    self.owner = owner
    self.resource = resource
    self.limit = limit
    self.remaining = remaining
    self.resetsAt = resetsAt
  }
}
