internal import CPostgres

/// What a statement gave back.
///
/// Unchecked: libpq's section 34.20 says that a `PGresult` is read-only after creation and may be passed between
/// threads; this type owns it alone and never changes it.
@safe public final class PostgresRows: @unchecked Sendable, RandomAccessCollection {
  private let result: OpaquePointer
  private let columns: [String: Int32]
  public let count: Int
  /// How many rows an INSERT, UPDATE or DELETE touched.
  public let affected: Int
  /// The command's tag without its numbers: `INSERT`, `COMMIT`, …
  let command: String

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(index: Int) -> PostgresRow { PostgresRow(rows: self, index: index) }

  /// Takes over the result.
  init(_ result: OpaquePointer) {
    unsafe self.result = result
    unsafe count = Int(PQntuples(result))
    unsafe affected = Int(String(cString: PQcmdTuples(result))) ?? 0
    command = unsafe String(String(cString: PQcmdStatus(result)).prefix { $0 != " " })
    var columns: [String: Int32] = [:]
    for column in 0..<(unsafe PQnfields(result)) {
      if let name = unsafe PQfname(result, column) { unsafe columns[String(cString: name)] = column }
    }
    self.columns = columns
  }

  deinit { unsafe PQclear(result) }

  /// The text of a cell; nil where it is NULL.
  fileprivate func text(_ column: String, _ row: Int) throws(PostgresError) -> String? {
    guard let index = columns[column], row >= 0, row < count else {
      throw PostgresError(.unexpectedResult, message: "the result has no row \(row) or no column \(column)")
    }
    guard unsafe PQgetisnull(result, Int32(row), index) == 0 else { return nil }
    let length = Int(unsafe PQgetlength(result, Int32(row), index))
    guard let start = unsafe PQgetvalue(result, Int32(row), index) else { return nil }
    // The pointer lives as long as the result; the string copies the bytes.
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
    return unsafe String(decoding: bytes, as: UTF8.self)
  }
}

/// One row; columns are read by name.
public struct PostgresRow: Sendable {
  private let rows: PostgresRows
  private let index: Int

  init(rows: PostgresRows, index: Int) {
    self.rows = rows
    self.index = index
  }

  /// The column's value. Throws `unexpectedResult` where it is NULL, missing, or not of this type.
  public func decode<Value: PostgresDecodable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard let value = try decodeIfPresent(column, as: type) else {
      throw PostgresError(.unexpectedResult, message: "column \(column) is NULL")
    }
    return value
  }

  /// The column's value, or nil where it is NULL.
  public func decodeIfPresent<Value: PostgresDecodable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value? {
    guard let text = try rows.text(column, index) else { return nil }
    guard let value = Value(postgres: text) else {
      throw PostgresError(.unexpectedResult, message: "column \(column) is not of type \(type)")
    }
    return value
  }
}

/// A type that a column's text form can be read as.
public protocol PostgresDecodable {
  /// The value, or nil where `text` spells none.
  init?(postgres text: String)
}

extension String: PostgresDecodable {
  public init?(postgres text: String) { self = text }
}

extension Int: PostgresDecodable {
  public init?(postgres text: String) { self.init(text) }
}

extension Int64: PostgresDecodable {
  public init?(postgres text: String) { self.init(text) }
}

extension Double: PostgresDecodable {
  public init?(postgres text: String) { self.init(text) }
}

extension Bool: PostgresDecodable {
  public init?(postgres text: String) {
    switch text {
    case "t": self = true
    case "f": self = false
    default: return nil
    }
  }
}
