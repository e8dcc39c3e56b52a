import Domain

/// Where the API is, and which URLs belong to it.
///
/// The token goes to URLs of the API's own origin (RFC 6454: scheme, host and port) and to the GraphQL URL, which is
/// configuration too; never to an address that an answer names elsewhere.
struct Endpoint: Sendable {
  /// Without a slash at its end.
  let root: String
  let graphQL: String

  /// Names the server in budgets' owners.
  var host: String { origin.isDefaultPort ? origin.host : "\(origin.host):\(origin.port)" }

  private let origin: Origin
  private let graphQLOrigin: Origin

  init?(apiURL: String, graphQLURL: String) {
    var root = apiURL[...]
    while root.hasSuffix("/") { root.removeLast() }
    guard let origin = Origin(root), let graphQLOrigin = Origin(graphQLURL), !root.contains("?"), !root.contains("#")
    else { return nil }
    self.root = String(root)
    graphQL = graphQLURL
    self.origin = origin
    self.graphQLOrigin = graphQLOrigin
  }

  /// The URL of a request's path, or the whole URL that GitHub gave.
  func resolve(_ path: String) throws -> String {
    if !path.hasPrefix("/") {
      guard Origin(path) == origin else {
        throw Failure(
          .failed, "A link in GitHub's answer leads to another host, and was not followed",
          advice: "Check that GITHUB_API_URL names the API itself and no proxy that rewrites links.")
      }
      return path
    }
    let segments = path.prefix { $0 != "?" && $0 != "#" }.dropFirst().split(
      separator: "/", omittingEmptySubsequences: false)
    // A label or a login that is empty or all dots would name the collection above it: `DELETE …/labels/` is all labels.
    let climbs = segments.contains { $0.isEmpty || [".", ".."].contains(dotsDecoded($0)) }
    guard path == "/" || !climbs else {
      throw Failure(
        .failed, "A request to GitHub has an empty segment or dots alone in its path, and was not sent",
        advice: "Rename the label, branch or file that is named so.")
    }
    return root + path
  }

  /// The URL that a redirect names, or nil where it leads to another origin than `url` has.
  func redirect(from url: String, to location: String) -> String? {
    guard let here = Origin(url), here == origin || here == graphQLOrigin else { return nil }
    if location.hasPrefix("/") && !location.hasPrefix("//") { return here.text + location }
    return Origin(location) == here ? location : nil
  }

  /// The path without the query, which may hold what must not be logged.
  static func loggablePath(_ url: String) -> String {
    guard let origin = Origin(url) else { return "?" }
    let path = url.dropFirst(origin.writtenLength).prefix { $0 != "?" && $0 != "#" }
    return path.isEmpty ? "/" : String(path)
  }
}

/// Scheme, host and port.
private struct Origin: Equatable {
  let scheme: String
  let host: String
  let port: Int
  /// How many characters of the URL the origin takes.
  let writtenLength: Int

  /// nil for what is no plain `http` or `https` URL; user information is refused, for `https://api.github.com@evil`.
  init?(_ url: some StringProtocol) {
    guard let colon = url.firstIndex(of: ":") else { return nil }
    scheme = url[..<colon].lowercased()
    guard scheme == "https" || scheme == "http", url[colon...].hasPrefix("://") else { return nil }
    let start = url.index(colon, offsetBy: 3)
    let authority = url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // A backslash is a slash to some readers of URLs and no character of a host's to others.
    guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\"),
      authority.utf8.allSatisfy({ $0 > 32 })
    else { return nil }
    let isBracketed = authority.hasSuffix("]")
    if !isBracketed, let portColon = authority.lastIndex(of: ":") {
      guard let number = Int(authority[authority.index(after: portColon)...]), (1...65_535).contains(number) else {
        return nil
      }
      host = authority[..<portColon].lowercased()
      port = number
    } else {
      host = authority.lowercased()
      port = scheme == "https" ? 443 : 80
    }
    guard !host.isEmpty else { return nil }
    writtenLength = url.distance(from: url.startIndex, to: authority.endIndex)
  }

  var isDefaultPort: Bool { port == (scheme == "https" ? 443 : 80) }

  var text: String { "\(scheme)://\(host):\(port)" }

  static func == (a: Origin, b: Origin) -> Bool { a.scheme == b.scheme && a.host == b.host && a.port == b.port }
}

private func dotsDecoded(_ segment: some StringProtocol) -> String {
  segment.lowercased().split(separator: "%2e", omittingEmptySubsequences: false).joined(separator: ".")
}
