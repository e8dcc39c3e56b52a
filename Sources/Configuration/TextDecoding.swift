import Domain
import Patterns

// The texts that mean more than their letters: what is looked for, templates, logins, labels, files.
extension SettingsDecoder {
  /// Characters of one word or phrase that a rule looks for.
  static let maximumWordLength = 200
  /// Patterns of one file.
  static let maximumPatterns = 500
  /// Characters of a comment template. GitHub's limit is 65,536 for what comes out of it.
  static let maximumTemplateLength = 30_000
  /// Stars of one glob.
  private static let maximumStars = 10

  /// Words, or `pattern:` or `glob:` with one of them.
  mutating func textMatches(_ node: YAMLNode, called name: String) -> [Rule.TextMatch] {
    items(node, called: name, mappings: true).compactMap { item in
      guard case .mapping = item.content else { return word(item).map(Rule.TextMatch.words) }
      guard let members = mapping(item, TextMatchKey.self, called: "what '\(name)' looks for") else { return nil }
      guard let (key, value) = members.first, members.count == 1 else {
        // An unknown key was told already.
        if members.count != 1, item.isEmptyMapping || members.count > 1 {
          fail("'\(name)' needs either 'pattern' or 'glob' here", item, "Write each as an item of a list.")
        }
        return nil
      }
      switch key {
      case .pattern: return pattern(value).map(Rule.TextMatch.pattern)
      case .glob: return glob(value, called: "a glob").map(Rule.TextMatch.glob)
      }
    }
  }

  private mutating func word(_ node: YAMLNode) -> String? {
    guard let word = text(node, called: "a word to look for") else { return nil }
    guard !word.allSatisfy(\.isWhitespace), word.unicodeScalars.count <= Self.maximumWordLength else {
      fail(
        "a word or phrase must have 1 to \(Self.maximumWordLength) characters", node,
        "Write the word that the text must contain.")
      return nil
    }
    return word
  }

  /// A pattern that compiles.
  mutating func pattern(_ node: YAMLNode) -> String? {
    guard let source = text(node, called: "a pattern") else { return nil }
    guard !source.isEmpty else {
      fail("the pattern is empty, so every text would match it", node, "Write a pattern, or remove it.")
      return nil
    }
    patterns += 1
    guard patterns <= Self.maximumPatterns else {
      if patterns == Self.maximumPatterns + 1 {
        fail(
          "the file has more than \(Self.maximumPatterns) patterns", node, "Merge patterns with '|', or use words.")
      }
      return nil
    }
    do throws(PatternFault) {
      _ = try Pattern(source)
      return source
    } catch {
      fail(
        "the pattern is not valid at its character \(error.offset + 1): \(error.message)", node,
        "Correct the pattern; it is one of PCRE2's, and single quotes keep its backslashes as they are.")
      return nil
    }
  }

  mutating func glob(_ node: YAMLNode, called name: String) -> String? {
    guard let glob = line(node, called: name, maximum: Self.maximumWordLength) else { return nil }
    guard glob.utf8.count(where: { $0 == UInt8(ascii: "*") }) <= Self.maximumStars else {
      fail("\(name) has more than \(Self.maximumStars) stars", node, "Use a pattern instead.")
      return nil
    }
    return glob
  }

  mutating func globs(_ node: YAMLNode, called name: String) -> [String] {
    items(node, called: name).compactMap { glob($0, called: "a value of '\(name)'") }
  }

  /// Globs, or `true` or `false` for any or none.
  mutating func globsOrFlag(_ node: YAMLNode, called name: String) -> (globs: [String], flag: Bool?) {
    if let flag = flag(node) { return ([], flag) }
    return (globs(node, called: name), nil)
  }

  /// Globs of logins.
  mutating func loginGlobs(_ node: YAMLNode, called name: String) -> [String] {
    items(node, called: name).compactMap { login($0, called: "a login of '\(name)'", further: "*?") }
  }

