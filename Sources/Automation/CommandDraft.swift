import Domain

/// The issue as the commands of one comment leave it; the difference to what it was becomes the decisions.
struct CommandDraft {
  private let issue: Issue
  private let author: Account?
  private let permission: Permission
  private var labels: Names
  private var assignees: Names
  private var state: State
  private var notes: [Reason] = []

  private enum State: Equatable {
    case open
    case wasClosed
    case toClose(Effect.CloseReason?)
  }

  init(issue: Issue, author: Account?, permission: Permission) {
    self.issue = issue
    self.author = author
    self.permission = permission
    labels = Names(issue.labels)
    assignees = Names(issue.assignees)
    state = issue.isOpen ? .open : .wasClosed
  }

  /// The comment's author, for reasons.
  var who: String { author.map { "@\($0.login)" } ?? "a deleted account" }

  mutating func note(_ name: CommandName?, _ evidence: String) {
    notes.append(Reason(origin: name.map { "command /\($0.rawValue)" } ?? "comment", evidence: evidence))
  }

  mutating func apply(_ request: Command.Request, of name: CommandName) {
    switch request {
    case .addLabels(let names): add(names)
    case .removeLabels(let names):
      for label in names where labels.remove(label) == nil { note(name, "\(subject) has no label \"\(label)\"") }
    case .close(let reason):
      guard state == .open else { return note(name, "\(subject) is closed already") }
      if issue.isPullRequest, reason != .completed { note(name, "a pull request is closed without a reason") }
      state = .toClose(issue.isPullRequest ? nil : reason)
    case .reopen:
      guard state != .open else { return note(name, "\(subject) is open already") }
      state = .open
    case .assign(let logins): assign(logins)
    case .mistake(let why): note(name, why)
    }
  }

  private var subject: String { issue.isPullRequest ? "the pull request" : "the issue" }

  private mutating func add(_ names: [String]) {
    for label in names {
      if labels.contains(label) {
        note(.label, "\(subject) has the label \"\(label)\" already")
      } else if labels.list.count >= GitHubLimits.labels {
        note(.label, "no room for the label \"\(label)\": \(subject) can hold \(GitHubLimits.labels)")
      } else {
        labels.insert(label)
      }
    }
  }

  private mutating func assign(_ logins: [String?]) {
    for login in logins {
      guard let login = login ?? author?.login, CommandGrammar.isLogin(login) else {
        note(.assign, "\(who) cannot be assigned")
        continue
      }
      if assignees.contains(login) {
        note(.assign, "@\(login) is assigned already")
      } else if assignees.list.count >= GitHubLimits.assignees {
        note(.assign, "no room for @\(login): \(subject) can have \(GitHubLimits.assignees) assignees")
      } else {
        assignees.insert(login)
      }
    }
  }

  // MARK: Decisions

  func deliberation(in repository: RepositoryName) -> Deliberation {
    var decisions: [Decision] = []
    func decide(_ effect: Effect, _ name: CommandName, before: JSONValue) {
      let reason = Reason(origin: "command /\(name.rawValue)", evidence: "\(who) has \(permission.word) permission")
      let target = ItemReference(repository: repository, number: issue.number)
      decisions.append(Decision(target: target, effect: effect, reason: reason, before: before))
    }
    let before = Names(issue.labels)
    let added = labels.list.filter { !before.contains($0) }
    if !added.isEmpty { decide(.addLabels(added), .label, before: issue.labelsBefore) }
    for label in before.list where !labels.contains(label) {
      decide(.removeLabel(label), .unlabel, before: issue.labelsBefore)
    }
    let wereAssigned = Names(issue.assignees)
    let assigned = assignees.list.filter { !wereAssigned.contains($0) }
    if !assigned.isEmpty { decide(.assign(assigned), .assign, before: issue.assigneesBefore) }
    switch state {
    case .toClose(let reason): decide(.close(reason: reason), .close, before: issue.stateBefore)
    case .open where !issue.isOpen: decide(.reopen, .reopen, before: issue.stateBefore)
    default: break
    }
    return Deliberation(decisions: decisions, notes: notes)
  }
}
