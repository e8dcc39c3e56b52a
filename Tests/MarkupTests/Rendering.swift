import CMarkGFMExtensions
import Glibc
import Synchronization

/// HTML as cmark-gfm makes it with GitHub's extensions, raw HTML included.
///
/// One at a time: attaching an extension changes global tables in cmark-gfm.
func render(_ markdown: String) -> String {
  renderLock.withLock { _ in
    cmark_gfm_core_extensions_ensure_registered()
    let options = CMARK_OPT_UNSAFE | CMARK_OPT_FOOTNOTES
    guard let parser = cmark_parser_new(options) else { return "" }
    defer { cmark_parser_free(parser) }
    for name in ["table", "autolink", "strikethrough", "tasklist"] {
      cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(name))
    }
    cmark_parser_feed(parser, markdown, markdown.utf8.count)
    guard let document = cmark_parser_finish(parser) else { return "" }
    defer { cmark_node_free(document) }
    guard let html = cmark_render_html(document, options, cmark_parser_get_syntax_extensions(parser)) else { return "" }
    defer { free(html) }
    return String(cString: html)
  }
}

private let renderLock = Mutex(())

/// The names of all opening tags, in order.
func tags(in html: String) -> [String] {
  html.unicodeScalars.split(separator: "<", omittingEmptySubsequences: false).dropFirst().compactMap { piece in
    guard let first = piece.first, first != "/" else { return nil }
    return String(String.UnicodeScalarView(piece.prefix { $0.properties.isAlphabetic || "0"..."9" ~= $0 || $0 == "!" }))
  }
}

/// The text between tags with its character references resolved; without what stands in `code` where `outsideCode`.
///
/// By scalars: a combining mark after `>` makes another character of it.
func text(of html: String, outsideCode: Bool = false) -> String {
  var out = String.UnicodeScalarView()
  var tag = String.UnicodeScalarView()
  var reference: String.UnicodeScalarView?
  var isTag = false
  var depth = 0
  for scalar in html.unicodeScalars {
    if isTag {
      if scalar == ">" {
        isTag = false
        if String(tag) == "code" || String(tag).utf8.starts(with: "code ".utf8) { depth += 1 }
        if String(tag) == "/code" {
          depth -= 1
          // Text nodes on both sides are looked at one by one.
          if outsideCode { out.append("|") }
        }
      } else {
        tag.append(scalar)
      }
    } else if scalar == "<" {
      isTag = true
      tag = .init()
    } else if depth > 0, outsideCode {
      continue
    } else if scalar == "&" {
      reference = .init()
    } else if let name = reference {
      if scalar == ";" {
        out.append(resolved(String(name)))
        reference = nil
      } else {
        reference?.append(scalar)
      }
    } else {
      out.append(scalar)
    }
  }
  return String(out)
}

private func resolved(_ reference: String) -> Unicode.Scalar {
  switch reference {
  case "lt": "<"
  case "gt": ">"
  case "amp": "&"
  case "quot": "\""
  default: UInt32(reference.dropFirst()).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
  }
}
