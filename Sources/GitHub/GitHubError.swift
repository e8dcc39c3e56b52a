public import Domain

/// No token, or none that could be one.
public struct TokenMissing: UserFacingError {
  public var exitStatus: ExitStatus { .configuration }
  public var problem: String { "There is no GitHub token" }
  public var advice: String { "Pass one to the action as `github-token`, or set GITHUB_TOKEN." }
}

/// GitHub does not know the token (401): wrong, expired or revoked.
public struct TokenRejected: UserFacingError {
  /// GitHub's words, untrusted.
  public var message: String?
  public var exitStatus: ExitStatus { .configuration }
  public var problem: String { "GitHub rejected the token" + (message.map { " (\($0))" } ?? "") }
  public var advice: String { "Check that `github-token` is a token of this GitHub server that has not expired." }
}

/// The token is good, but may not do this (403).
public struct AccessDenied: UserFacingError {
  /// Method and path.
  public var request: String
  /// GitHub's words, untrusted.
  public var message: String?
  /// As a workflow writes them: `issues: write`. Several are alternatives.
  public var permissions: [String]
  public var exitStatus: ExitStatus { .configuration }
  public var problem: String { "GitHub does not let the token do \(request)" + (message.map { " (\($0))" } ?? "") }
  public var advice: String {
    permissions.isEmpty
      ? "Give the token access to the repository and the permission that this needs."
      : "Give the token the permission `\(permissions.joined(separator: "` or `"))`, in a workflow under `permissions:`."
  }
}

/// Any other answer of 400 or above that is not an answer to work with.
public struct RequestRejected: UserFacingError {
  public var status: Int
  /// Method and path.
  public var request: String
  /// GitHub's words, untrusted.
  public var message: String?
  public var exitStatus: ExitStatus { .failed }
  public var problem: String { "GitHub answered \(status) to \(request)" + (message.map { " (\($0))" } ?? "") }
  public var advice: String { "Read the answer above; if it does not explain itself, report it with the run's log." }
}

/// GitHub could not be reached, or answered nothing usable, in several attempts.
public struct GitHubUnavailable: UserFacingError {
  /// Method and path.
  public var request: String
  /// What happened the last time.
  public var detail: String
  public var exitStatus: ExitStatus { .unavailable }
  public var problem: String { "GitHub did not answer \(request): \(detail)" }
  public var advice: String { "Run again later; nothing is lost. Check the runner's network and proxy if it persists." }
}

/// GitHub does not know the App by its key, or does not let it act.
public struct AppRejected: UserFacingError {
  /// GitHub's words, untrusted.
  public var message: String?
  public var exitStatus: ExitStatus { .configuration }
  public var problem: String { "GitHub rejected the App" + (message.map { " (\($0))" } ?? "") }
  public var advice: String {
    "Check `app-id`, `app-private-key` and `app-installation-id`, and that the installation is not suspended."
  }
}
