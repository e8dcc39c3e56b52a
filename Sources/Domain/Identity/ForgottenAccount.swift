/// What stands in records in the place of a login that was forgotten.
public enum ForgottenAccount {
  /// As GitHub shows accounts that were deleted.
  public static let login = "ghost"

  /// Whether a text is the recorded one, in which logins may have been forgotten since.
  public static func isSame(_ found: String, as recorded: String) -> Bool {
    length(of: recorded, in: found) == found.utf8.count
  }

  /// Whether a text begins with the recorded one, in which logins may have been forgotten since.
  public static func starts(_ found: String, with recorded: String) -> Bool { length(of: recorded, in: found) != nil }

  /// Whether the text names an account that was forgotten.
  public static func isMentioned(in text: String) -> Bool { text.contains("@\(login)") }

  /// How many bytes at the beginning of `found` are the recorded text, with any login where it has the neutral one; nil
  /// where it begins otherwise.
  private static func length(of recorded: String, in found: String) -> Int? {
    let (recorded, found) = (Array(recorded.utf8), Array(found.utf8))
    let neutral = Array(login.utf8)
    var (index, end) = (0, 0)
    while index < recorded.count {
      let isWordsStart = index == 0 || !isOfLogin(recorded[index - 1])
      if isWordsStart, wordEnd(in: recorded, from: index) == index + neutral.count,
        recorded[index...].starts(with: neutral)
      {
        let wordEnd = wordEnd(in: found, from: end)
        guard wordEnd > end else { return nil }
        (index, end) = (index + neutral.count, wordEnd)
      } else {
        guard end < found.count, found[end] == recorded[index] else { return nil }
        (index, end) = (index + 1, end + 1)
      }
    }
    return end
  }

  /// A login ends with a letter or a digit; what follows is the sentence's.
  private static func wordEnd(in text: [UInt8], from start: Int) -> Int {
    var end = start
    while end < text.count, isOfLogin(text[end]) { end += 1 }
    while end > start, text[end - 1] == UInt8(ascii: "-") || text[end - 1] == UInt8(ascii: "_") { end -= 1 }
    return end
  }

  private static func isOfLogin(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension Effect {
  /// The effect without the assignees who were forgotten: whose name stands in their place is nobody to be assigned. nil
  /// where nothing is left of it.
  public var withoutForgotten: Effect? {
    func others(_ logins: [String]) -> [String]? {
      let others = logins.filter { $0.lowercased() != ForgottenAccount.login }
      return others.isEmpty ? nil : others
    }
    return switch self {
    case .assign(let logins): others(logins).map(Effect.assign)
    case .unassign(let logins): others(logins).map(Effect.unassign)
    default: self
    }
  }
}
