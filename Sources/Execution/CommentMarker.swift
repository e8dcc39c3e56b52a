public import Domain

/// The HTML comment at the end of every posted comment; readers do not see it, and a lost answer is settled by it.
public struct CommentMarker: Hashable, Sendable {
  let text: String

  /// Of one action: no other comment has it.
  public init(action: ActionID) { text = "<!-- yardmaster:action=\(action.text) -->" }

  /// Of the one comment of a key on an item.
  public init(sticky key: String) { text = "<!-- yardmaster:sticky=\(percentEncodedPathSegment(key)) -->" }

  /// GitHub refuses bodies over this many characters.
  static let bodyLimit = 65_536

  /// The body with the marker behind it, cut where both together would be too long.
  public func appended(to body: String) -> String {
    let tail = "\n\n" + text
    let room = Self.bodyLimit - tail.unicodeScalars.count
    guard body.unicodeScalars.count > room else { return body + tail }
    var cut = String.UnicodeScalarView()
    cut.append(contentsOf: body.unicodeScalars.prefix(room - 2))
    return String(cut) + "\n…" + tail
  }

  public func isCarried(by body: String) -> Bool { body.contains(text) }
}
