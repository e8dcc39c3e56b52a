/// What the registry (`contributors`) is told of an account.
public struct AccountEvidence: Hashable, Sendable {
  public var login: String
  public var githubID: Int64?
  /// `User`, `Bot`, `Organization`, `Mannequin`.
  public var accountType: String
  /// 0 for a person, 1 for a bot.
  public var score: Double
  /// In words, the strongest first.
  public var evidence: [String]

  public init(login: String, githubID: Int64?, accountType: String, score: Double, evidence: [String]) {
    self.login = login
    self.githubID = githubID
    self.accountType = accountType
    self.score = score
    self.evidence = evidence
  }
}
