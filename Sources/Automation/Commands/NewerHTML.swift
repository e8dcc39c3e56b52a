/// Spells HTML that newer versions of CommonMark read as blocks so that cmark-gfm, which follows version 0.29, does
/// too: `textarea` (0.30) and `search` (0.31) have the rules of `style` and `div`, and a declaration may begin with a
/// small letter (0.30). Only the tree's shape is of interest, not what the tags say.
/// Source: https://spec.commonmark.org/changelog.txt
enum NewerHTML {
  private static let names: [(old: [UInt8], new: [UInt8])] = [
    (Array("textarea".utf8), Array("style".utf8)), (Array("search".utf8), Array("div".utf8)),
  ]

  static func append(_ line: ArraySlice<UInt8>, to out: inout [UInt8]) {
    guard line.contains(UInt8(ascii: "<")) else {
      out.append(contentsOf: line)
      return
    }
    var rest = line
    while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      var next = rest.index(after: open)
      if next < rest.endIndex, rest[next] == UInt8(ascii: "/") { next = rest.index(after: next) }
      out.append(contentsOf: rest[..<next])
      rest = rest[next...]
      if let (old, new) = names.first(where: { begins(rest, with: $0.old) }) {
        out.append(contentsOf: new)
        rest = rest.dropFirst(old.count)
      } else if rest.first == UInt8(ascii: "!"), let letter = rest.dropFirst().first, (0x61...0x7A).contains(letter) {
        out.append(contentsOf: [UInt8(ascii: "!"), letter - 0x20])
        rest = rest.dropFirst(2)
      }
    }
    out.append(contentsOf: rest)
  }

  /// Whether the tag's name stands there, whole and in any case.
  private static func begins(_ text: ArraySlice<UInt8>, with name: [UInt8]) -> Bool {
    guard text.prefix(name.count).map({ $0 | 0x20 }) == name else { return false }
    guard let next = text.dropFirst(name.count).first else { return true }
    return [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ">"), UInt8(ascii: "/")].contains(next)
  }
}
