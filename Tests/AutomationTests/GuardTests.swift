import Automation
import Domain
import Testing

@Suite("Who is a bot")
struct GuardTests {
  private static let settings = ActorSettings(people: ["nice-*", "trusted[bot]"], bots: ["*-machine", "Robo"])

  @Test(
    "what speaks for a bot is named, and the list of people overrules all but a signed text",
    arguments: [
      (Account(login: "alice", kind: .user), nil, nil, nil),
      (Account(login: "ci[bot]"), nil, nil, "GitHub lists @ci[bot]"),
      (Account(login: "app", kind: .bot), nil, nil, "GitHub lists @app"),
      (Account(login: "trusted[bot]", kind: .bot), nil, nil, nil),
      (Account(login: "Yard", kind: .user), nil, nil, "Yardmaster acts as @Yard"),
      (Account(login: "big-machine", kind: .user), nil, nil, "the configuration lists"),
      (Account(login: "robo"), nil, nil, "the configuration"),
      (Account(login: "alice", kind: .user), nil, 0.8, "the registry"),
      (Account(login: "alice", kind: .user), nil, 0.79, nil),
      (Account(login: "nice-one"), nil, 1, nil), (nil, nil, nil, nil),
      (Account(login: "alice"), "a <!-- yardmaster:action=1 -->", nil, "marker"),
      (Account(login: "nice-one"), "> ```\n> <!-- yardmaster:x", nil, "marker"),
      (nil, "<!-- yardmaster:", nil, "marker"),
      (Account(login: "alice"), "<!-- yardmaster", nil, nil), (Account(login: "alice"), "<! -- yardmaster:", nil, nil),
    ] as [(Account?, String?, Double?, String?)])
  func verdicts(account: Account?, text: String?, score: Double?, evidence: String?) {
    let verdict = BotGuard(settings: Self.settings).verdict(on: account, text: text, ownLogins: ["yard"], score: score)
    if let evidence {
      guard case .bot(let words) = verdict else {
        Testing.Issue.record("\(verdict)")
        return
      }
      #expect(words.contains(evidence))
    } else {
      #expect(verdict == .person)
    }
  }

  @Test(
    "a login's shape tells programs from people with similar names",
    arguments: [
      ("dependabot[bot]", true), ("renovate-bot", true), ("my_bot", true), ("BotX", false), ("greenkeeperio-bot", true),
      ("mergebot", true), ("rtbot", true), ("robot", true), ("some-robot", true), ("abbott", false),
      ("mary-abbot", false), ("talbot", false),
      ("alice", false), ("ci-alice", false), ("jbotha", false), ("bottle", false), ("bot-runner", true), ("", false),
    ])
  func logins(login: String, isBot: Bool) {
    let score = BotScore(of: Account(login: login, kind: .user))
    #expect((score.value >= BotGuard.registryThreshold) == isBot, "\(score)")
    #expect(score.evidence.isEmpty == (score.value == 0))
  }

  @Test("one weak sign makes no bot, several do, and the strongest is named first")
  func behaviour() {
    let person = Account(login: "alice", kind: .user)
    func score(_ behaviour: AccountBehaviour, _ account: Account) -> BotScore {
      BotScore(of: account, behaving: behaviour)
    }
    #expect(score(AccountBehaviour(), person).value == 0)
    #expect(score(AccountBehaviour(texts: 9, repeatedTexts: 9, instantAnswers: 9), person).value == 0)
    #expect(score(AccountBehaviour(texts: 100, repeatedTexts: 100), person).value < 0.8)
    #expect(
      score(AccountBehaviour(texts: 100, repeatedTexts: 40, instantAnswers: 20, activeHours: 21), person).value == 0)
    let busy = score(AccountBehaviour(texts: 100, repeatedTexts: 90, instantAnswers: 80, activeHours: 24), person)
    #expect(busy.value >= 0.8 && busy.value <= 1)
    #expect(
      busy.evidence == [
        "90 % of its texts repeat earlier ones", "80 % of its texts came within seconds",
        "it is active in 24 hours of the day",
      ])
    #expect(score(AccountBehaviour(texts: 10, repeatedTexts: 9), Account(login: "acme-ci")).value >= 0.8)
    #expect(score(AccountBehaviour(wroteMarker: true), person).value >= 0.8)
    #expect(score(AccountBehaviour(), Account(login: "app", kind: .bot)).value == 1)
  }
}
