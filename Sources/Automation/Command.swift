public import Domain

/// A line of a comment that is, or was probably meant to be, a command.
public struct Command: Hashable, Sendable {
  /// What it asks for, or what is wrong with it.
  public var request: Request
  /// The command's name; nil where none was recognised.
  public var name: CommandName?
  /// The line's number in the comment, from 1.
  public var line: Int

  public enum Request: Hashable, Sendable {
    case addLabels([String])
    case removeLabels([String])
    case close(Effect.CloseReason)
    case reopen
    /// Logins; `nil` stands for the comment's author.
    case assign([String?])
    /// Not to be carried out; says why, for the maintainer.
    case mistake(String)
  }

  public init(request: Request, name: CommandName?, line: Int) {
    self.request = request
    self.name = name
    self.line = line
  }

  /// Whether the author's permission has to be looked up before it can be decided.
  public var needsPermission: Bool { if case .mistake = request { false } else { true } }
}
