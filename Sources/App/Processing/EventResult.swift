import ActionsRuntime
import Capture
import Domain
import Markup
import Reporting

/// How an event run ended, for the outputs.
struct EventResult {
  var outcome: EventOutcome
  var eventID: EventID?
  var transactionID: TransactionID?
  /// Effects that were carried out.
  var actions: Int
  var reason: String?
  var jobID: JobID?
  var matrix: [Int]?
  var hasWork: Bool?
  var sync: SyncResult?
  var exitStatus: ExitStatus

  init(
    outcome: EventOutcome, eventID: EventID?, transactionID: TransactionID?, actions: Int, reason: String?
  ) {
    self.outcome = outcome
    self.eventID = eventID
    self.transactionID = transactionID
    self.actions = actions
    self.reason = reason
    exitStatus = outcome == .failed ? .failed : .done
  }

  static func ignored(reason: String) -> EventResult {
    EventResult(outcome: .ignored, eventID: nil, transactionID: nil, actions: 0, reason: reason)
  }

  static func duplicate(of id: EventID, outcome: EventOutcome?, runID: Int64) -> EventResult {
    let state = outcome.map { "its outcome was \($0.rawValue)" } ?? "it is being processed"
    return EventResult(
      outcome: .duplicate, eventID: id, transactionID: nil, actions: 0,
      reason: "run \(runID) has this event already; \(state)")
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
    return values
  }
}

extension EventRun {
  /// Writes outputs, log and summary of a run that came to an end of its own.
  func publish(_ result: EventResult) throws {
    var report = report
    report.outcome = result.outcome
    report.reason = result.reason
    report.duration = session.elapsed
    for line in report.logLines { session.log.line(line) }
    if result.outcome == .failed {
      session.log.error("\(result.reason ?? "processing failed")", title: "Yardmaster", location: nil)
    }
    try session.outputs.write(result.outputs)
    try session.summary.append(report.markdown())
  }

  /// The same for a run that an error ended; its own faults must not hide that error.
  func publish(failure error: any Error) async {
    guard !(error is CancellationError) else { return }
    var report = report
    report.outcome = .failed
    report.reason = (error as? any UserFacingError)?.description ?? "unexpected error: \(error)"
    report.duration = session.elapsed
    try? session.outputs.write([(.outcome, EventOutcome.failed.rawValue), (.actions, "0")])
    try? session.summary.append(report.markdown())
  }
}

/// `{"include":[{"chunk":1},…]}`, as `strategy.matrix` takes it through `fromJSON`.
struct MatrixOutput {
  let ordinals: [Int]

  var text: String {
    #"{"include":["# + ordinals.map { #"{"chunk":\#($0)}"# }.joined(separator: ",") + "]}"
  }
}
