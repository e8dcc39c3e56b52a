import ActionsRuntime
import Domain
import Markup
import Reporting
import Store

/// The failed events of a thread once more, dead letters too, because `/reprocess` asked for it.
///
/// Each is claimed, decided and settled as an event of its own, under its own identity, so nothing of it is done twice; and
/// each enters the thread itself, which the comment's event has to leave meanwhile. They are due for the sweep from
/// before the first one is touched: where this run is killed, they go on there, or with the comment's next attempt.
struct ThreadRetry {
  let processing: EventProcessing
  /// The comment's event.
  let claimed: ClaimedEvent

  /// The most events that one command brings back; a further one brings back what is left.
  private static let limit = 50
  private static let auditType = "reprocess"

  private var store: Store { processing.store }
  private var session: Session { processing.session }

  /// What is to be processed again, or was by an earlier attempt, in the order in which it happened on GitHub.
  func events() async throws -> [ReopenedEvent] {
    var events: [ReopenedEvent] = []
    for reopened in try await present(besides: reopenedBefore()) {
      // What was sent by hand, or means nothing any more, is a matter of `replay`.
      if reopened.outcome == .failed, try await subject(of: reopened) == nil { continue }
      events.append(reopened)
    }
    return events
  }

  /// The thread must have been left.
  ///
  /// - Returns: the same events, with what became of them.
  /// - Throws: the error of one that tells that a dependency is gone: the comment's event is tried again with the rest.
  func process(_ events: [ReopenedEvent]) async throws -> [ReopenedEvent] {
    let before = Set(try await reopenedBefore())
    for reopened in events where !before.contains(reopened.event.id) {
      try await store.reopen(reopened.event.id, audit: audit(reopened.event))
    }
    for reopened in events where reopened.outcome != .processed {
      do {
        guard let (subject, payload) = try await subject(of: reopened) else { continue }
        session.log.line("Once more: \(reopened.event.title), which failed \(reopened.event.attempts) times")
        var again = EventProcessing(
          session: session, subject: subject, settings: processing.settings, processor: processing.processor,
          store: store, github: processing.github, payload: { payload }, report: processing.report)
        again.retriesThread = false
        _ = try await again.run()
      } catch let error as any UserFacingError where error.exitStatus != .unavailable {
        // Recorded with its next turn, and told in the reply.
        session.log.warning("It failed again: \(error.problem)")
      }
    }
    let wanted = Set(events.map(\.event.id))
    return try await present(besides: Array(wanted)).filter { wanted.contains($0.event.id) }
  }

  private func present(besides ids: [EventID]) async throws -> [ReopenedEvent] {
    guard let thread = claimed.thread else { return [] }
    // A dry run tells of what failed in earnest too.
    let mode = processing.settings.mode == .live ? Settings.Mode.live : nil
    return try await store.reopenedEvents(
      on: thread.key, mode: mode, besides: ids, limit: Self.limit + ids.count)
  }

  private func reopenedBefore() async throws -> [EventID] {
    guard claimed.attempt > 1 else { return [] }
    return try await store.eventsReopened(for: claimed, eventType: Self.auditType)
  }

  /// nil where nothing was kept of it, or nothing that is about an item.
  private func subject(of reopened: ReopenedEvent) async throws -> (EventSubject, EventPayload)? {
    guard let payload = try await store.payload(ofEvent: reopened.event.id) else { return nil }
    let subject = try? EventSubject(
      again: payload, in: processing.subject.event.repository, run: session.environment.run)
    return subject.map { ($0, payload) }
  }

  private func audit(_ failed: FailedEvent) -> AuditEntry {
    var entry = AuditEntry(
      eventType: Self.auditType, severity: .info, actor: processing.asker,
      repository: processing.subject.event.repository, actionType: failed.name, success: true,
      metadata: [
        "event_id": .string(failed.id.text), "attempts": .integer(Int64(failed.attempts)),
        "asked_by": .string(claimed.id.text),
      ])
    entry.onBehalfOf = processing.onBehalfOf
    return entry
  }
}
