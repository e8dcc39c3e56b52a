import Domain

extension SettingsDecoder {
  /// More than any account does by hand.
  static let maximumPerHour = 100_000

  mutating func actors(_ node: YAMLNode) -> ActorSettings {
    var actors = ActorSettings()
    let members = mapping(node, ActorsKey.self, called: "actors") ?? []
    for (key, value) in members {
      let name = key.rawValue
      switch key {
      case .people: actors.people = loginGlobs(value, called: name)
      case .bots: actors.bots = loginGlobs(value, called: name)
      case .eventsPerHour:
        actors.eventsPerHour = wholeNumber(value, 1...Self.maximumPerHour, called: name) ?? actors.eventsPerHour
      case .commandsPerHour:
        actors.commandsPerHour = wholeNumber(value, 1...Self.maximumPerHour, called: name) ?? actors.commandsPerHour
      case .unlimitedFrom: actors.unlimitedFrom = permission(value, called: name) ?? actors.unlimitedFrom
      }
    }
    let people = Set(actors.people.map { $0.lowercased() })
    if let login = actors.bots.first(where: { people.contains($0.lowercased()) }),
      let (_, value) = members.first(where: { $0.0 == .bots })
    {
      fail("'\(login)' is among the people and among the bots", value, "Remove it from one of the two lists.")
    }
    return actors
  }
}
