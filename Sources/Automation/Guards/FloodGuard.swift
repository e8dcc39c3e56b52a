import Domain

/// Keeps one account from asking for more than the configuration allows in an hour.
struct FloodGuard {
  private let settings: ActorSettings
  private let actor: ActorRecord
  private let isUnlimited: Bool
  private let causesAnyNumber: Bool

  init(_ settings: ActorSettings, _ input: AutomationInput) {
    self.settings = settings
    actor = input.context.actor
    isUnlimited = (input.permission ?? .none) >= settings.unlimitedFrom
    causesAnyNumber = (input.actorPermission ?? input.permission ?? .none) >= settings.unlimitedFrom
  }

  /// Whether the event is one of too many. Nobody causes a schedule.
  func isFlooded(_ trigger: Rule.Trigger) -> Bool {
    !causesAnyNumber && trigger.event != .schedule && actor.events >= settings.eventsPerHour
  }

  /// - Parameter position: how many commands of the same text come before it.
  func isFlooded(commandAt position: Int) -> Bool {
    !isUnlimited && actor.commands + position >= settings.commandsPerHour
  }
}
