/// Where an event goes. A value: routing opens no connection and reads no file.
public enum Route: Hashable, Sendable {
  case issue
  case comment
  /// No rule and no command is in it, but what it is about changed: captured where the configuration says so.
  case capture
  /// A dispatch that names a capture job, or asks for one.
  case history
  /// Nothing to do, for a reason that the maintainer reads.
  case ignored(reason: String)
}

/// What routing has to know of the environment.
public struct RoutingFacts: Sendable {
  public var hasDatabase: Bool
  public init(hasDatabase: Bool) { self.hasDatabase = hasDatabase }
}
