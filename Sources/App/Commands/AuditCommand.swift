import ActionsRuntime
import ArgumentParser
import Domain
import Markup
import Reporting
import Store

/// `yardmaster audit`: the log of all that was done, and the proof that nobody altered it.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Verify, export and prune the audit log; print the set-up that protects it.",
    discussion: """
      Each repository has a chain of entries of which each holds the hash of the one before it. A job summary's \
      anchor, SEQUENCE:HASH, is the chain's end at that time: kept outside of the database, it shows later whether \
      the chain still goes through it.

      YARDMASTER_AUDIT_KEY keys the hashes: without the key nobody can write entries that hold. Without any key an \
      alteration shows only where not all that follows was hashed anew; anchors find that too.
      """,
    subcommands: [AuditVerifyCommand.self, AuditExportCommand.self, AuditPruneCommand.self, AuditRolesCommand.self])
}

/// `yardmaster audit verify`.
struct AuditVerifyCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Find any edit, deletion, insertion, reordering or truncation in the audit log.",
    discussion: """
      Recomputes every hash, in bounded memory. Names the first entry of each chain that does not hold, and why. An \
      entry that was pruned leaves a signed checkpoint, from which the rest verifies.

      Exit status: 0 the log is whole; 1 it is not, and the place is named; 75 the database cannot be reached; 78 the \
      log is keyed and YARDMASTER_AUDIT_KEY is not set, so it was not verified.

      Example: yardmaster audit verify --repository octo/hello --anchor 128:3f7c…
      """)

  @Option(help: ArgumentHelp("One repository; default: all in the database.", valueName: "owner/name"))
  var repository: String?

  @Option(
    help: ArgumentHelp(
      "An earlier end of the chain, as a job summary shows it; may be given several times. Belongs to --repository, or "
        + "to GITHUB_REPOSITORY.", valueName: "sequence:hash"))
  var anchor: [String] = []

  func validate() throws {
    if let text = anchor.first(where: { AuditAnchor($0) == nil }) {
      throw ValidationError("--anchor takes SEQUENCE:HASH, or a hash of 64 hexadecimal digits, not '\(text)'.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let store = try session.makeStore()
    let anchors = anchor.compactMap { AuditAnchor($0) }
    // An anchor belongs to one chain.
    let anchored = anchors.isEmpty ? nil : try session.repository(repository)
    let named = try repository.map { try session.repository($0) }
    let names = if let named { [named] } else { try await store.auditedRepositories() }
    var isWhole = true
    var lacksKey = false
    for name in names + (anchored.map { names.contains($0) ? [] : [$0] } ?? []) {
      let found = try await store.verifyAudit(of: name, anchors: name == anchored ? anchors : [])
      for line in AuditReport.lines(found) { session.log.line(line) }
      if let fault = found.fault {
        guard !fault.isKeyMissing else {
          lacksKey = true
          session.log.error("\(AuditReport.missingKey(found))", title: "Audit log")
          continue
        }
        isWhole = false
        let other = session.environment.auditKey == nil ? "" : ", or whether another key was used when it was written"
        session.log.error(
          "The audit log of \(name.description) does not hold at entry \(fault.sequence): \(fault.reason). Find out who changed it\(other), and restore it from a backup.",
          title: "Audit log")
      }
    }
    await store.close()
    if names.isEmpty, anchored == nil { session.log.line("There is no audit log in this database yet.") }
    // A log that does not hold is the worse of the two.
    return !isWhole ? .failed : lacksKey ? .configuration : .done
  }
}

/// `yardmaster audit export`.
struct AuditExportCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the audit log as JSON Lines or CSV.",
    discussion: """
      One record a line, with the fields \(AuditExport.fields.joined(separator: ", ")); metadata always has \
      confidence, reasoning and evidence. Reads page by page, so that the size of the log does not matter.

      JSON Lines are ASCII. CSV is that of RFC 4180; states and metadata are JSON in a field, and a field that a \
      spreadsheet would take for a formula (=, +, -, @, tab) begins with an apostrophe. In a workflow's log, lines \
      are kept from being workflow commands: for the exact bytes of CSV use --output.

      Example: yardmaster audit export --format csv --since 2026-01-01 --output audit.csv
      """)

  @Option(help: ArgumentHelp("jsonl or csv.", valueName: "format"))
  var format = "jsonl"

  @Option(help: ArgumentHelp("Leave out what was recorded before.", valueName: "date"))
  var since: String?

  @Option(help: ArgumentHelp("One repository; default: all in the database.", valueName: "owner/name"))
  var repository: String?

  @Option(help: ArgumentHelp("Write to this file in place of standard output; it is replaced.", valueName: "file"))
  var output: String?

  @Flag(help: "Show logins for the pseudonyms of those who were not forgotten; such records do not match their hashes.")
  var resolve = false

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    if AuditExport(rawValue: format) == nil { throw ValidationError("--format takes jsonl or csv.") }
    if let since, Timestamp(since) == nil {
      throw ValidationError("--since takes a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let export = AuditExport(rawValue: format) ?? .jsonl
    let name = try repository.map { try session.repository($0) }
    let store = try session.makeStore()
    let file = try output.map { try OutputFile(path: $0) }
    func write(_ text: String) throws {
      if let file { try file.write(text) } else if !text.isEmpty { session.printLines(of: text) }
    }
    try write(export.header)
    var count = 0
    try await store.readAudit(of: name, since: since.flatMap { Timestamp($0) }, resolves: resolve) { records in
      count += records.count
      try write(records.map(export.line).joined())
    }
    await store.close()
    if let output { session.log.line("Wrote \(count) records to \(output).") }
    return .done
  }
}

