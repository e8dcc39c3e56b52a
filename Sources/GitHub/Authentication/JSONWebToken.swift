import Cryptography
import Domain

/// What a GitHub App proves itself with.
///
/// RS256; issued a minute ago, for clocks that differ, and good for at most ten minutes from now:
/// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
enum JSONWebToken {
  /// - Parameter now: by GitHub's clock.
  static func make(app id: String, key: RSAPrivateKey, now: Timestamp) throws(RSAPrivateKey.Fault) -> String {
    // An App's number goes as a number, which every GitHub Enterprise Server takes; a client id is text.
    let issuer: JSONValue = Int64(id).map { .integer($0) } ?? .string(id)
    let header: JSONValue = ["alg": "RS256", "typ": "JWT"]
    let claims: JSONValue = [
      "exp": .integer(now.seconds + 540), "iat": .integer(now.seconds - 60), "iss": issuer,
    ]
    let signed = [header, claims].map { base64URL(Array($0.canonicalText.utf8)) }.joined(separator: ".")
    return signed + "." + base64URL(try key.signature(of: Array(signed.utf8)))
  }
}
