import Cryptography
import Domain

/// Finds out whose budget a token draws on, at no cost in most cases.
///
/// - A token of an App's installation: the installation's.
/// - `GITHUB_TOKEN` (`ghs_…`): the repository's, which all its jobs share. A token of an App's installation that somebody
///   else minted looks alike. So it is presumed to be the repository's, until an answer shows its hourly limit: 1,000 are
///   `GITHUB_TOKEN`'s alone; with any other limit it is asked about like the next kind.
/// - Any other: its user's, or its App's. Who that is comes with the answer to the first query that is sent anyway
///   (``asking(in:)``), and is remembered for later processes. Until it is known nothing else is sent, because it would be
///   counted under another name than what other processes send. Where GitHub would not say, the token has a budget of its
///   own.
actor TokenOwner {
  /// What is added to a query: it asks for no connection, and so adds nothing to the query's points.
  private static let question = "viewer { login }"
  /// The question's field in `data`.
  static let field = "viewer"
  /// A query for nothing but the question, where there is none to add it to: one point, once for each token.
  static let query = "query Whose { rateLimit { cost remaining } }"

  enum Answer: Sendable {
    case known(BudgetOwner)
    /// The caller is to send the question, on the budget of the token itself, and to say in any case what came of it.
    case ask(BudgetOwner)
  }

  enum Outcome: Sendable {
    case login(String)
    case refused
    /// No answer, or none to the question.
    case nothing
  }

  /// What `GITHUB_TOKEN` has an hour, and no installation, which has 5,000 or more. Where an enterprise owns the repository
  /// it has 15,000, as an installation may have.
  /// Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
  private static let jobsLimit = 1_000

  private let host: String
  private let repository: RepositoryName?
  private var owner: BudgetOwner?
  /// Whether an answer showed another limit than `GITHUB_TOKEN` has.
  private var showsOtherLimit = false
  /// Of the token that is being asked about.
  private var fingerprint = ""
  /// Whether somebody asks the ledger, or GitHub; the others wait.
  private var isAsking = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameter repository: the workflow's own.
  init(host: String, repository: RepositoryName?) {
    self.host = host
    self.repository = repository
  }

  func owner(of token: String, credential: Credential, in share: SharedBudget) async -> Answer {
    while owner == nil, isAsking { await withCheckedContinuation { waiting.append($0) } }
    if let owner { return .known(owner) }
    isAsking = true
    if let name = await installation(credential) { return .known(found(name)) }
    fingerprint = Self.fingerprint(of: token)
    if let known = await share.owner(ofToken: fingerprint) {
      end(with: known)
      return .known(known)
    }
    return .ask(tokensOwn)
  }

  /// Whose budget it is, without a question to GitHub; where nobody has found out yet, the token's own.
  func presumed(
    of token: String, credential: Credential, in share: SharedBudget
  ) async -> (owner: BudgetOwner, isKnown: Bool) {
    if let owner { return (owner, true) }
    if let name = await installation(credential) { return (named(name), true) }
    let fingerprint = Self.fingerprint(of: token)
    if let known = await share.owner(ofToken: fingerprint) {
      if !isAsking { owner = known }
      return (known, true)
    }
    if let presumption = presumption(token, credential) { return (presumption, true) }
    return (named("token:\(fingerprint)"), false)
  }

  private func installation(_ credential: Credential) async -> String? {
    guard case .installation(let tokens) = credential, let id = await tokens.installationID else { return nil }
    return "installation:\(id)"
  }

  /// The repository, as long as the token may be `GITHUB_TOKEN` for all that is known.
  func presumption(_ token: String, _ credential: Credential) -> BudgetOwner? {
    guard owner == nil, isApps(token), case .fixed = credential, !showsOtherLimit, let repository else { return nil }
    fingerprint = Self.fingerprint(of: token)
    return named("repository:\(repository)")
  }

  /// Takes in the hourly limit that an answer showed to the token.
  func saw(limit: Int, of token: String, _ credential: Credential) {
    guard let presumption = presumption(token, credential) else { return }
    if limit == Self.jobsLimit { owner = presumption } else { showsOtherLimit = true }
  }

  /// Whether it is an installation's, Actions' own among them, and no user's:
  /// https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
  private func isApps(_ token: String) -> Bool { token.hasPrefix("ghs_") }

  private static func fingerprint(of token: String) -> String {
    String(hexadecimal(sha256(Array("yardmaster budget \(token)".utf8))).prefix(16))
  }

  /// Who is known, or else the token itself, instead of the repository that it was presumed to be; nil where that may
  /// be right.
  var insteadOfRepository: BudgetOwner? {
    guard showsOtherLimit, owner != repository.map({ named("repository:\($0)") }) else { return nil }
    return owner ?? tokensOwn
  }

  /// nil as long as it was not found out.
  var known: BudgetOwner? { owner }

  /// The budget of the token itself.
  var tokensOwn: BudgetOwner { named("token:\(fingerprint)") }

  /// Ends what ``owner(of:credential:in:)`` gave to the caller to do. What was found out is remembered.
  func asked(_ outcome: Outcome, in share: SharedBudget) async {
    guard isAsking else { return }
    switch outcome {
    case .nothing: end(with: nil)
    case .refused: end(with: tokensOwn)
    case .login(let login):
      let owner = found(name(of: login))
      await share.remember(owner, ofToken: fingerprint)
    }
  }

  private func name(of login: String) -> String {
    // An App's login has its suffix in REST and may have none in GraphQL.
    let isBot = login.hasSuffix("[bot]")
    let app = isBot ? String(login.dropLast(5)) : login
    guard let repository else { return isBot || app == "github-actions" ? "bot:\(login)" : "user:\(login)" }
    if app == "github-actions" { return "repository:\(repository)" }
    // An App has one installation on an account; which account this one is on is not told, and the repository's likely.
    return isBot || showsOtherLimit ? "installation:\(app)@\(repository.owner)" : "user:\(login)"
  }

  /// The document with the question; nil where it is not one query with a selection at its beginning.
  static func asking(in document: String) -> String? {
    guard document.hasPrefix("query") else { return nil }
    var depth = 0
    for index in document.indices {
      switch document[index] {
      // Variables may have defaults with braces.
      case "(": depth += 1
      case ")": depth -= 1
      case "{" where depth == 0:
        let rest = document.index(after: index)
        return "\(document[..<rest]) \(question)\(document[rest...])"
      default: break
      }
    }
    return nil
  }

  private func named(_ name: String) -> BudgetOwner { BudgetOwner("\(host) \(name)".lowercased()) }

  private func found(_ name: String) -> BudgetOwner {
    let owner = named(name)
    end(with: owner)
    return owner
  }

  private func end(with owner: BudgetOwner?) {
    self.owner = owner
    isAsking = false
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
