public import Domain

/// How likely an account is a program, and why: what `contributors.bot_score` and `bot_evidence` hold.
///
/// Each piece of evidence leaves a share of the doubt; together they leave the product. So no single weak sign makes a
/// bot (the threshold is ``BotGuard/registryThreshold``), and two or three do. Among 679 accounts of a published study
/// (RABBIT, 2024) the shapes of logins alone find four bots in five, and take no person for one.
public struct BotScore: Hashable, Sendable {
  /// 0 for a person, 1 for a bot.
  public let value: Double
  /// In words, the strongest first.
  public let evidence: [String]

  /// Texts from which on shares of them mean anything.
  static let fewestTexts = 10

  public init(of account: Account, behaving behaviour: AccountBehaviour = AccountBehaviour()) {
    var signs: [(weight: Double, words: String)] = []
    if account.kind == .bot { signs.append((1, "GitHub lists it as a bot")) }
    if let shape = Self.shape(of: account.login) { signs.append(shape) }
    if behaviour.wroteMarker { signs.append((0.95, "it wrote Yardmaster's marker")) }
    if behaviour.texts >= Self.fewestTexts {
      let repeated = Double(behaviour.repeatedTexts) / Double(behaviour.texts)
      if repeated >= 0.5 {
        signs.append((0.75 * repeated, "\(Self.percent(repeated)) of its texts repeat earlier ones"))
      }
      let instant = Double(behaviour.instantAnswers) / Double(behaviour.texts)
      if instant >= 0.3 { signs.append((0.7 * instant, "\(Self.percent(instant)) of its texts came within seconds")) }
      if behaviour.activeHours >= 22 {
        signs.append((0.3, "it is active in \(behaviour.activeHours) hours of the day"))
      }
    }
    signs.sort { $0.weight > $1.weight }
    value = 1 - signs.reduce(1) { $0 * (1 - min($1.weight, 1)) }
    evidence = signs.map(\.words)
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  /// What a login tells. Only words that stand by themselves count: `abbott` is a name.
  private static func shape(of login: String) -> (weight: Double, words: String)? {
    let login = login.lowercased()
    if login.hasSuffix("[bot]") { return (1, "its login ends with [bot]") }
    let words = login.split { $0 == "-" || $0 == "_" }
    if let word = words.first(where: { Self.telling.contains(String($0)) }) {
      return (0.85, "its login has the word \"\(word)\"")
    }
    if let word = words.first(where: { Self.hinting.contains(String($0)) }) {
      return (0.4, "its login has the word \"\(word)\"")
    }
    if login.hasSuffix("bot"), login.count > 4, !Self.namesInBot.contains(where: login.hasSuffix) {
      return (0.82, "its login ends with bot")
    }
    return nil
  }

  private static let telling: Set = [
    "bot", "bots", "robot", "autobot", "buildbot", "automation", "dependabot", "renovate",
  ]
  private static let hinting: Set = [
    "ci", "auto", "build", "builder", "deploy", "jenkins", "release", "releases", "service", "machine", "sync",
    "actions",
  ]
  /// Family names.
  private static let namesInBot = ["abbot", "talbot", "cabot", "elbot"]
}
