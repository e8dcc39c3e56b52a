/// One connection to PostgreSQL, on a thread of its own.
///
/// Calls come one after another. Whatever a method does between its first and its last byte on the wire happens without
/// suspension, so no other caller's statement can slip into a transaction.
///
/// Nothing here outlives a transaction on the server (no session settings, named statements, session locks or
/// notifications): the connection works behind a pooler in transaction mode.
public actor PostgresConnection {
  private nonisolated let thread: DedicatedThread
  public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

  private nonisolated let wakeup: Wakeup
  private nonisolated let limits: Limits
  private var wire: Wire?

  /// How many U+0000 were replaced in parameters, because PostgreSQL cannot store them.
  public private(set) var replacedNULs = 0

  /// How long calls may take, in seconds.
  public struct Limits: Hashable, Sendable {
    /// For the whole of connecting, where the connection string names no `connect_timeout`.
    public var connect: Double
    /// For one statement, or one transaction that is sent in one piece.
    public var statement: Double
    /// What is left to a call whose task is cancelled.
    public var cancellationGrace: Double

    public init(connect: Double = 10, statement: Double = 120, cancellationGrace: Double = 0.7) {
      self.connect = connect
      self.statement = statement
      self.cancellationGrace = cancellationGrace
    }
  }

  private init(limits: Limits) throws(PostgresError) {
    self.limits = limits
    thread = try DedicatedThread()
    wakeup = try Wakeup()
  }

  /// Connects.
  ///
  /// - Parameter conninfo: a URI or keyword/value string as libpq's section 34.1.1 describes them; it decides about TLS.
  /// - Throws: `malformedConnectionString`, `connectionFailed`, `connectionRejected`, `tlsFailed`, `tlsMissing`,
  ///   `authenticationFailed`, `missingDatabase`, `cancelled` and what else the server answers.
  public static func connect(
    _ conninfo: String, applicationName: String, limits: Limits = Limits()
  ) async throws(PostgresError) -> PostgresConnection {
    let connection = try PostgresConnection(limits: limits)
    try await connection.open(conninfo, applicationName: applicationName)
    return connection
  }

  private func open(_ conninfo: String, applicationName: String) async throws(PostgresError) {
    let target = try ConnectionTarget(conninfo, applicationName: applicationName)
    try await interruptibly { interruption throws(PostgresError) in
      wire = try Wire(
        target, wakeup: wakeup,
        patience: Patience(
          seconds: target.connectTimeout ?? limits.connect, grace: limits.cancellationGrace, interruption: interruption)
      )
    }
  }

  /// Whether the connection was not found broken and not closed.
  public var isUsable: Bool { wire?.isUsable ?? false }

  /// Runs one statement, which is a transaction of its own.
  public func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws(PostgresError) -> PostgresRows {
    try await interruptibly { interruption throws(PostgresError) in
      try run([PostgresStatement(sql, parameters)], interruption)[0]
    }
  }

  /// Runs the statements in one READ COMMITTED transaction and one round trip, each with a snapshot of its own.
  /// The first that fails rolls all of them back.
  public func transaction(_ statements: [PostgresStatement]) async throws(PostgresError) -> [PostgresRows] {
    try await interruptibly { interruption throws(PostgresError) in
      let all = [PostgresTransaction.begin] + statements + [PostgresTransaction.end]
      return Array(try run(all, interruption).dropFirst().dropLast())
    }
  }

  /// Runs `body` in a READ COMMITTED transaction, which is rolled back where it throws.
  /// The body runs without suspension on the connection's thread: it decides by what it reads, and waits for nothing else.
  public func transaction<Value: Sendable>(
    _ body: @Sendable (PostgresTransaction) throws -> Value
  ) async throws -> Value {
    let outcome = await withTaskCancellation { interruption -> Result<Value, any Error> in
      Result {
        let wire = try usableWire()
        defer { settle(wire) }
        let transaction = PostgresTransaction(wire, limits, interruption)
        try transaction.query(PostgresTransaction.begin.sql)
        do {
          let value = try body(transaction)
          try transaction.commit()
          return value
        } catch {
          if wire.isUsable { _ = try? transaction.query(PostgresTransaction.rollback.sql) }
          throw error
        }
      }
    }
    return try outcome.get()
  }

  /// Closes the connection; later calls throw `connectionLost`.
  public func close() { wire = nil }

  private func run(
    _ statements: [PostgresStatement], _ interruption: Interruption
  ) throws(PostgresError) -> [PostgresRows] {
    let wire = try usableWire()
    defer { settle(wire) }
    return try wire.run(statements, isFinal: true, limits, interruption)
  }

  private func usableWire() throws(PostgresError) -> Wire {
    guard let wire else { throw PostgresError(.connectionLost, message: "the database connection is closed") }
    return wire
  }

  private func settle(_ wire: Wire) {
    replacedNULs += wire.takeReplacedNULs()
    if !wire.isUsable { self.wire = nil }
  }

  /// Runs `body` here and now; a cancellation of the task meanwhile reaches the thread that waits in it.
  private func interruptibly<Value>(
    _ body: (Interruption) throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    let outcome = await withTaskCancellation { interruption in
      Result { () throws(PostgresError) in try body(interruption) }
    }
    return try outcome.get()
  }

  private func withTaskCancellation<Value>(_ body: (Interruption) -> Value) async -> Value {
    let interruption = Interruption(wakeup)
    return await withTaskCancellationHandler {
      onThread(interruption, body)
    } onCancel: {
      interruption.raise()
    }
  }

  /// Being a method of the actor, it makes the closure that calls it one of the actor's: a closure that only calls `body`
  /// would run, and block, on the cooperative pool.
  private func onThread<Value>(_ interruption: Interruption, _ body: (Interruption) -> Value) -> Value {
    body(interruption)
  }
}

/// A transaction that is under way on its connection.
public final class PostgresTransaction {
  private let wire: Wire
  private let limits: PostgresConnection.Limits
  private let interruption: Interruption

  init(_ wire: Wire, _ limits: PostgresConnection.Limits, _ interruption: Interruption) {
    self.wire = wire
    self.limits = limits
    self.interruption = interruption
  }

  // The isolation is named because a role or a database may have another default; READ WRITE is not, so that a database
  // that was made read-only stays so.
  static let begin = PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED")
  static let end = PostgresStatement("COMMIT")
  static let rollback = PostgresStatement("ROLLBACK")

  @discardableResult
  public func query(_ sql: String, _ parameters: [PostgresValue] = []) throws(PostgresError) -> PostgresRows {
    try wire.run([PostgresStatement(sql, parameters)], isFinal: false, limits, interruption)[0]
  }

  /// Runs the statements in one round trip; each sees what those before it did.
  @discardableResult
  public func pipeline(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresRows] {
    try wire.run(statements, isFinal: false, limits, interruption)
  }

  /// Runs statements that stand in one text, separated by semicolons; they take no parameters.
  public func script(_ sql: String) throws(PostgresError) {
    try wire.script(sql, limits, interruption)
  }

  fileprivate func commit() throws(PostgresError) {
    let answer = try wire.run([Self.end], isFinal: true, limits, interruption)[0]
    // After a statement that failed and whose error was caught, COMMIT rolls back and reports no error.
    guard answer.command == "COMMIT" else {
      throw PostgresError(.other, message: "the transaction was rolled back instead of committed")
    }
  }
}
