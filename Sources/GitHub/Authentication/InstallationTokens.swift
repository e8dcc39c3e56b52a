import Domain
import FoundationEssentials
import Logging

/// The tokens of a GitHub App's installation: made when needed, renewed before they expire.
///
/// They last one hour:
/// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
actor InstallationTokens {
  private struct Made: Sendable {
    var token: String
    /// By GitHub's clock.
    var madeAt: Timestamp
    var expiresAt: Timestamp

    /// Five minutes before the end, or a fifth of a shorter life.
    var renewAt: Timestamp { expiresAt - min(300, max(expiresAt.secondsSince(madeAt), 0) / 5) }
  }

  private let app: GitHubApp
  /// Sends as the App itself.
  private let exchange: Exchange
  private let server: ServerClock
  private let clock: any WallClock
  private let logger: Logger
  private var current: Made?
  private var making: Task<Made, any Error>?
  private var foundInstallation: Int64?

  init(
    app: GitHubApp, exchange: Exchange, server: ServerClock, clock: any WallClock, logger: Logger
  ) {
    self.app = app
    self.exchange = exchange
    self.server = server
    self.clock = clock
    self.logger = logger
    foundInstallation = app.installationID
  }

  /// Known once a token was made, or from the configuration.
  var installationID: Int64? { foundInstallation }

  func token() async throws -> String {
    if let current, server.now < current.renewAt { return current.token }
    return try await renewed().token
  }

  /// A token was answered with 401. One that is some seconds old only may not have reached all of GitHub's servers yet:
  /// it is tried once more. Then, as any other at once, it is given up for a new one; and that has its second chance too.
  func reject(_ token: String, attempt: Int) async throws -> Bool {
    guard attempt <= 3 else { return false }
    guard let current, current.token == token else { return true }
    let isYoung = server.now < current.madeAt + 5
    if isYoung, attempt != 2 {
      try await clock.sleep(seconds: attempt == 1 ? 1 : 2)
    } else {
      self.current = nil
    }
    return true
  }

  // MARK: Making one

  /// Callers that come while one is being made wait for the same one.
  private func renewed() async throws -> Made {
    let task = making ?? Task { try await make() }
    making = task
    // It goes on for the others where this caller is cancelled.
    do {
      let made = try await task.value
      if making == task {
        making = nil
        current = made
      }
      try Task.checkCancellation()
      return made
    } catch {
      if making == task { making = nil }
      throw error
    }
  }

  private func make() async throws -> Made {
    let id = try await installation()
    struct Answer: Decodable {
      var token: String
      var expiresAt: String

      enum CodingKeys: String, CodingKey {
        case token
        case expiresAt = "expires_at"
      }
    }
    let answer: Answer = try await ask(.post, "/app/installations/\(id)/access_tokens")
    guard let expiresAt = Timestamp(answer.expiresAt), !answer.token.isEmpty,
      answer.token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw AppRejected(message: "its answer holds no token") }
    logger.debug("A token of the App's installation \(id) was made; it expires at \(expiresAt).")
    return Made(token: answer.token, madeAt: server.now, expiresAt: expiresAt)
  }

  private func installation() async throws -> Int64 {
    if let foundInstallation { return foundInstallation }
    guard let repository = app.repository else {
      throw Failure(
        .configuration, "It is not known as which installation of the GitHub App to act",
        advice: "Set `app-installation-id` (YARDMASTER_APP_INSTALLATION_ID), or GITHUB_REPOSITORY.")
    }
    struct Answer: Decodable { var id: Int64 }
    let answer: Answer = try await ask(.get, "/repos/\(repository)/installation", about: repository)
    foundInstallation = answer.id
    return answer.id
  }

  private func ask<Answer: Decodable>(
    _ method: RESTRequest.Method, _ path: String, about repository: RepositoryName? = nil
  ) async throws -> Answer {
    // Asking twice makes two tokens, of which one is never used.
    let request = RESTRequest(method, path, isIdempotent: true)
    let answer: RESTAnswer
    do {
      answer = try await exchange.send(request)
    } catch let error as TokenRejected {
      throw AppRejected(message: error.message)
    } catch let error as AccessDenied {
      throw AppRejected(message: error.message)
    }
    if answer.status == 404, let repository {
      throw Failure(
        .configuration, "The GitHub App \(app.id) is not installed on \(repository)",
        advice: "Install it there, or check `app-id`.")
    }
    guard answer.status < 300, let decoded = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else {
      throw AppRejected(message: "HTTP \(answer.status)")
    }
    return decoded
  }
}
