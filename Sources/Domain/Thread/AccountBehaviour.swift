/// What the registry knows of how an account behaves. Counts are of what was captured, in all repositories.
public struct AccountBehaviour: Hashable, Sendable {
  /// Texts of the account that were looked at.
  public var texts: Int
  /// Those of them that say what an earlier one said, numbers, links and names aside.
  public var repeatedTexts: Int
  /// Those that came within ten seconds of the event that they answer.
  public var instantAnswers: Int
  /// Hours of the day (0 to 24) in which it was active at least once.
  public var activeHours: Int
  /// Whether a text of its carried Yardmaster's marker.
  public var wroteMarker: Bool

  public init(
    texts: Int = 0, repeatedTexts: Int = 0, instantAnswers: Int = 0, activeHours: Int = 0, wroteMarker: Bool = false
  ) {
    self.texts = texts
    self.repeatedTexts = repeatedTexts
    self.instantAnswers = instantAnswers
    self.activeHours = activeHours
    self.wroteMarker = wroteMarker
  }
}
