import CMarkGFM

/// Which headings a text has, and whether anything is written under them, as CommonMark reads them.
///
/// An issue form leaves `### Heading` and what was answered, or `_No response_`.
struct TemplateSections {
  private struct Section {
    var level: Int32
    var heading: String
    var isFilled = false
  }
  private var sections: [Section] = []
  /// Whether the text was too intricate to be parsed; then nothing is known of it.
  private(set) var isUnreadable = false

  init(_ text: String) {
    let bytes = Array(text.utf8)
    guard !ParsingBounds.exceeded(by: bytes) else {
      isUnreadable = true
      return
    }
    CommonMark.parse(bytes) { document in
      var block = cmark_node_first_child(document)
      while let node = block {
        read(node)
        block = cmark_node_next(node)
      }
    }
  }

  /// Those of the headings that are missing, or that nothing is written under.
  func missing(_ headings: [String]) -> [(heading: String, isThere: Bool)] {
    headings.compactMap { heading in
      let key = Self.key(heading)
      let found = sections.filter { $0.heading == key }
      return found.contains(where: \.isFilled) ? nil : (heading, !found.isEmpty)
    }
  }

  private mutating func read(_ block: OpaquePointer) {
    guard cmark_node_get_type(block) == CMARK_NODE_HEADING else {
      guard Self.saysSomething(block) else { return }
      // What stands under a heading of a lower rank belongs to those above it too.
      var level = Int32.max
      for index in sections.indices.reversed() where sections[index].level < level {
        level = sections[index].level
        sections[index].isFilled = true
      }
      return
    }
    let heading = Self.key(CommonMark.text(of: block))
    sections.append(Section(level: cmark_node_get_heading_level(block), heading: heading))
  }

  /// Without regard to case, white space and a colon at the end.
  private static func key(_ heading: String) -> String {
    var words = heading.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.hasPrefix("#") { words = words.drop { $0 == "#" }.drop { $0 == " " }.description }
    while words.hasSuffix(":") || words.hasSuffix(" ") { words.removeLast() }
    return words
  }

  /// Whether a reader sees anything in the block: comments and the form's words for an empty answer are nothing.
  private static func saysSomething(_ block: OpaquePointer) -> Bool {
    if isNoResponse(block) { return false }
    return CommonMark.contains(block) { node in
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_CODE, CMARK_NODE_CODE_BLOCK: !isBlank(CommonMark.literal(of: node))
      case CMARK_NODE_IMAGE: true
      case CMARK_NODE_HTML_BLOCK, CMARK_NODE_HTML_INLINE: !isBlank(withoutComments(CommonMark.literal(of: node)))
      default: false
      }
    }
  }

  private static func isNoResponse(_ block: OpaquePointer) -> Bool {
    guard cmark_node_get_type(block) == CMARK_NODE_PARAGRAPH, let only = cmark_node_first_child(block),
      cmark_node_next(only) == nil, cmark_node_get_type(only) == CMARK_NODE_EMPH
    else { return false }
    return CommonMark.text(of: only) == "No response"
  }

  private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

  private static func withoutComments(_ html: String) -> String {
    var rest = html.utf8[...]
    var out: [UInt8] = []
    let open = Array("<!--".utf8)
    let close = Array("-->".utf8)
    while let start = rest.firstIndex(of: open[0]) {
      out += rest[..<start]
      guard rest[start...].starts(with: open) else {
        out.append(open[0])
        rest = rest[rest.index(after: start)...]
        continue
      }
      var end = start
      while end < rest.endIndex, !rest[end...].starts(with: close) { end = rest.index(after: end) }
      rest = rest[(rest.index(end, offsetBy: close.count, limitedBy: rest.endIndex) ?? rest.endIndex)...]
    }
    return String(decoding: out + rest, as: UTF8.self)
  }
}
