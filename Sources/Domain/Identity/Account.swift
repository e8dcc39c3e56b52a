/// Who did something on GitHub. Deleted accounts have no `Account` at all.
public struct Account: Hashable, Sendable, Codable {
  /// The REST form: Apps end in `[bot]`, also where GraphQL leaves it out.
  public var login: String
  public var id: Int64?
  public var kind: Kind

  public enum Kind: String, Hashable, Sendable, Codable {
    case user = "User"
    case bot = "Bot"
    case organization = "Organization"
    case mannequin = "Mannequin"
    case unknown = "Unknown"
  }

  public init(login: String, id: Int64? = nil, kind: Kind = .unknown) {
    self.login = login
    self.id = id
    self.kind = kind
  }

  /// Whether the account is an App; machine users that GitHub lists as plain users are not seen by this.
  public var isBot: Bool { kind == .bot || login.hasSuffix("[bot]") }
}

/// What an account may do in a repository, as `GET /repos/{owner}/{repo}/collaborators/{username}/permission` says it.
/// Source: https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
public enum Permission: Int, Hashable, Sendable, Codable, Comparable {
  case none, read, triage, write, maintain, admin

  public static func < (a: Permission, b: Permission) -> Bool { a.rawValue < b.rawValue }

  /// GitHub's word for it, or nil for an unknown word (a custom role).
  public init?(_ word: String) {
    switch word.lowercased() {
    case "none": self = .none
    case "read", "pull": self = .read
    case "triage": self = .triage
    case "write", "push": self = .write
    case "maintain": self = .maintain
    case "admin": self = .admin
    default: return nil
    }
  }

  public var word: String { "\(self)" }
}
