import Cryptography
import Domain

/// Finds out whose budget a token draws on, at no cost in most cases.
///
/// - A token of an App's installation: the installation's.
/// - `GITHUB_TOKEN` (`ghs_…`): the repository's, which all its jobs share.
/// - Any other: its user's. Who that is comes with the answer to the first query that is sent anyway (``asking(in:)``),
///   and is remembered for later processes. Until it is known nothing else is sent, because it would be counted under
///   another name than what other processes send. Where GitHub would not say, the token has a budget of its own.
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

  private let host: String
  private let repository: RepositoryName?
  private var owner: BudgetOwner?
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
    if let name = await evident(token, credential) { return .known(found(name)) }
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
    if let name = await evident(token, credential) { return (named(name), true) }
    let fingerprint = Self.fingerprint(of: token)
    if let known = await share.owner(ofToken: fingerprint) {
      if !isAsking { owner = known }
      return (known, true)
    }
    return (named("token:\(fingerprint)"), false)
  }

  /// What the token's kind tells.
  private func evident(_ token: String, _ credential: Credential) async -> String? {
    if case .installation(let tokens) = credential, let id = await tokens.installationID { return "installation:\(id)" }
    // Actions' own tokens, and no user's: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    if token.hasPrefix("ghs_"), let repository { return "repository:\(repository)" }
    return nil
  }

  private static func fingerprint(of token: String) -> String {
    String(hexadecimal(sha256(Array("yardmaster budget \(token)".utf8))).prefix(16))
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
      // An App's login has its suffix in REST and may have none in GraphQL.
      let isBot = login.hasSuffix("[bot]") || login == "github-actions"
      let owner = found(isBot ? repository.map { "repository:\($0)" } ?? "bot:\(login)" : "user:\(login)")
      await share.remember(owner, ofToken: fingerprint)
    }
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
