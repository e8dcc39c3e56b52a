import CMarkGFM

/// The CommonMark parser, asked a few questions.
///
/// cmark walks without recursion; how long it takes is bounded by ``ParsingBounds``.
enum CommonMark {
  /// The beginnings of texts in paragraphs that start with a slash: no code, HTML, heading, link or block quote.
  static func textsStartingWithSlash(in bytes: [UInt8]) -> [String] {
    var texts: [String] = []
    /// How many of the open nodes make what is in them something else than ordinary text.
    var shelters = 0
    parse(bytes) { document in
      walk(document) { event, node in
        switch cmark_node_get_type(node) {
        case CMARK_NODE_BLOCK_QUOTE, CMARK_NODE_HEADING, CMARK_NODE_LINK, CMARK_NODE_IMAGE:
          shelters += event == CMARK_EVENT_ENTER ? 1 : -1
        case CMARK_NODE_TEXT where shelters == 0:
          // The literal belongs to the node.
          if let literal = cmark_node_get_literal(node), literal.pointee == CChar(UInt8(ascii: "/")) {
            texts.append(String(cString: literal))
          }
        default: break
        }
        return true
      }
    }
    return texts
  }

  /// The text of each paragraph and heading, without code and HTML; the address of a link stands behind its text.
  static func prose(in bytes: [UInt8]) -> [String] {
    var blocks: [String] = []
    var text = ""
    parse(bytes) { document in
      walk(document) { event, node in
        switch (cmark_node_get_type(node), event) {
        case (CMARK_NODE_PARAGRAPH, CMARK_EVENT_EXIT), (CMARK_NODE_HEADING, CMARK_EVENT_EXIT):
          blocks.append(text)
          text = ""
        case (CMARK_NODE_TEXT, _): text += literal(of: node)
        case (CMARK_NODE_CODE, _), (CMARK_NODE_HTML_INLINE, _): text += "|"
        case (CMARK_NODE_SOFTBREAK, _), (CMARK_NODE_LINEBREAK, _): text += "\n"
        case (CMARK_NODE_LINK, CMARK_EVENT_EXIT):
          // The node's own.
          if let address = cmark_node_get_url(node) { text += " \(String(cString: address)) " }
        default: break
        }
        return true
      }
    }
    return blocks
  }

  /// What a reader sees of the node's text, on one line.
  static func text(of node: OpaquePointer) -> String {
    var text = ""
    walk(node) { event, node in
      guard event == CMARK_EVENT_ENTER else { return true }
      switch cmark_node_get_type(node) {
      case CMARK_NODE_TEXT, CMARK_NODE_CODE: text += literal(of: node)
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: text += " "
      default: break
      }
      return true
    }
    return text
  }

  static func literal(of node: OpaquePointer) -> String {
    cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
  }

  /// Whether the node, or one in it, is what is looked for.
  static func contains(_ node: OpaquePointer, _ isWanted: (OpaquePointer) -> Bool) -> Bool {
    var isFound = false
    walk(node) { event, node in
      if event == CMARK_EVENT_ENTER, isWanted(node) { isFound = true }
      return !isFound
    }
    return isFound
  }

  static func parse(_ bytes: [UInt8], _ read: (OpaquePointer) -> Void) {
    let document = bytes.withUnsafeBytes { buffer in
      cmark_parse_document(buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, CMARK_OPT_DEFAULT)
    }
    guard let document else { return }
    defer { cmark_node_free(document) }
    read(document)
  }

  /// Goes through the node and what is in it until `visit` says that it is enough.
  private static func walk(_ node: OpaquePointer, _ visit: (cmark_event_type, OpaquePointer) -> Bool) {
    guard let iterator = cmark_iter_new(node) else { return }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator), visit(event, node) else { return }
    }
  }
}
