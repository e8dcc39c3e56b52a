import ActionsRuntime
import ArgumentParser
import Domain
import GitHub
import Markup
import Reporting
import Store

/// `yardmaster rollback`: undo what was done.
struct RollbackCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Take back what a transaction, or a whole workflow run, did on GitHub.",
    discussion: """
      Each run names its transaction in the summary and in the output `transaction-id`; `yardmaster actions` lists them.

      Everything is checked before anything is written: where somebody else changed an item since, the whole is refused \
      (exit status 1), unless --force says to write over it. Each write is checked once more just before it is sent. What \
      a killed rollback left is finished by the next one. A rollback is a transaction itself, and can be taken back.

      Labels, state, assignees, milestone, title, lock, comments and reactions are restored; a workflow that was started \
      cannot be taken back, and is named.

      In a workflow, whoever started the run needs the permission that the configuration names (rollback: permission: …, \
      maintain where it names none).
      """)

  @Option(help: ArgumentHelp("What one event brought about.", valueName: "uuid"))
  var transaction: String?

  @Option(help: ArgumentHelp("All that one workflow run did.", valueName: "n"))
  var runID: Int64?

  @Flag(help: "Show the plan; write nothing.")
  var dryRun = false

  @Flag(help: "Write over what others changed since.")
  var force = false

  static var publishesFailure: Bool { true }

  func validate() throws {
    guard (transaction == nil) != (runID == nil) else {
      throw ValidationError("Name what to take back: either --transaction or --run-id.")
    }
    if let transaction, TransactionID(transaction) == nil { throw ValidationError("--transaction takes a UUID.") }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let target: RollbackTarget =
      if let id = transaction.flatMap({ TransactionID($0) }) { .transaction(id) } else { .run(runID ?? 0) }
    let store = try session.makeStore()
    let github = session.makeGitHub(ledger: store.budget)
    let actor = session.environment.triggeringActor ?? session.environment.actor
    let run = RollbackRun(session: session, github: github, store: store, isForced: force, actor: actor)
    var report = try await session.deadline.run {
      let (transactions, parts) = try await run.parts(of: target)
      let isUnfinished = parts.contains(where: \.isUnfinished)
      if dryRun {
        var report = RollbackReport(target: target.words, isDryRun: true)
        for part in parts { report.add(part) }
        if isUnfinished { session.log.line("What was not carried out of it would be given up.") }
        return report
      }
      for repository in Set(parts.map(\.item.repository)) {
        let settings = try await rules(of: repository, github, in: session)
        if settings.audit.usesPseudonyms { try store.usePseudonyms(true) }
        guard session.environment.isActions else { continue }
        let permission = RollbackPermission(github: github, needed: settings.rollback.permission)
        try await permission.require(actor, in: repository)
      }
      let report = try await run.carryOut(target, transactions, parts)
      if isUnfinished, !report.isRefused {
        session.log.line("What was not carried out of it is given up, and not tried again.")
      }
      return report
    }
    if session.deadline.stopSignal == nil { await github.flush() }
    report.anchors = Set(report.items.map(\.reference.repository)).compactMap { store.auditAnchor(of: $0)?.description }
      .sorted()
    await store.close()
    for line in report.lines { session.log.line(line) }
    session.log.line("\(report.verdict)")
    if let transaction = report.transaction, !dryRun {
      session.log.line("To bring the changes back: yardmaster rollback --transaction \(transaction.text)")
    }
    let hasFailed = report.hasFailed || report.isRefused
    let done = report.items.reduce(0) { $0 + $1.steps.count { $0.status == Action.Status.done } }
    try session.outputs.write([
      (.outcome, (hasFailed ? EventOutcome.failed : .processed).rawValue), (.actions, String(done)),
      (.transactionID, report.transaction?.text ?? ""),
    ])
    try session.summary.append(report.markdown())
    return hasFailed ? .failed : .done
  }

  private func rules(
    of repository: RepositoryName, _ github: any GitHubAPI, in session: Session
  ) async throws -> Settings {
    let source = ConfigurationSource(explicitFile: session.environment.configPath, github: github)
    return try await source.load(for: repository) ?? Settings()
  }
}

/// Whether whoever started the workflow run may take things back.
struct RollbackPermission {
  let github: any GitHubAPI
  let needed: Permission

  func require(_ actor: String?, in repository: RepositoryName) async throws {
    let account = actor.map { Account(login: $0) }
    let permission = try await PermissionLookup(github: github).permission(of: account, in: repository)
    guard permission >= needed else {
      throw Failure(
        .configuration,
        "\(actor ?? "Whoever started the run") has \(permission.word) permission in \(repository), and a rollback needs \(needed.word)",
        advice: "Have somebody with that permission start it, or name a lower one under rollback: permission:.")
    }
  }
}
