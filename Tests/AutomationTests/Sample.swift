import Automation
import Domain

/// What the tests decide on: alice's issue octo/repo#7, and a comment of bob's on it.
enum Sample {
  static let repository = RepositoryName("octo/repo")!
  static let alice = Account(login: "alice", id: 1, kind: .user)
  static let bob = Account(login: "bob", id: 2, kind: .user)
  /// 2026-11-01T00:00:00Z.
  static let opened = Timestamp(seconds: 1_793_491_200)
  static let now = opened + 86_400 * 3

  static func after(_ seconds: Double) -> Timestamp { opened + seconds }

  static func issue(
    title: String = "Title", body: String = "", labels: [String] = [], assignees: [String] = [], isOpen: Bool = true,
    reason: String? = nil, author: Account? = alice, association: String? = "NONE", isPullRequest: Bool = false,
    isLocked: Bool = false, milestone: String? = nil
  ) -> Domain.Issue {
    Domain.Issue(
      id: 70, number: 7, title: title, body: body, isOpen: isOpen, stateReason: isOpen ? nil : reason ?? "completed",
      labels: labels, assignees: assignees, author: author, authorAssociation: association,
      isPullRequest: isPullRequest, isLocked: isLocked, milestone: milestone, createdAt: opened, updatedAt: opened)
  }

  /// An event of the issue itself.
  static func event(
    _ issue: Domain.Issue = issue(), _ action: String? = "opened", event: EventName = .issues,
    actor: Account? = alice, permission: Permission? = nil, context: ThreadContext = ThreadContext(),
    lastActivity: Timestamp? = nil, now: Timestamp = now
  ) -> AutomationInput {
    AutomationInput(
      trigger: Rule.Trigger(event, action), repository: repository, issue: issue, actor: actor, permission: permission,
      context: context, now: now, lastActivity: lastActivity, digest: digest)
  }

  /// A sweep's visit.
  static func visit(
    _ issue: Domain.Issue = issue(), context: ThreadContext = ThreadContext(), lastActivity: Timestamp? = nil,
    now: Timestamp = now
  ) -> AutomationInput {
    event(issue, nil, event: .schedule, actor: nil, context: context, lastActivity: lastActivity, now: now)
  }

  /// A comment, an hour after the issue was opened; an edited one where `before` says what it was.
  static func comment(
    _ body: String, before: String? = nil, on issue: Domain.Issue = issue(), author: Account? = bob,
    actor: Account?? = nil, permission: Permission? = .write, context: ThreadContext = ThreadContext(),
    association: String? = "MEMBER"
  ) -> AutomationInput {
    let comment = Domain.Comment(
      id: 500, body: body, author: author, authorAssociation: association, createdAt: after(3_600),
      updatedAt: after(before == nil ? 3_600 : 7_200))
    return AutomationInput(
      trigger: Rule.Trigger(.issueComment, before == nil ? "created" : "edited"), repository: repository,
      issue: issue, comment: comment, previousBody: before, actor: actor ?? author, permission: permission,
      context: context, now: now, digest: digest)
  }

  /// Enough to tell texts apart.
  static let digest: @Sendable (String) -> String = { "digest of \($0)" }
}

extension AutomationOutcome {
  var effects: [Effect] { deliberation.decisions.map(\.effect) }
  /// The effects without what only answers a command.
  var writes: [Effect] {
    deliberation.decisions.filter { $0.reason.origin != "commands" || $0.effect.facets != [] }.map(\.effect)
      .filter { if case .react = $0 { false } else { true } }
  }
  var notes: [String] { deliberation.notes.map(\.evidence) }
  /// The body of the one reply to commands.
  var reply: String? {
    for decision in deliberation.decisions where decision.onceKey?.hasPrefix("reply:") == true {
      if case .comment(let body) = decision.effect { return body }
    }
    return nil
  }
}

extension Rule {
  /// A rule for the tests: on every trigger that there is.
  static func sample(
    _ name: String = "r", on triggers: Set<Trigger> = Set(Trigger.words.map(\.trigger)), unless: [Conditions] = [],
    when: (inout Conditions) -> Void = { _ in }, then: (inout Actions) -> Void = { $0.addLabels = ["l"] }
  ) -> Rule {
    var conditions = Conditions()
    when(&conditions)
    var actions = Actions()
    then(&actions)
    return Rule(name: name, triggers: triggers, conditions: conditions, exceptions: unless, actions: actions)
  }
}
