/// GitHub's limits on what is decided.
enum GitHubLimits {
  /// An issue holds at most 100 labels.
  static let labels = 100
  /// Source: https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/assigning-issues-and-pull-requests-to-other-github-users
  static let assignees = 10
  /// Source: GitHub answers 422 `title is too long (maximum is 256 characters)`.
  static let titleLength = 256
  /// A comment holds at most 65,536 characters; the rest is room for the marker that the executor adds.
  static let commentLength = 65_536 - 1_024
  /// Source: https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
  static let dispatchInputs = 25
  static let dispatchLength = 65_535

  /// GitHub's logins: 1 to 39 letters, digits and hyphens, the first no hyphen; those of an enterprise's own accounts
  /// also have an underscore.
  static func isLogin(_ text: String) -> Bool {
    let bytes = text.utf8
    return !bytes.isEmpty && bytes.count <= 39 && bytes.first != UInt8(ascii: "-")
      && bytes.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  /// One line of 1 to 256 characters.
  static func isTitle(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    return !text.allSatisfy(\.isWhitespace) && scalars.count <= titleLength
      && !scalars.contains { $0.properties.generalCategory == .control }
  }
}
