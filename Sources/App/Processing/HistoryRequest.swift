import Capture
import Domain

/// What a dispatch asks of history capture. Inputs are text a person typed; each is checked before it is used.
struct HistoryRequest {
  let planRequest: PlanRequest

  /// - Throws: `Failure` with exit status 64 where an input has no meaning.
  init(_ event: Event) throws {
    var inputs: [String: String] = [:]
    switch event.payload {
    case .workflowDispatch(let given): inputs = given
    case .repositoryDispatch(_, _, .object(let members)):
      for (name, value) in members {
        switch value {
        case .string(let text): inputs[name] = text
        case .integer(let number): inputs[name] = String(number)
        default: break
        }
      }
    default: break
    }
    let given = inputs.mapValues(Self.trimmed).filter { !$0.value.isEmpty }
    planRequest = PlanRequest(
      repository: try Self.repository(given["repository_name"]) ?? event.repository,
      scope: try Self.scope(given), jobID: try given["job_id"].map(Self.jobID), runID: event.run.runID)
  }

  /// White space around an input is a slip of whoever typed it.
  private static func trimmed(_ text: String) -> String {
    let rest = text.drop { $0.isWhitespace }
    guard let end = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(rest[...end])
  }

  /// nil where a job is named and nothing else: its row says how much it wants.
  private static func scope(_ given: [String: String]) throws -> CaptureScope? {
    let days = given["days_back"] ?? given["time_range"]
    if days == nil, given["max_items"] == nil, given["job_id"] != nil { return nil }
    return CaptureScope(
      window: try window(daysBack: days),
      maxItems: try given["max_items"].flatMap { isUnlimited($0) ? nil : try count($0, of: "max_items") })
  }

  private static func repository(_ text: String?) throws -> RepositoryName? {
    guard let text else { return nil }
    guard let name = RepositoryName(text) else {
      throw Failure(.usage, "The input repository_name is '\(text)'", advice: "Write it as OWNER/NAME.")
    }
    return name
  }

  static func window(daysBack text: String?) throws -> CaptureScope.Window {
    guard let text, !isUnlimited(text) else { return .all }
    let digits = text.lowercased().hasSuffix("d") ? String(text.dropLast()) : text
    if isUnlimited(digits) { return .all }
    return .daysBack(try count(digits, of: "days_back"))
  }

  /// `0`, in any spelling, and `all`.
  private static func isUnlimited(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0 == "0" } || text.lowercased() == "all"
  }

  static func count(_ text: String, of name: String) throws -> Int {
    guard let value = Int(text), value > 0, value <= 1_000_000 else {
      throw Failure(.usage, "The input \(name) is '\(text)'", advice: "Give a whole number from 1 to 1000000.")
    }
    return value
  }

  static func jobID(_ text: String) throws -> JobID {
    guard let id = JobID(text) else {
      throw Failure(.usage, "'\(text)' is no job id", advice: "Give the UUID that `yardmaster plan` printed.")
    }
    return id
  }
}
