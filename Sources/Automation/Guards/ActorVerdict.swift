public import Domain

/// Whether a person or a program is behind a text or an event.
public enum ActorVerdict: Hashable, Sendable {
  case person
  /// `evidence`: in words, such as `GitHub lists it as a bot`.
  case bot(evidence: String)

  public var isBot: Bool { if case .bot = self { true } else { false } }
}

/// Tells people from programs. What speaks for a bot is asked in the order of how sure it is.
public struct BotGuard: Sendable {
  /// The registry's score from which an account counts as a bot.
  public static let registryThreshold = 0.8
  /// How Yardmaster's own comments begin their marker, whichever instance wrote them.
  public static let marker = "<!-- yardmaster:"

  private let people: [Glob]
  private let bots: [Glob]

  public init(settings: ActorSettings) {
    people = settings.people.map(Glob.init)
    bots = settings.bots.map(Glob.init)
  }

  /// - Parameters:
  ///   - text: what the account wrote, where the event is about a text. A marker counts wherever it stands in it, also
  ///     in code and quotations: that errs on the side that stops loops.
  ///   - ownLogins: in lower case.
  ///   - score: of the registry, where it knows the account.
  public func verdict(
    on account: Account?, text: String? = nil, ownLogins: Set<String> = [], score: Double? = nil
  ) -> ActorVerdict {
    // No list of people can vouch for a text that a program signed.
    if let text, Self.isMarked(text) { return .bot(evidence: "the text carries Yardmaster's marker") }
    guard let account else { return .person }
    let login = Glob.folded(account.login)
    if people.contains(where: { $0.matches(folded: login) }) { return .person }
    if account.isBot { return .bot(evidence: "GitHub lists @\(account.login) as a bot") }
    if ownLogins.contains(account.login.lowercased()) {
      return .bot(evidence: "Yardmaster acts as @\(account.login)")
    }
    if bots.contains(where: { $0.matches(folded: login) }) {
      return .bot(evidence: "the configuration lists @\(account.login) as a bot")
    }
    if let score, score >= Self.registryThreshold {
      return .bot(evidence: "the registry has @\(account.login) as a bot")
    }
    return .person
  }

  static func isMarked(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "<")) else { return false }
    let marker = Array(marker.utf8)
    let bytes = Array(text.utf8)
    guard bytes.count >= marker.count else { return false }
    return (0...(bytes.count - marker.count)).contains { start in
      bytes[start] == marker[0] && bytes[start..<(start + marker.count)].elementsEqual(marker)
    }
  }
}
