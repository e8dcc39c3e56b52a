public import Domain

/// What a client authenticates with. Nothing of it appears in a description.
public struct GitHubCredentials: Sendable {
  /// `GITHUB_TOKEN`, or a personal access token. Not used where there is an App, whose name the writes then bear.
  public var token: String?
  public var app: GitHubApp?
  /// Further tokens, each with a budget of its own; reads may go out with them, writes never.
  public var furtherTokens: [String]

  public init(token: String?, app: GitHubApp? = nil, furtherTokens: [String] = []) {
    self.token = token
    self.app = app
    self.furtherTokens = furtherTokens
  }
}

/// A GitHub App, and which of its installations to act as.
public struct GitHubApp: Sendable {
  /// The App's number or its client id.
  public var id: String
  /// PEM; see `RSAPrivateKey`.
  public var privateKey: String
  /// nil: the one on `repository`, which takes a request to find out.
  public var installationID: Int64?
  public var repository: RepositoryName?

  public init(id: String, privateKey: String, installationID: Int64? = nil, repository: RepositoryName? = nil) {
    self.id = id
    self.privateKey = privateKey
    self.installationID = installationID
    self.repository = repository
  }
}

extension GitHubCredentials: CustomStringConvertible, CustomReflectable {
  public var description: String { "GitHubCredentials" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension GitHubApp: CustomStringConvertible, CustomReflectable {
  public var description: String { "GitHubApp(\(id))" }
  public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
