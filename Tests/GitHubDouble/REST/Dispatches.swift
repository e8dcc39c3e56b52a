extension RESTCall {
  /// `POST …/actions/workflows/FILE/dispatches`: recorded, and nothing starts.
  /// https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
  func dispatch(_ index: Int, _ file: String) throws(RESTFailure) -> HTTPAnswer {
    guard let identity else { throw RESTFailure(status: 401, message: "Requires authentication") }
    guard identity.mayWrite else { throw RESTFailure(status: 403, message: "Resource not accessible by integration") }
    let repository = world.repositories[index]
    guard let workflow = repository.contents[".github/workflows/\(file)"] else { throw .notFound }
    guard let body = JSONNode(bytes: message.body), let ref = body["ref"]?.string else {
      throw RESTFailure(status: 422, message: "Invalid request.\n\n\"ref\" wasn't supplied.")
    }
    let branch = ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : ref
    guard branch == repository.defaultBranch else {
      throw RESTFailure(status: 422, message: "No ref found for: \(ref)")
    }
    guard String(decoding: workflow, as: UTF8.self).contains("workflow_dispatch") else {
      throw RESTFailure(status: 422, message: "Workflow does not have 'workflow_dispatch' trigger")
    }
    let inputs = (body["inputs"]?.members ?? []).map { "\($0.key)=\($0.value.string ?? "")" }.sorted()
    guard inputs.count <= 25 else {
      throw RESTFailure(status: 422, message: "you may only define up to 25 `inputs` for a `workflow_dispatch` event")
    }
    world.record(
      GitHubDouble.Mutation(
        kind: "dispatch_workflow", repository: repository.fullName, number: 0, detail: [file, branch] + inputs,
        actor: identity.account.login))
    return HTTPAnswer(204)
  }
}
