import Domain
import FoundationEssentials

/// What an account may do in a repository.
/// https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
struct PermissionLookup {
  let github: any GitHubAPI

  func permission(of account: Account?, in repository: RepositoryName) async throws -> Permission {
    guard let login = account?.login else { return .none }
    let answer = try await github.send(
      RESTRequest(.get, "/repos/\(repository)/collaborators/\(percentEncodedPathSegment(login))/permission"))
    guard answer.status == 200 else { return .none }
    guard let body = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)) else { return .none }
    // `permission` knows admin, write, read and none; `role_name` tells maintain from write and triage from read. A
    // custom role has a name of its own and counts as the legacy word.
    return body.roleName.flatMap(Permission.init) ?? Permission(body.permission) ?? .none
  }

  private struct Answer: Decodable {
    var permission: String
    var roleName: String?

    enum CodingKeys: String, CodingKey {
      case permission
      case roleName = "role_name"
    }
  }
}
