import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster replay`: a failed event once more.
struct ReplayCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Process an event that failed once more.",
    discussion: """
      Takes the payload that was kept of it, as if GitHub had sent it just now: the same event, so what an earlier \
      attempt did is not done twice, and what failed is tried again. yardmaster dead-letters lists what failed for good; \
      an event that failed fewer times can be replayed as well, without waiting for the sweep.

      With --dry-run it is decided anew and nothing is sent; the event stays as it is.

        yardmaster replay --event 0b7e8f3a-6c1d-4e2f-9a5b-123456789abc --dry-run

      Exit status: 0 it was processed; 1 it failed again, and is kept; 64 there is nothing to replay.
      """)

  @Option(help: ArgumentHelp("The event's id, as dead-letters and summaries show it.", valueName: "uuid"))
  var event: String

  @Flag(help: "Decide, but send nothing to GitHub.")
  var dryRun = false

  static var publishesFailure: Bool { true }

  func validate() throws {
    if EventID(event) == nil { throw ValidationError("--event takes a UUID.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    guard let id = EventID(event) else { throw ValidationError("--event takes a UUID.") }
    let store = try session.makeStore()
    let (failed, payload) = try await Self.find(id, in: store)
    if !dryRun {
      try await store.reopen(
        id,
        audit: AuditEntry(
          eventType: "replay", severity: .info, actor: session.environment.triggeringActor ?? session.environment.actor,
          repository: failed.repository, actionType: failed.name, success: true,
          metadata: ["event_id": .string(id.text), "attempts": .integer(Int64(failed.attempts))]))
    }
    await store.close()
    session.log.line(
      "Replaying \(failed.title) of \(failed.repository), which failed: \(failed.error ?? "no error is kept")")
    // One that failed in a dry run is another event than its live twin.
    return try await EventRun.perform(in: session, forcesDryRun: dryRun || failed.mode == .dryRun) { run in
      try await run.process(payload: payload.document, name: payload.name)
    }
  }

  /// The event with its payload.
  ///
  /// - Throws: `Failure` with exit status 64 where it did not fail, or nothing was kept.
  private static func find(_ id: EventID, in store: Store) async throws -> (FailedEvent, EventPayload) {
    guard let failed = try await store.failedEvent(id) else {
      let known = try await store.outcome(ofEvent: id)
      guard known.isKnown else {
        throw Failure(
          .usage, "There is no event \(id) in this database",
          advice: "Run `yardmaster dead-letters` to see what failed.")
      }
      throw Failure(
        .usage, "Event \(id) did not fail: it \(known.outcome.map { "is \($0.rawValue)" } ?? "has not ended yet")",
        advice: "Comment /reprocess on the item to have its rules looked at once more.")
    }
    guard let payload = try await store.payload(ofEvent: id) else {
      throw Failure(
        .usage, "The payload of event \(id) was not kept",
        advice: "Re-run the workflow run that brought it, or comment /reprocess on the item.")
    }
    return (failed, payload)
  }
}
