/// The targets of a `Link` header by their relation (RFC 8288); GitHub sends `next`, `last`, `first` and `prev`.
/// https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
public struct LinkHeader: Hashable, Sendable {
  private var targets: [String: String] = [:]

  public init(_ text: String) {
    var rest = text.utf8[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      guard let close = rest[open...].firstIndex(of: UInt8(ascii: ">")) else { return }
      let target = String(Substring(rest[rest.index(after: open)..<close]))
      rest = rest[rest.index(after: close)...]
      // A parameter's value may be quoted and then hold a comma; a target may hold one too, and is behind us.
      var isQuoted = false
      let end =
        rest.firstIndex { byte in
          if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
          return byte == UInt8(ascii: ",") && !isQuoted
        } ?? rest.endIndex
      for parameter in Substring(rest[..<end]).split(separator: ";") {
        let parts = parameter.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, parts[0].filter({ $0 != " " }).lowercased() == "rel" else { continue }
        for relation in parts[1].split(whereSeparator: { $0 == " " || $0 == "\"" }) {
          let name = relation.lowercased()
          if targets[name] == nil { targets[name] = target }
        }
      }
      rest = rest[end...]
    }
  }

  public var next: String? { targets["next"] }
  public var last: String? { targets["last"] }
}
