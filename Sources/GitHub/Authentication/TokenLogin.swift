import Domain

/// The login that writes bear: that of the first credential.
///
/// Asked of GitHub when somebody first wants to know, and once however many do. An answer without a login is as good as
/// one; after a failure it is asked again.
actor TokenLogin {
  private struct Viewer: Decodable, Sendable {
    var viewer: Login
    struct Login: Decodable, Sendable {
      var login: String
      /// `https://github.com/apps/NAME` for an App.
      var url: String?
    }
  }

  private static let query = GraphQLQuery(
    operation: "Viewer", document: "query Viewer { viewer { login url } }", variables: [:])

  private var question: Task<String?, any Error>?

  /// - Returns: the login in the form of REST; nil where the token may not ask.
  func login(_ exchange: Exchange) async throws -> String? {
    let question = question ?? Task { try await Self.ask(exchange) }
    self.question = question
    do {
      return try await withTaskCancellationHandler {
        try await question.value
      } onCancel: {
        question.cancel()
      }
    } catch {
      if self.question == question { self.question = nil }
      throw error
    }
  }

  private static func ask(_ exchange: Exchange) async throws -> String? {
    guard let account = exchange.pool.accounts.first else { return nil }
    let answer = try await exchange.query(query, only: account, as: Viewer.self)
    guard let viewer = answer.data?.viewer else { return nil }
    // GraphQL leaves the suffix of Apps out in most places, and `GITHUB_TOKEN` is an App's.
    let looksLikeApps = try await account.credential.token().hasPrefix("ghs_")
    let isApps = looksLikeApps || viewer.url?.contains("/apps/") == true
    return isApps && !viewer.login.hasSuffix("[bot]") ? viewer.login + "[bot]" : viewer.login
  }
}
