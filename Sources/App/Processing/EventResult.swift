import ActionsRuntime
import Capture
import Domain
import Reporting

/// How an event run ended, for the outputs.
struct EventResult: Sendable {
  var outcome: EventOutcome
  var eventID: EventID?
  var transactionID: TransactionID?
  /// Effects that were carried out.
  var actions = 0
  var reason: String?
  /// Whether another process is at work on the event.
  var isOccupied = false
  var jobID: JobID?
  var matrix: [Int]?
  var hasWork: Bool?
  var sync: SyncResult?
  /// Of a capture that this run did not work on itself: somebody else has it in hand, or had.
  var isCaptureComplete: Bool?
  var syncReport: SyncReport?
  var exitStatus: ExitStatus

  init(outcome: EventOutcome) {
    self.outcome = outcome
    exitStatus = outcome == .failed ? .failed : .done
  }

  static func ignored(reason: String) -> EventResult {
    var result = EventResult(outcome: .ignored)
    result.reason = reason
    return result
  }

  static var unconfigured: EventResult {
    .ignored(reason: "the repository has no \(ConfigurationSource.path) on its default branch")
  }

  static var ownAlert: EventResult { .ignored(reason: "the issue is Yardmaster's own alert") }

  static func duplicate(of id: EventID, outcome: EventOutcome?, runID: Int64) -> EventResult {
    var result = EventResult(outcome: .duplicate)
    result.eventID = id
    result.isOccupied = outcome == nil
    let state = outcome.map { "its outcome was \($0.rawValue)" } ?? "it is being processed"
    result.reason = "run \(runID) has this event already; \(state)"
    return result
  }

  var outputs: [(name: OutputName, value: String)] {
    var values: [(name: OutputName, value: String)] = [
      (.outcome, outcome.rawValue), (.eventID, eventID?.text ?? ""), (.actions, String(actions)),
      (.transactionID, transactionID?.text ?? ""),
    ]
    if let jobID { values.append((.jobID, jobID.text)) }
    if let matrix { values.append((.matrix, MatrixOutput(ordinals: matrix).text)) }
    if let hasWork { values.append((.hasWork, String(hasWork))) }
    if let sync { values += sync.outputs }
    if let isCaptureComplete { values.append((.complete, String(isCaptureComplete))) }
    return values
  }
}

/// `{"include":[{"chunk":1},…]}`, as `strategy.matrix` takes it through `fromJSON`.
struct MatrixOutput {
  let ordinals: [Int]

  var text: String {
    #"{"include":["# + ordinals.map { #"{"chunk":\#($0)}"# }.joined(separator: ",") + "]}"
  }
}
