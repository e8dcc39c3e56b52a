public import Domain

/// What the commands of one text come to.
public struct CommandDeliberation: Hashable, Sendable {
  /// The decisions without what is said in answer.
  public var deliberation = Deliberation()
  /// Every command that was new in the text, with its verdict, in the order of the lines; to be recorded.
  public var read: [ReadCommand] = []
  /// What the caller has to carry out itself, in order.
  public var requests: [CommandRequest] = []
  /// What was refused or wrong, to be answered.
  public var refusals: [Refusal] = []
  /// Whether `/help` was asked for.
  public var asksForHelp = false

  /// The origin of what is said or shown in answer to commands.
  public static let acknowledgementOrigin = "commands"

  /// The reason of what is said where a request of ``requests`` was refused, or not all of it can be done. Recorded with
  /// the decisions, so that a later attempt at the event knows of it too.
  public static let refusedRequest = Reason(
    origin: acknowledgementOrigin, evidence: "not all that a command asked for can be done")

  public struct Refusal: Hashable, Sendable {
    public var line: Int
    /// As it was typed.
    public var name: String
    /// Holds untrusted text.
    public var words: String

    public init(line: Int, name: String, words: String) {
      self.line = line
      self.name = name
      self.words = words
    }
  }

  public init() {}

  /// Whether anything was asked for that could be done, or was done already.
  public var acceptsAnything: Bool { read.contains { $0.verdict == .accepted } }
  public var isFlooded: Bool { read.contains { $0.verdict == .flood } }
}
