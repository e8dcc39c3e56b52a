public import Domain
import Postgres

/// Why the database could not do what was asked, for a maintainer to read.
public struct StoreError: UserFacingError, Hashable {
  public var cause: Cause
  public var exitStatus: ExitStatus
  public var problem: String
  public var advice: String

  /// What callers and tests tell apart.
  public enum Cause: Hashable, Sendable {
    case malformedURL, unreachable, tls, authentication, missingDatabase, privilege, readOnly, diskFull, interrupted
    case contention, newerSchema, changedMigration, unknownJob, wrongRepository, malformedRow, missingAuditKey
    case brokenAudit, failed
  }

  init(_ cause: Cause, _ exitStatus: ExitStatus, _ problem: String, advice: String) {
    self.cause = cause
    self.exitStatus = exitStatus
    self.problem = problem
    self.advice = advice
  }

  /// The maintainer's words for what libpq or the server said.
  init(_ error: PostgresError) {
    let text = error.description
    switch error.condition {
    case .malformedConnectionString:
      self.init(
        .malformedURL, .configuration, "DATABASE_URL cannot be read: \(text)",
        advice: "Set it to postgresql://user:password@host:5432/database, with special characters percent-encoded.")
    case .connectionFailed, .connectionRejected:
      self.init(
        .unreachable, .unavailable, "The database cannot be reached: \(text)",
        advice: "Check that PostgreSQL runs and that this runner may connect to it, then run the job again.")
    case .tlsMissing:
      self.init(
        .tls, .configuration, "The database cannot be reached safely: \(text)",
        advice: "Turn TLS on at the server; sslmode=disable is for a network that nobody else can read.")
    case .tlsFailed:
      self.init(
        .tls, .configuration, "The database cannot be reached safely: \(text)",
        advice: """
          Name the host as the server's certificate does, and in sslrootcert a file with the authority that signed it, \
          where that is none of the system's.
          """)
    case .authenticationFailed:
      self.init(
        .authentication, .configuration, "The database refused the login: \(text)",
        advice: "Correct the user and the password in the secret behind DATABASE_URL.")
    case .missingDatabase:
      self.init(
        .missingDatabase, .configuration, "The database does not exist: \(text)",
        advice: "Create it, or correct the database name at the end of DATABASE_URL.")
    case .insufficientPrivilege:
      self.init(
        .privilege, .configuration, "The database role may not do this: \(text)",
        advice: "Grant the role in DATABASE_URL the right to create and to use the schema yardmaster.")
    case .readOnly:
      self.init(
        .readOnly, .configuration, "The database is read-only: \(text)",
        advice: "Point DATABASE_URL at the primary server, or end the database's read-only mode.")
    case .diskFull:
      self.init(
        .diskFull, .unavailable, "The database's disk is full: \(text)",
        advice: "Free space on the database server, then run the job again; nothing that was stored is lost.")
    case .connectionLost, .shutdown:
      self.init(
        .interrupted, .unavailable, "The database ended the connection: \(text)",
        advice: "Run the job again; it goes on from what is stored.")
    case .timedOut, .cancelled:
      self.init(
        .interrupted, .unavailable, "The database did not answer in time: \(text)",
        advice: "Look for a long-running transaction or an overloaded server, then run the job again.")
    case .endedByServer:
      self.init(
        .interrupted, .unavailable, "The database did not answer in time: \(text)",
        advice: """
          Raise the role's, the database's or the pooler's statement_timeout, or look for an overloaded server, then run \
          the job again.
          """)
    case .serializationFailure, .deadlock, .lockNotAvailable:
      self.init(
        .contention, .unavailable, "Other transactions kept the database busy: \(text)",
        advice: "Run the job again.")
    case .undefinedTable, .undefinedFunction, .undefinedSchema:
      self.init(
        .failed, .failed, "The schema yardmaster is damaged: \(text)",
        advice: "Restore what was dropped from it, or drop the whole schema and run `yardmaster migrate`.")
    case .constraintViolation, .dataException, .unexpectedResult, .other:
      self.init(
        .failed, .failed, "The database refused a statement: \(text)",
        advice: "Report this with the version of yardmaster and of PostgreSQL.")
    }
  }

  static func newerSchema(found: Int) -> StoreError {
    StoreError(
      .newerSchema, .configuration,
      "The database's schema has version \(found), and this yardmaster knows versions up to \(Migration.current)",
      advice: "Upgrade yardmaster in every workflow that uses this database.")
  }

  static func changedMigration(version: Int) -> StoreError {
    StoreError(
      .changedMigration, .configuration,
      "Step \(version) of the database's schema is not the one that this yardmaster would have applied",
      advice: "Use a released yardmaster of the version that made the schema, or an empty database.")
  }

  static func missingAuditKey(_ reason: String) -> StoreError {
    StoreError(
      .missingAuditKey, .configuration, "\(reason), and YARDMASTER_AUDIT_KEY is not set",
      advice: "Set it from a secret, the same in every workflow that uses this database.")
  }

  static func brokenAudit(_ repository: RepositoryName, _ fault: AuditVerification.Fault) -> StoreError {
    StoreError(
      .brokenAudit, .failed, "The audit log of \(repository) does not hold at entry \(fault.sequence): \(fault.reason)",
      advice: "Find out who changed it; nothing is pruned until `yardmaster audit verify` finds it whole.")
  }

  static let contendedPseudonyms = StoreError(
    .contention, .unavailable, "Other transactions kept renaming the same logins", advice: "Run the job again.")

  static func malformedRow(_ what: String) -> StoreError {
    StoreError(
      .malformedRow, .failed, "A row holds what this yardmaster cannot read: \(what)",
      advice: "Check whether a newer yardmaster or another program wrote it.")
  }
}