  /// Letters, digits, `-`, `_`, and `[bot]`: what logins are made of, managed users' included.
  mutating func login(_ node: YAMLNode, called name: String, further: String = "") -> String? {
    guard let login = text(node, called: name) else { return nil }
    let allowed = "-_[]" + further
    guard !login.isEmpty, login.utf8.count <= 100,
      login.utf8.allSatisfy({ byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || allowed.utf8.contains(byte)
      })
    else {
      fail(
        "\(name) cannot be '\(login.prefix(50))'", node,
        login.hasPrefix("@") ? "Write the login without the @." : "Write the login as GitHub shows it.",
        nearest: login.hasPrefix("@") ? String(login.dropFirst()) : nil)
      return nil
    }
    return login
  }

  mutating func label(_ node: YAMLNode) -> String? {
    guard let name = text(node, called: "a label") else { return nil }
    guard LabelName.isValid(name) else {
      fail(
        "a label must be one line of 1 to \(LabelName.maximumLength) characters", node,
        "Write the name as GitHub's list of labels shows it.")
      return nil
    }
    guard !name.contains("{{") else {
      fail("placeholders are not filled in in labels", node, "Write the label's name.")
      return nil
    }
    return name
  }

  /// - Parameter arguments: of the command that the template belongs to; nil for a rule's.
  mutating func template(
    _ node: YAMLNode, called name: String, maximum: Int = Self.maximumTemplateLength, arguments: [String]?
  ) -> String? {
    guard let text = text(node, called: name) else { return nil }
    guard !text.allSatisfy(\.isWhitespace), text.unicodeScalars.count <= maximum else {
      fail("\(name) must have 1 to \(maximum) characters", node, "Write a shorter text.")
      return nil
    }
    let valid = Template.Placeholder.plain.map(\.name) + (arguments ?? []).map { "args.\($0)" }
    let template: Template
    do throws(Template.Fault) {
      template = try Template(text)
    } catch {
      switch error {
      case .unknownPlaceholder(let typed):
        failPlaceholder("there is no placeholder {{\(typed.prefix(50))}}", typed, valid, node)
      case .unclosed:
        fail("a placeholder is opened with {{ and not closed", node, "Write }} after the placeholder's name.")
      }
      return nil
    }
    for case .placeholder(.argument(let argument)) in template.segments {
      guard let arguments else {
        fail(
          "{{args.\(argument.prefix(50))}} has a value in commands of 'commands.custom' only", node,
          "Use another placeholder: {{\(valid.joined(separator: "}}, {{"))}}.")
        return nil
      }
      guard arguments.contains(argument) else {
        failPlaceholder(
          "the command has no argument '\(argument.prefix(50))'", "args.\(argument)", valid, node)
        return nil
      }
    }
    return text
  }

  private mutating func failPlaceholder(_ message: String, _ typed: String, _ valid: [String], _ node: YAMLNode) {
    let suggestion = nearest(to: typed, among: valid)
    fail(
      message, node,
      (suggestion.map { "Did you mean {{\($0)}}? " } ?? "") + "Valid are {{\(valid.joined(separator: "}}, {{"))}}.",
      nearest: suggestion)
  }

  /// A file's name: the API takes it as the last part of a path, and GitHub keeps workflows in one folder.
  mutating func workflowFile(_ node: YAMLNode, called key: String) -> String? {
    guard let name = text(node, called: key) else { return nil }
    let isSafe = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
    let stem = name.hasSuffix(".yml") ? name.dropLast(4) : name.hasSuffix(".yaml") ? name.dropLast(5) : ""
    guard isSafe, !stem.isEmpty, name.utf8.count <= 100 else {
      fail(
        "\(key) must be the name of a .yml or .yaml file in .github/workflows", node,
        "Write the file's name alone, as in history-sync.yml.")
      return nil
    }
    return name
  }
}
