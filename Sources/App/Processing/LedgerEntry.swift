import ActionsRuntime
import Cryptography
import Domain
import Markup
import Reporting
import Store

/// An event's row in the ledger, from its claim to its outcome.
struct LedgerEntry {
  let event: Event
  let mode: Settings.Mode
  let store: Store

  /// Takes the event, also from a process that was killed on this machine: nobody else would settle what it left.
  func claim() async throws -> ClaimResult {
    let identity = event.identity
    let id = EventID(bytes: sha256(Array("\(mode.rawValue)\u{1F}\(identity.text)".utf8)), version: 8)
    var claim = EventClaim(
      id: id, identity: identity, name: event.name.rawValue, action: event.action, repository: event.repository,
      repositoryGitHubID: event.repositoryGitHubID, number: event.number, actor: event.sender?.login, run: event.run,
      mode: mode, worker: ProcessIdentity().text)
    let result = try await store.claim(claim)
    guard case .duplicate(_, nil, _, let worker?) = result, ProcessIdentity.isKnownDead(worker) else { return result }
    claim.deadWorker = worker
    return try await store.claim(claim)
  }

  func finish(_ claimed: ClaimedEvent, outcome: EventOutcome, error: String?) async throws {
    let audit = AuditEntry(
      eventType: "event", severity: outcome == .failed ? .error : .info, actor: event.sender?.login,
      repository: event.repository, actionType: event.name.rawValue, success: outcome != .failed,
      metadata: [
        "action": event.action.map(JSONValue.string) ?? .null, "outcome": .string(outcome.rawValue),
        "number": event.number.map { .integer(Int64($0)) } ?? .null, "mode": .string(mode.rawValue),
        "run_id": .integer(event.run.runID), "attempt": .integer(Int64(event.run.attempt)),
        "error": error.map(JSONValue.string) ?? .null,
      ])
    try await store.finish(claimed, outcome: outcome, error: error, audit: audit)
  }

  /// Works on the event and, where that fails, records the failure. A cancelled event is left unfinished on purpose: the
  /// re-run finds what was recorded and goes on with it. One that another process took over is that process's.
  func work(
    on claimed: ClaimedEvent, log: RunLog, _ body: () async throws -> EventResult
  ) async throws -> EventResult {
    do {
      return try await body()
    } catch let lost as LeaseLost {
      var result = EventResult(outcome: .duplicate)
      result.eventID = claimed.id
      result.reason = lost.problem
      return result
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      do {
        try await finish(claimed, outcome: .failed, error: Fault(error).sentences)
      } catch {
        log.warning("The failure could not be recorded: \(Fault(error).sentences)")
      }
      throw error
    }
  }
}
