/// What went wrong between this process and PostgreSQL.
///
/// `description` is safe to show: it holds no parameter, no row and no part of the connection string.
public struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  public var condition: Condition
  /// Five characters of PostgreSQL's Appendix A; nil where the server never answered.
  public var sqlState: String?
  /// `ERROR`, `FATAL`, …, in English whatever the server's language.
  public var severity: String?
  /// The server's primary message, or our own words where the server did not answer.
  public var message: String
  /// The constraint that a statement violated.
  public var constraint: String?
  /// The server's DETAIL field. It may quote rows, so it is only part of `debugDescription`.
  public var detail: String?
  /// Whether the transaction may have been committed although its answer never came.
  public var mayHaveCommitted: Bool

  public init(
    _ condition: Condition, sqlState: String? = nil, severity: String? = nil, message: String,
    constraint: String? = nil, detail: String? = nil, mayHaveCommitted: Bool = false
  ) {
    self.condition = condition
    self.sqlState = sqlState
    self.severity = severity
    self.message = message
    self.constraint = constraint
    self.detail = detail
    self.mayHaveCommitted = mayHaveCommitted
  }

  /// The kinds of failure that callers tell apart.
  public enum Condition: Hashable, Sendable {
    /// The connection string cannot be read, or names an option that libpq does not know.
    case malformedConnectionString
    /// No server answered: refused, unreachable, unknown host, timed out.
    case connectionFailed
    /// The server answered, but takes no connections now: starting up, shutting down, too many clients.
    case connectionRejected
    /// TLS could not be established as the connection string demands.
    case tlsFailed
    /// The connection string demands TLS, and the server has none.
    case tlsMissing
    case authenticationFailed
    case missingDatabase
    /// The connection ended while it was in use.
    case connectionLost
    /// An administrator or a crash ended the server process (57P01, 57P02, 57P03).
    case shutdown
    /// The statement took longer than the connection's limit.
    case timedOut
    /// The server ended the statement or its transaction: a timeout that is set there, or an administrator. The connection
    /// need not have ended.
    case endedByServer
    /// The Swift task was cancelled and its grace was over.
    case cancelled
    case serializationFailure
    case deadlock
    case lockNotAvailable
    case undefinedTable
    case undefinedFunction
    case undefinedSchema
    case readOnly
    case diskFull
    case insufficientPrivilege
    case constraintViolation
    /// A value that does not fit its type (class 22); the server's message then quotes the value.
    case dataException
    /// A row or a column did not have the shape that the caller asked for.
    case unexpectedResult
    case other
  }

  /// Whether the connection is of no use any more.
  public var endsConnection: Bool {
    switch condition {
    case .connectionLost, .shutdown, .timedOut, .cancelled: true
    default: severity == "FATAL" || severity == "PANIC"
    }
  }

  public var description: String {
    let text = condition == .dataException ? "a value does not fit its type" : message
    let place = constraint.map { ", constraint \($0)" } ?? ""
    return sqlState.map { "\(text) (SQLSTATE \($0)\(place))" } ?? text
  }

  public var debugDescription: String {
    "\(condition): \(message) (SQLSTATE \(sqlState ?? "none")\(constraint.map { ", constraint \($0)" } ?? ""))"
      + (detail.map { "; \($0)" } ?? "")
  }

  /// Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
  static func condition(ofSQLState state: String) -> Condition {
    switch state {
    case "28P01", "28000": .authenticationFailed
    case "3D000": .missingDatabase
    case "40001": .serializationFailure
    case "40P01": .deadlock
    case "55P03": .lockNotAvailable
    case "42P01": .undefinedTable
    case "42883": .undefinedFunction
    case "3F000": .undefinedSchema
    case "42501": .insufficientPrivilege
    case "25006": .readOnly
    case "53100": .diskFull
    case "53300": .connectionRejected
    case "57014", "25P04": .endedByServer
    case "57P01", "57P02", "57P03", "57P05", "25P03": .shutdown
    default:
      switch state.prefix(2) {
      case "08": .connectionLost
      case "22": .dataException
      case "23": .constraintViolation
      default: .other
      }
    }
  }
}
