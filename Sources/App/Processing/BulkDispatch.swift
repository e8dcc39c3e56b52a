import Domain
import FoundationEssentials

/// Starts the bulk workflow for a job that waits in the table.
/// https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
struct BulkDispatch {
  let github: any GitHubAPI
  /// Where the workflow lives, which need not be the repository that is captured.
  let home: RepositoryName
  /// Its file's name.
  let workflow: String
  /// The branch or tag to run it on; nil for the default branch.
  var ref: String?

  /// Twice does no harm: the second run finds the first one's chunks and takes those that are free.
  ///
  /// - Throws: `Failure` where GitHub does not take it, and whatever the API throws.
  func start(_ job: Job) async throws {
    var inputs: [String: JSONValue] = [
      "repository_name": .string(job.repository.description), "job_id": .string(job.id.text),
    ]
    inputs["repository_id"] = job.repositoryID.map { .string($0.text) }
    if case .daysBack(let days) = job.scope.window { inputs["days_back"] = .string(String(days)) }
    inputs["max_items"] = job.scope.maxItems.map { .string(String($0)) }
    let body: JSONValue = ["ref": .string(try await branch()), "inputs": .object(inputs)]
    let answer = try await github.send(
      RESTRequest(
        .post, "/repos/\(home)/actions/workflows/\(percentEncodedPathSegment(workflow))/dispatches", body: body,
        isIdempotent: true))
    switch answer.status {
    case 200..<300: return
    case 404:
      throw Failure(
        .configuration, "The workflow \(workflow) is not in \(home), or the token may not see it",
        advice: "Copy history-sync.yml to .github/workflows/ of the default branch, or name yours in `bulk_workflow`.")
    case 422:
      throw Failure(
        .configuration, "GitHub cannot dispatch \(workflow) (\(Self.message(answer)))",
        advice: "Give it the trigger workflow_dispatch with the inputs of history-sync.yml.")
    default:
      throw Failure(
        .unavailable, "GitHub answered \(answer.status) to the dispatch of \(workflow)", advice: "Run the job again.")
    }
  }

  private func branch() async throws -> String {
    if let ref { return ref }
    return try await defaultBranch()
  }

  /// Pull request events run on a merge commit, which is no branch that could be dispatched on.
  private func defaultBranch() async throws -> String {
    let answer = try await github.send(RESTRequest(.get, "/repos/\(home)"))
    struct Repository: Decodable {
      var branch: String
      enum CodingKeys: String, CodingKey { case branch = "default_branch" }
    }
    guard answer.status == 200, let found = try? JSONDecoder().decode(Repository.self, from: Data(answer.body)) else {
      throw Failure(
        .unavailable, "GitHub did not say what the default branch of \(home) is (status \(answer.status))",
        advice: "Run the job again.")
    }
    return found.branch
  }

  private static func message(_ answer: RESTAnswer) -> String {
    struct Refusal: Decodable { var message: String }
    let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body))
    return String((refusal?.message ?? "status 422").prefix(200))
  }
}
