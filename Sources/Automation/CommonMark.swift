import CMarkGFM

/// The CommonMark parser, asked one question: which texts are ordinary.
enum CommonMark {
  /// The beginnings of texts in paragraphs that start with a slash: no code, HTML, heading, link or block quote.
  ///
  /// cmark walks without recursion; how long it takes is bounded by `CommandScan.isIntricate`.
  static func textsStartingWithSlash(in bytes: [UInt8]) -> [String] {
    let document = bytes.withUnsafeBytes { buffer in
      cmark_parse_document(buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, CMARK_OPT_DEFAULT)
    }
    guard let document else { return [] }
    defer { cmark_node_free(document) }
    guard let iterator = cmark_iter_new(document) else { return [] }
    defer { cmark_iter_free(iterator) }

    var texts: [String] = []
    /// How many of the open nodes make what is in them something else than ordinary text.
    var shelters = 0
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return texts }
      let node = cmark_iter_get_node(iterator)
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
    }
  }
}
