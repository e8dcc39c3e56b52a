import Domain
import Testing

@testable import Capture

/// What the token's permissions do not reach is nobody's poisoned item.
@Suite struct PermissionTests {
  /// Says of everything forbidden what GitHub says of a token without the permission.
  private struct Restricted: GitHubAPI {
    let github: FakeGitHub
    var usage: APIUsage { get async { await github.usage } }
    func send(_ request: RESTRequest) async throws -> RESTAnswer { try await github.send(request) }
    func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
      -> GraphQLAnswer<Answer>
    {
      var answer = try await github.query(query, as: type)
      for index in answer.errors.indices where answer.errors[index].type == "FORBIDDEN" {
        answer.errors[index].message = "Resource not accessible by integration"
      }
      return answer
    }
  }

  private static func refusal(
    _ damage: @escaping @Sendable (ModelRepository.Item, inout FakeGitHub.Damage) -> Void
  ) async throws -> (error: Failure?, calls: Int) {
    let model = ModelRepository(count: 40)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      var all = FakeGitHub.Damage()
      for item in model.items.values { damage(item, &all) }
      return .damage(all)
    }
    do {
      _ = try await Walked.walk(Restricted(github: github), .range(first: 1, last: 40))
      return (nil, github.calls.count)
    } catch let error as Failure {
      return (error, github.calls.count)
    }
  }

  @Test func itemsOfAKindThatTheTokenMayNotReadEndTheRun() async throws {
    let pulls = try await Self.refusal { item, damage in if item.isPull { damage.heads[item.number] = "FORBIDDEN" } }
    #expect(pulls.error?.exitStatus == .configuration && pulls.calls == 1)
    #expect(pulls.error?.advice.contains("`pull-requests: read`,") == true)
    let issues = try await Self.refusal { item, damage in if !item.isPull { damage.heads[item.number] = "FORBIDDEN" } }
    #expect(issues.error?.advice.contains("`issues: read`,") == true)
    let both = try await Self.refusal { item, damage in damage.heads[item.number] = "FORBIDDEN" }
    #expect(both.error?.advice.contains("`issues: read` and `pull-requests: read`") == true)
  }

  @Test func aListThatTheTokenMayNotReadEndsTheRun() async throws {
    let reviews = try await Self.refusal { item, damage in
      if item.isPull { damage.lists[.init(item.number, .reviews)] = .null("FORBIDDEN") }
    }
    #expect(reviews.error?.advice.contains("`pull-requests: read`,") == true)
    // What leads to another repository may be none of the token's business.
    let links = try await Self.refusal { item, damage in
      if item.isPull { damage.lists[.init(item.number, .closes)] = .null("FORBIDDEN") }
    }
    #expect(links.error == nil)
  }

  /// Where the others of the kind come, it is the item.
  @Test func oneItemThatIsRefusedIsLostAlone() async throws {
    let model = ModelRepository(count: 40)
    let github = FakeGitHub(model) { call in
      guard case .items = call else { return nil }
      return .damage(
        FakeGitHub.Damage(heads: [8: "FORBIDDEN"], lists: [.init(4, .labels): .null("FORBIDDEN")]))
    }
    let walked = try await Walked.walk(Restricted(github: github), .range(first: 1, last: 40))
    #expect(Set(walked.losses.map(\.number)) == [4, 8])
    #expect(walked.losses.count == 2)
  }
}
