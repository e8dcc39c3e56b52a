extension Markdown {
  /// An inline code span that shows `untrusted` on one line and cannot be broken out of: its fence is longer than any
  /// run of backticks inside (https://spec.commonmark.org/0.31.2/#code-spans). GitHub links nothing inside code.
  public static func code(_ untrusted: some StringProtocol) -> Markdown {
    let content = VisibleText.make(untrusted, lineBreaks: .space)
    guard !content.isEmpty else { return "` `" }
    let fence = String(repeating: "`", count: longestRun(of: "`", in: content) + 1)
    // One space at both ends is taken off again, unless there is nothing but spaces.
    let backtick = UInt8(ascii: "`")
    let space = UInt8(ascii: " ")
    let bytes = content.utf8
    let touches = bytes.first == backtick || bytes.last == backtick
    let strips = bytes.first == space && bytes.last == space && bytes.contains { $0 != space }
    let padding = touches || strips ? " " : ""
    return Markdown(trusted: fence + padding + content + padding + fence)
  }

  /// A fenced code block that keeps the lines of `untrusted`. Begins and ends a block of its own.
  ///
  /// - Parameter language: letters, digits, `+` and `-` of it are used.
  public static func codeBlock(_ untrusted: some StringProtocol, language: String = "") -> Markdown {
    var content = VisibleText.make(untrusted, lineBreaks: .keep)
    if content.utf8.last != UInt8(ascii: "\n") { content += "\n" }
    let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: content) + 1))
    let word = language.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-") }
    return Markdown(trusted: "\(fence)\(word)\n\(content)\(fence)")
  }

  /// A table; rows shorter than the header are filled up, longer ones cut.
  ///
  /// A pipe divides cells even inside code unless a backslash stands before it, which is then taken off
  /// (https://github.github.com/gfm/#example-200).
  public static func table(header: [Markdown], rows: [[Markdown]]) -> Markdown {
    func line(_ cells: [Markdown]) -> String {
      let padded = cells.prefix(header.count) + Array(repeating: "", count: max(0, header.count - cells.count))
      return "| " + padded.map(cell).joined(separator: " | ") + " |"
    }
    let rule = "|" + String(repeating: " --- |", count: header.count)
    return Markdown(trusted: ([line(header), rule] + rows.map(line)).joined(separator: "\n"))
  }

  /// A section that the reader opens with a click.
  public static func details(_ summary: StaticString, _ body: Markdown) -> Markdown {
    Markdown(trusted: "<details>\n<summary>\(summary)</summary>\n\n\(body.text)\n\n</details>")
  }

  /// A link where `url` is an `https` or `http` URL, its label alone otherwise. What could end the target is
  /// percent-encoded.
  public static func link(_ label: Markdown, to url: String) -> Markdown {
    guard url.hasPrefix("https://") || url.hasPrefix("http://") else { return label }
    var target = ""
    for byte in url.utf8 {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
        UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "*"),
        UInt8(ascii: "_"), UInt8(ascii: "|"), UInt8(ascii: "~"), 0...0x20, 0x7F...0xFF:
        let digits = String(byte, radix: 16, uppercase: true)
        target += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      case UInt8(ascii: "&"): target += "&amp;"
      default: target.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return Markdown(trusted: "[\(label.text)](\(target))")
  }

  /// `@login`, which notifies that person, where `login` has the form of one; inline code otherwise.
  public static func mention(_ login: String) -> Markdown {
    let bytes = login.utf8
    let isLogin =
      !bytes.isEmpty && bytes.count <= 39 && bytes.first != UInt8(ascii: "-")
      && bytes.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "-")
      }
    return isLogin ? Markdown(trusted: "@" + login) : code(login)
  }

  private static func cell(_ content: Markdown) -> String {
    var out = ""
    for character in content.text.unicodeScalars {
      switch character {
      case "\n", "\r": out += " "
      case "|": out += "\\|"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  private static func longestRun(of character: Unicode.Scalar, in text: String) -> Int {
    var longest = 0
    var run = 0
    for scalar in text.unicodeScalars {
      run = scalar == character ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
