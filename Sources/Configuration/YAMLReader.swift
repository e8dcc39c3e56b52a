import CYAML
import Domain

/// Reads one YAML document into nodes.
///
/// A subset is accepted, so that a file means what it looks like: one document, keys that are texts and stand once,
/// no aliases, no tags. libyaml's loader builds the nodes without recursion; the walk over them is bounded.
struct YAMLReader {
  /// Bytes. A configuration that a person maintains is a thousand times smaller.
  static let maximumSize = 1024 * 1024
  /// The schema needs five levels.
  static let maximumDepth = 32
  /// Brackets and braces that are open at once: libyaml looks through all of them at every token.
  static let maximumOpenBrackets = 200

  private let file: String
  private let lines: LineTable
  /// Node indices that were walked already: a second visit comes from an alias.
  private var visited: Set<Int32> = []
  private(set) var errors: [ConfigurationError] = []

  /// The document's root, nil where the file holds nothing but comments, or its faults.
  static func read(_ bytes: [UInt8], file: String) -> (root: YAMLNode?, errors: [ConfigurationError]) {
    let start = SourceLocation(file: file, line: 1, column: 1)
    guard bytes.count <= maximumSize else {
      let error = ConfigurationError(
        "the file has \(bytes.count) bytes, more than the \(maximumSize) that are read", at: start,
        advice: "Make the configuration smaller.")
      return (nil, [error])
    }
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return (nil, [invalidText(bytes, file: file)])
    }
    var reader = YAMLReader(file: file, lines: LineTable(text, file: file))
    guard reader.isReadable(text) else { return (nil, reader.errors) }
    let root = reader.load(bytes)
    return (root, reader.errors)
  }

  private init(file: String, lines: LineTable) {
    self.file = file
    self.lines = lines
  }

  /// Where the bytes stop being UTF-8.
  private static func invalidText(_ bytes: [UInt8], file: String) -> ConfigurationError {
    // A decoder that repairs puts U+FFFD where the fault is; whatever valid text comes first is the same.
    var low = 0
    var high = bytes.count
    while low < high {
      let middle = (low + high + 1) / 2
      // A prefix that ends inside a scalar is invalid by its last three bytes at most.
      let isValid = (0...3).contains { cut in
        middle >= cut && String(validating: bytes[..<(middle - cut)], as: UTF8.self) != nil
      }
      if isValid { low = middle } else { high = middle - 1 }
    }
    while low > 0, String(validating: bytes[..<low], as: UTF8.self) == nil { low -= 1 }
    let prefix = String(decoding: bytes[..<low], as: UTF8.self)
    // A stand-in for the invalid byte, so that there is a place to point at.
    let lines = LineTable(prefix + "?", file: file)
    return ConfigurationError(
      "the file is not UTF-8 text", at: lines.location(at: prefix.unicodeScalars.count),
      advice: "Save the file in UTF-8.")
  }

  private mutating func isReadable(_ text: String) -> Bool {
    var openBrackets = 0
    for (index, scalar) in text.unicodeScalars.enumerated() {
      switch scalar {
      case "\t", "\n", "\r", "\u{85}", "\u{FEFF}": continue
      case "}", "]": openBrackets = max(0, openBrackets - 1)
      case "{", "[":
        openBrackets += 1
        if openBrackets > Self.maximumOpenBrackets {
          fail(
            "more than \(Self.maximumOpenBrackets) brackets are open here", at: index,
            "Close brackets, or write lists with dashes.")
          return false
        }
      case "\u{00}"..<" ", "\u{7F}"..<"\u{A0}":
        fail(
          "the file holds the control character U+\(hexadecimal(scalar))", at: index,
          "Remove the character; in double quotes, YAML spells it \\x\(hexadecimal(scalar).suffix(2)).")
        return false
      default: continue
      }
    }
    return true
  }

  private func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private mutating func fail(_ message: String, at index: Int, _ advice: String) {
    errors.append(ConfigurationError(message, at: lines.location(at: index), advice: advice))
  }

  // MARK: libyaml

  private mutating func load(_ bytes: [UInt8]) -> YAMLNode? {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      fail("the file could not be read for want of memory", at: 0, "Run the job again.")
      return nil
    }
    defer { yaml_parser_delete(&parser) }
    // The parser borrows the buffer until it is deleted, so everything happens inside the closure.
    return bytes.withUnsafeBufferPointer { buffer -> YAMLNode? in
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)

      var document = yaml_document_t()
      guard yaml_parser_load(&parser, &document) == 1 else {
        syntaxFault(of: parser)
        return nil
      }
      defer { yaml_document_delete(&document) }
      guard yaml_document_get_root_node(&document) != nil else { return nil }

      var next = yaml_document_t()
      guard yaml_parser_load(&parser, &next) == 1 else {
        syntaxFault(of: parser)
        return nil
      }
      defer { yaml_document_delete(&next) }
      if yaml_document_get_root_node(&next) != nil {
        fail(
          "the file holds more than one YAML document", at: next.start_mark.index,
          "Keep one document: remove the line with three dashes and what belongs to it.")
        return nil
      }
      return node(1, of: &document, depth: 1)
    }
  }

  /// What people mostly did where libyaml says this.
  private static func advice(for problem: String) -> String {
    if problem.contains("cannot start any token") {
      return "Indent with spaces, not tabs, and put a text that begins with @, ` or % in quotes."
    }
    if problem.contains("mapping values are not allowed") {
      return "Put a text that holds a colon and a space in quotes, and check the indentation."
    }
    if problem.contains("did not find expected") {
      return "Put a text that begins with {, [, * or & in quotes, and check the indentation."
    }
    return "Correct the YAML syntax here or just before."
  }

  private mutating func syntaxFault(of parser: yaml_parser_t) {
    let problem = parser.problem.map { String(cString: $0) } ?? "the file is not YAML"
    let context = parser.context.map { " (\(String(cString: $0)))" } ?? ""
    // The reader, which sees bytes before there are tokens, sets no mark.
    let index = parser.error == YAML_READER_ERROR ? 0 : parser.problem_mark.index
    fail(problem + context, at: index, Self.advice(for: problem))
  }

  private mutating func node(_ index: Int32, of document: inout yaml_document_t, depth: Int) -> YAMLNode? {
    guard let pointer = yaml_document_get_node(&document, index) else { return nil }
    let source = pointer.pointee
    let location = lines.location(at: source.start_mark.index)
    guard visited.insert(index).inserted else {
      errors.append(
        ConfigurationError(
          "an alias (*name) refers to this value, and aliases are not supported", at: location,
          advice: "Write the value out where it is used."))
      return nil
    }
    guard depth <= Self.maximumDepth else {
      errors.append(
        ConfigurationError(
          "values are nested more than \(Self.maximumDepth) deep here", at: location,
          advice: "Compare with the example configuration."))
      return nil
    }
    if let tag = source.tag.map({ String(cString: $0) }), !Self.untaggedKinds.contains(tag) {
      errors.append(
        ConfigurationError(
          "the tag \(tag) is not supported", at: location,
          advice: "Remove the tag (the word with the exclamation mark)."))
      return nil
    }
    switch source.type {
    case YAML_SCALAR_NODE:
      let scalar = source.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return YAMLNode(content: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), location: location)
    case YAML_SEQUENCE_NODE:
      var items: [YAMLNode] = []
      for item in UnsafeBufferPointer(span: source.data.sequence.items.start, source.data.sequence.items.top) {
        if let value = node(item, of: &document, depth: depth + 1) { items.append(value) }
      }
      return YAMLNode(content: .sequence(items), location: location)
    case YAML_MAPPING_NODE:
      return mapping(source, at: location, of: &document, depth: depth)
    default:
      return nil
    }
  }

  private mutating func mapping(
    _ source: yaml_node_t, at location: SourceLocation, of document: inout yaml_document_t, depth: Int
  ) -> YAMLNode {
    var members: [YAMLNode.Member] = []
    var lineOfKey: [String: Int] = [:]
    for pair in UnsafeBufferPointer(span: source.data.mapping.pairs.start, source.data.mapping.pairs.top) {
      guard let key = node(pair.key, of: &document, depth: depth + 1) else { continue }
      guard case .scalar(let name, _) = key.content else {
        errors.append(
          ConfigurationError("a key must be a text, not \(key.kind)", at: key.location, advice: "Write a name here."))
        continue
      }
      if let line = lineOfKey[name] {
        errors.append(
          ConfigurationError(
            "the key '\(name)' stands here a second time; the first is in line \(line)", at: key.location,
            advice: "Remove one of the two, or merge them."))
        continue
      }
      lineOfKey[name] = key.location.line
      if let value = node(pair.value, of: &document, depth: depth + 1) {
        members.append(YAMLNode.Member(key: name, keyLocation: key.location, value: value))
      }
    }
    return YAMLNode(content: .mapping(members), location: location)
  }

  /// The tags that libyaml gives to what has none in the file.
  private static let untaggedKinds: Set<String> = [
    YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG,
  ]
}

extension UnsafeBufferPointer {
  /// The elements from `start` up to `top`, as libyaml's stacks keep them.
  fileprivate init(span start: UnsafeMutablePointer<Element>?, _ top: UnsafeMutablePointer<Element>?) {
    guard let start, let top else {
      self.init(start: nil, count: 0)
      return
    }
    self.init(start: start, count: top - start)
  }
}
