/// Where an event goes. A value: routing opens no connection and reads no file.
///
/// Of the first three, `mayHoldCommand` says whether a line of the text starts as commands do (never wrong when it says
/// no), and `causedByBot` whether an App is behind the event: whether that stops it, rules and settings decide. Where no
/// rule and no command comes of it, what it is about may still be captured.
public enum Route: Hashable, Sendable {
  /// An issue, on which rules and the commands of its body may act.
  case issue(mayHoldCommand: Bool, causedByBot: Bool)
  /// A pull request, likewise.
  case pullRequest(mayHoldCommand: Bool, causedByBot: Bool)
  /// A comment on either.
  case comment(mayHoldCommand: Bool, causedByBot: Bool)
  /// No rule and no command can be about it, but what it is about changed: captured where the configuration says so.
  case capture
  /// A dispatch that names a capture job, or asks for one.
  case history
  /// A dispatch that asks for one item or one payload to be processed.
  case manual(ManualRequest)
  /// Nothing to do, for a reason that the maintainer reads.
  case ignored(reason: String)
}

/// What somebody asks for by hand.
public struct ManualRequest: Hashable, Sendable {
  public enum Subject: Hashable, Sendable {
    /// The issue or pull request of this number, as it is now.
    case item(Int)
    /// An event's JSON; `event` where its name was given.
    case payload(String, event: EventName?)
  }

  public var subject: Subject
  /// nil for the configuration's.
  public var mode: Settings.Mode?

  public init(_ subject: Subject, mode: Settings.Mode? = nil) {
    self.subject = subject
    self.mode = mode
  }
}

/// What routing has to know of the environment.
public struct RoutingFacts: Sendable {
  public var hasDatabase: Bool
  public init(hasDatabase: Bool) { self.hasDatabase = hasDatabase }
}