/// `yardmaster audit prune`.
struct AuditPruneCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove entries older than the retention, and leave a signed checkpoint.",
    discussion: """
      Says what it would remove; removes it with --yes. The chain is verified first. What stays verifies from the \
      checkpoint, which is signed with YARDMASTER_AUDIT_KEY; without a key nothing is pruned. The newest entry \
      always stays. The database's role has to own the audit log, or to be granted prune_audit: see `yardmaster \
      audit roles`.

      Example: yardmaster audit prune --retention-days 365 --yes
      """)

  @Option(help: ArgumentHelp("The repository; default: GITHUB_REPOSITORY.", valueName: "owner/name"))
  var repository: String?

  @Option(
    help: ArgumentHelp(
      "Keep entries of so many days; default: audit.retention_days of the configuration.", valueName: "n"))
  var retentionDays: Int?

  @Flag(help: "Remove; without it nothing is written.")
  var yes = false

  func validate() throws {
    if let retentionDays, !(0...36_500).contains(retentionDays) {
      throw ValidationError("--retention-days takes a number from 0 to 36500.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    let name = try session.repository(repository)
    let days = try await retention(of: name, in: session)
    let store = try session.makeStore()
    let pruning = try await store.pruneAudit(of: name, retentionDays: days, isDryRun: !yes)
    await store.close()
    for line in AuditReport.lines(pruning, of: name, days: days, isDryRun: !yes) { session.log.line(line) }
    return .done
  }

  private func retention(of name: RepositoryName, in session: Session) async throws -> Int {
    if let retentionDays { return retentionDays }
    let github = session.makeGitHub(installation: name)
    let source = ConfigurationSource(explicitFile: session.environment.configPath, github: github)
    guard let days = try await source.load(for: name)?.audit.retentionDays else {
      throw Failure(
        .usage, "It is not said how long entries of \(name)'s audit log are kept",
        advice: "Pass --retention-days, or set audit.retention_days in the configuration.")
    }
    return days
  }
}

/// `yardmaster audit roles`.
struct AuditRolesCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "roles",
    abstract: "Print the SQL that takes the audit log out of the runner's hands.",
    discussion: """
      For psql, as a superuser, in a database that `yardmaster migrate` has brought up to date; again after each \
      migration. Afterwards the runner's role owns nothing: it appends to the audit log, and can neither change, \
      prune nor truncate it, nor lift the triggers that refuse that. Needs no database itself.

      Example: yardmaster audit roles --runner ci | psql "$ADMIN_URL"
      """)

  @Option(help: ArgumentHelp("The role that owns the schema, and that nobody logs in as.", valueName: "role"))
  var owner = "yardmaster_owner"

  @Option(help: ArgumentHelp("The role of DATABASE_URL in workflows.", valueName: "role"))
  var runner = "yardmaster"

  static var printsToStandardOutput: Bool { true }

  func validate() throws {
    if owner == runner { throw ValidationError("--owner and --runner have to be two roles.") }
    for name in [owner, runner] where name.isEmpty || name.utf8.count > 63 || name.utf8.contains(where: { $0 < 32 }) {
      throw ValidationError("A role's name has from 1 to 63 bytes and no control characters.")
    }
  }

  func execute(in session: Session) async throws -> ExitStatus {
    session.printLines(of: AuditRoles.sql(owner: owner, runner: runner))
    return .done
  }
}
