import ActionsRuntime
import Domain
import HTTP
import Inngest

extension Session {
  /// Inngest, where an event key is given.
  func makeInngest() -> InngestClient? {
    environment.inngestEventKey.map { key in
      InngestClient(
        http: HTTPClient(), baseURL: environment.inngestBaseURL ?? InngestClient.defaultBaseURL, eventKey: key,
        deadline: deadline, clock: clock, userAgent: "yardmaster/\(Version.current)")
    }
  }
}

extension InngestEvent {
  /// The request for a job: its row, and nothing that is secret or that a stranger wrote.
  ///
  /// - Parameters:
  ///   - limit: seconds that the consumer has.
  ///   - isUrgent: whether another lane failed before.
  init(job: Job, githubID: Int64?, cause: Event, limit: Int, isUrgent: Bool, now: Timestamp) {
    var data: [String: JSONValue] = [
      "job_id": .string(job.id.text), "job_type": .string(job.kind.rawValue),
      "processor_type": .string(Job.Processor.inngest.rawValue), "repository": .string(job.repository.description),
      "priority": .bool(isUrgent), "created_at": .string(job.createdAt.description),
      "lane_deadline": .string(Timestamp(seconds: (now + Double(limit)).seconds).description),
      "workflow_run_id": .integer(cause.run.runID), "event_name": .string(cause.name.rawValue),
    ]
    data["event_action"] = cause.action.map { .string($0) }
    data["repository_id"] = job.repositoryID.map { .string($0.text) }
    data["repository_github_id"] = githubID.map { .integer($0) }
    switch job.scope.window {
    case .all: data["window"] = "all"
    case .full: data["window"] = "full"
    case .since(let moment): data["since"] = .string(moment.description)
    case .daysBack(let days): data["time_range_days"] = .integer(Int64(days))
    case .numbers(let numbers): data["numbers"] = .array(numbers.map { .integer(Int64($0)) })
    }
    data["max_items"] = job.scope.maxItems.map { .integer(Int64($0)) }
    self.init(id: job.id.text, name: "yardmaster/capture.requested", data: data, time: now)
  }
}
