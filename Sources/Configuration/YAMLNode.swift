import Domain

/// A YAML value with the place where it begins.
struct YAMLNode: Sendable {
  var content: Content
  var location: SourceLocation

  enum Content: Sendable {
    /// `isPlain`: written without quotes, so that `true`, `null` and the like may mean more than their letters.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([Member])
  }

  struct Member: Sendable {
    var key: String
    var keyLocation: SourceLocation
    var value: YAMLNode
  }

  /// Whether nothing was written: `key:` alone, `~` or `null`.
  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }

  /// What it is, in words for a message.
  var kind: String {
    switch content {
    case _ where isNull: "empty"
    case .scalar: "a text"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
