internal import CPostgres
internal import Glibc

/// Owns a `PGconn`, and waits for it in `poll`, never in libpq.
///
/// Not `Sendable`: it lives inside one actor. The `PGconn` is freed with it, on whichever thread that happens; libpq's
/// section 34.20 allows this as long as no two threads use it at a time.
@safe final class Wire {
  private let connection: OpaquePointer
  private let wakeup: Wakeup
  private var replacedNULs = 0
  private(set) var isUsable = true

  /// Connects. A socket may be replaced by the next address's between two polls, so it is asked for every time.
  init(_ target: ConnectionTarget, wakeup: Wakeup, patience: Patience) throws(PostgresError) {
    self.wakeup = wakeup
    guard let connection = unsafe Self.start(target.keywords) else {
      throw PostgresError(.other, message: "libpq has no memory for a connection")
    }
    unsafe self.connection = connection
    // With the verbose form the refusal of a server holds its SQLSTATE; there is no other way to get it.
    unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
    // Without a processor libpq prints notices to stderr.
    unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)
    var patience = patience
    var next = PGRES_POLLING_WRITING
    while unsafe PQstatus(connection) != CONNECTION_BAD, next != PGRES_POLLING_FAILED, next != PGRES_POLLING_OK {
      do {
        try wait(for: next == PGRES_POLLING_READING ? POLLIN : POLLOUT, &patience)
      } catch {
        isUsable = false
        guard error.condition == .timedOut else { throw error }
        throw PostgresError(noConnection: "timeout expired", to: target.place)
      }
      next = unsafe PQconnectPoll(connection)
    }
    guard unsafe PQstatus(connection) == CONNECTION_OK else {
      isUsable = false
      throw PostgresError(connectionText: unsafe String(cString: PQerrorMessage(connection)), to: target.place)
    }
    unsafe PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
    unsafe PQsetnonblocking(connection, 1)
  }

  deinit { unsafe PQfinish(connection) }

  private static func start(_ keywords: [(name: String, value: String)]) -> OpaquePointer? {
    // libpq copies the strings; both arrays end with a null.
    let names = unsafe keywords.map { unsafe UnsafePointer(strdup($0.name)) } + [nil]
    let values = unsafe keywords.map { unsafe UnsafePointer(strdup($0.value)) } + [nil]
    defer {
      for index in keywords.indices {
        unsafe free(UnsafeMutablePointer(mutating: names[index]))
        unsafe free(UnsafeMutablePointer(mutating: values[index]))
      }
    }
    return unsafe PQconnectStartParams(names, values, 1)
  }

  func takeReplacedNULs() -> Int {
    defer { replacedNULs = 0 }
    return replacedNULs
  }

  /// Runs the statements in one round trip.
  ///
  /// - Parameter isFinal: whether they end their transaction, so that a loss of the connection leaves its fate open.
  func run(
    _ statements: [PostgresStatement], isFinal: Bool, _ limits: PostgresConnection.Limits, _ interruption: Interruption
  ) throws(PostgresError) -> [PostgresRows] {
    var patience = Patience(
      seconds: limits.statement, grace: limits.cancellationGrace, interruption: interruption)
    do {
      return statements.count == 1 ? [try query(statements[0], &patience)] : try pipeline(statements, &patience)
    } catch {
      var error = error
      error.mayHaveCommitted = isFinal && error.endsConnection
      throw error
    }
  }

  /// Runs all statements of a text, through the simple protocol.
  func script(
    _ sql: String, _ limits: PostgresConnection.Limits, _ interruption: Interruption
  ) throws(PostgresError) {
    var patience = Patience(
      seconds: limits.statement, grace: limits.cancellationGrace, interruption: interruption)
    guard unsafe PQsendQuery(connection, sql) == 1 else { throw lost() }
    var rows: PostgresRows?
    var failure: PostgresError?
    while let result = unsafe try nextResult(&patience) { unsafe take(result, &rows, &failure) }
    try finish(failure)
  }

  /// Runs one statement.
  private func query(_ statement: PostgresStatement, _ patience: inout Patience) throws(PostgresError) -> PostgresRows {
    try send(statement)
    var rows: PostgresRows?
    var failure: PostgresError?
    while let result = unsafe try nextResult(&patience) { unsafe take(result, &rows, &failure) }
    try finish(failure)
    guard let rows else { throw PostgresError(.unexpectedResult, message: "the statement gave no result") }
    return rows
  }

  /// Sends all statements at once, with one synchronisation point after the last: the first that fails makes the server
  /// skip the rest. Leaves no transaction open behind a failure.
  private func pipeline(_ statements: [PostgresStatement], _ patience: inout Patience) throws(PostgresError)
    -> [PostgresRows]
  {
    guard unsafe PQenterPipelineMode(connection) == 1 else { throw lost() }
    var all: [PostgresRows] = []
    var failure: PostgresError?
    for statement in statements { try send(statement) }
    guard unsafe PQpipelineSync(connection) == 1 else { throw lost() }
    for _ in statements {
      var rows: PostgresRows?
      while let result = unsafe try nextResult(&patience) { unsafe take(result, &rows, &failure) }
      if let rows { all.append(rows) }
      if !isUsable { break }
    }
    if isUsable, let end = unsafe try nextResult(&patience) {
      if unsafe PQresultStatus(end) != PGRES_PIPELINE_SYNC { isUsable = false }
      unsafe PQclear(end)
    }
    if isUsable, unsafe PQexitPipelineMode(connection) != 1 { isUsable = false }
    if failure != nil, isUsable, unsafe PQtransactionStatus(connection) == PQTRANS_INERROR {
      _ = try query(PostgresTransaction.rollback, &patience)
    }
    try finish(failure)
    guard all.count == statements.count else { throw lost() }
    return all
  }

  // MARK: - Sending

  private func send(_ statement: PostgresStatement) throws(PostgresError) {
    let encoded = EncodedParameters(statement.parameters)
    replacedNULs += encoded.replacedNULs
    guard encoded.buffer.count < Int(Int32.max) else {
      throw PostgresError(.other, message: "a statement's parameters are larger than 2 GiB")
    }
    let sent = unsafe encoded.buffer.withUnsafeBufferPointer { buffer in
      // libpq copies the values before it returns.
      let values = unsafe encoded.offsets.map { offset -> UnsafePointer<CChar>? in
        guard offset >= 0, let start = buffer.baseAddress else { return nil }
        return unsafe UnsafeRawPointer(start + offset).assumingMemoryBound(to: CChar.self)
      }
      return unsafe PQsendQueryParams(
        connection, statement.sql, Int32(values.count), nil, values, encoded.lengths, encoded.formats, 0)
    }
    guard sent == 1 else { throw lost() }
  }

  // MARK: - Receiving

  /// The next result, or nil where the statement has no more.
  private func nextResult(_ patience: inout Patience) throws(PostgresError) -> OpaquePointer? {
    while isUsable {
      let unsent = unsafe PQflush(connection)
      if unsent < 0 { break }
      if unsent == 0, unsafe PQisBusy(connection) == 0 { break }
      do {
        try wait(for: unsent > 0 ? POLLIN | POLLOUT : POLLIN, &patience)
      } catch {
        abandon()
        throw error
      }
      // After a failure `PQgetResult` still tells the server's last words.
      if unsafe PQconsumeInput(connection) == 0 { break }
    }
    return unsafe PQgetResult(connection)
  }

  private func take(_ result: OpaquePointer, _ rows: inout PostgresRows?, _ failure: inout PostgresError?) {
    switch unsafe PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      unsafe rows = PostgresRows(result)
      return
    case PGRES_PIPELINE_ABORTED: break
    default:
      // What comes after the first failure follows from it, and a lost connection is told twice.
      if failure == nil { unsafe failure = error(of: result) }
    }
    unsafe PQclear(result)
    if unsafe PQstatus(connection) == CONNECTION_BAD { isUsable = false }
  }

  private func error(of result: OpaquePointer) -> PostgresError {
    // The codes of postgres_ext.h (PG_DIAG_…), character macros that Swift does not import.
    func field(_ code: Unicode.Scalar) -> String? {
      unsafe PQresultErrorField(result, Int32(code.value)).map { unsafe String(cString: $0) }
    }
    guard let sqlState = field("C") else { return lost() }
    return PostgresError(
      PostgresError.condition(ofSQLState: sqlState), sqlState: sqlState, severity: field("V"),
      message: field("M") ?? "no message", constraint: field("n"), detail: field("D"))
  }

  private func finish(_ failure: PostgresError?) throws(PostgresError) {
    if unsafe PQstatus(connection) == CONNECTION_BAD { isUsable = false }
    if let failure { throw failure }
  }

  private func lost() -> PostgresError {
    isUsable = false
    return PostgresError(.connectionLost, message: "the connection to the server was lost")
  }

  // MARK: - Waiting

  private func wait(for events: Int32, _ patience: inout Patience) throws(PostgresError) {
    while true {
      var descriptors = [
        pollfd(fd: unsafe PQsocket(connection), events: Int16(events), revents: 0),
        pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let ready = unsafe poll(&descriptors, 2, try patience.left())
      if ready < 0, errno != EINTR { throw lost() }
      if descriptors[1].revents != 0 { wakeup.silence() }
      if descriptors[0].revents != 0 { return }
    }
  }

  /// Gives the running statement up: asks the server to cancel it, and lets no further statement use this connection, so
  /// that a late cancellation has nothing to hit. `PQcancel` connects and blocks, hence a thread that nobody waits for.
  private func abandon() {
    isUsable = false
    guard let cancel = unsafe PQgetCancel(connection) else { return }
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { cancel in
        guard let cancel = unsafe cancel else { return nil }
        var message = [CChar](repeating: 0, count: 256)
        unsafe PQcancel(OpaquePointer(cancel), &message, Int32(message.count))
        unsafe PQfreeCancel(OpaquePointer(cancel))
        return nil
      }, UnsafeMutableRawPointer(cancel))
    if status == 0 { pthread_detach(thread) } else { unsafe PQfreeCancel(cancel) }
  }
}
