import Cryptography
import Domain

/// What goes into the `Authorization` header.
enum Credential: Sendable {
  case fixed(String)
  /// Tokens of an App's installation, which last an hour each.
  case installation(InstallationTokens)
  /// The App itself: good for asking for such tokens, and for nothing else.
  case app(id: String, key: String, server: ServerClock)

  /// The token to send now.
  func token() async throws -> String {
    switch self {
    case .fixed(let token):
      guard !token.isEmpty else { throw TokenMissing() }
      guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw TokenRejected(message: "it holds characters that no token has")
      }
      return token
    case .installation(let tokens):
      return try await tokens.token()
    case .app(let id, let key, let server):
      do {
        return try JSONWebToken.make(app: id, key: try RSAPrivateKey(pem: key), now: server.shown ?? server.now)
      } catch {
        throw Failure(
          .configuration, "The GitHub App's private key cannot be used: \(error)",
          advice: "Pass the whole .pem file that GitHub gave out, as `app-private-key` or YARDMASTER_APP_PRIVATE_KEY.")
      }
    }
  }

  /// GitHub answered 401 to the token: whether there is another to send.
  /// - Parameter attempt: counts the rejections of one request from 1.
  func hasAnother(after token: String, attempt: Int) async throws -> Bool {
    switch self {
    case .fixed: false
    case .installation(let tokens): try await tokens.reject(token, attempt: attempt)
    // The answer's `Date` may have shown that the clock here is wrong.
    case .app: attempt == 1
    }
  }
}
