import Foundation
public import Postgres

/// A database of one test's own, cloned from a template.
public struct TestDatabase: Sendable {
  /// A URI, usable as DATABASE_URL.
  public let url: String
  public let name: String
  private let cluster: String

  /// Runs `body` with a new database, and drops it afterwards whoever is still connected.
  ///
  /// - Parameters:
  ///   - template: names what `prepare` makes: databases of one name are clones of one template.
  ///   - prepare: fills the template, once in a test process; nil for an empty database.
  public static func withDatabase<Value>(
    template: String = "empty", prepare: (@Sendable (_ url: String) async throws -> Void)? = nil,
    _ body: (TestDatabase) async throws -> Value
  ) async throws -> Value {
    try await Turns.shared.with { try await withNewDatabase(template, prepare, body) }
  }

  private static func withNewDatabase<Value>(
    _ template: String, _ prepare: (@Sendable (_ url: String) async throws -> Void)?,
    _ body: (TestDatabase) async throws -> Value
  ) async throws -> Value {
    let cluster = try await TestCluster.shared.url()
    let source =
      if let prepare { try await TestCluster.shared.template(template, prepare: prepare) } else { "template1" }
    let name = "yardmaster_test_\(getpid())_\(UInt64.random(in: 0...UInt64.max))"
    try await TestCluster.administer(cluster, "CREATE DATABASE \(name) TEMPLATE \(source)")
    let database = TestDatabase(url: url(cluster, database: name), name: name, cluster: cluster)
    do {
      let value = try await body(database)
      try await database.drop()
      return value
    } catch {
      try? await database.drop()
      throw error
    }
  }

  /// A connection of the test's own, to look and to interfere.
  public func connect() async throws -> PostgresConnection {
    try await PostgresConnection.connect(url, applicationName: "yardmaster-tests")
  }

  /// Runs one statement, and gives its rows as text; NULL is nil.
  @discardableResult
  public func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRows {
    let connection = try await connect()
    let rows = try await connection.query(sql, parameters)
    await connection.close()
    return rows
  }

  /// The first row's column `value`.
  public func value<Value: PostgresDecodable>(_ sql: String, as type: Value.Type = Value.self) async throws -> Value {
    let rows = try await query(sql)
    return try rows[0].decode("value", as: type)
  }

  /// Runs a statement in the cluster's maintenance database.
  public func administer(_ sql: String) async throws { try await TestCluster.administer(cluster, sql) }

  /// The same URI with other credentials or another port, for the ways in which connecting fails.
  public func url(user: String? = nil, password: String? = nil, port: Int? = nil, database: String? = nil) throws
    -> String
  {
    guard var parts = URLComponents(string: url) else { throw URLError(.badURL) }
    if let user { parts.user = user }
    if let password { parts.password = password }
    if let port { parts.port = port }
    if let database { parts.path = "/" + database }
    return parts.string ?? url
  }

  private func drop() async throws {
    try await TestCluster.administer(cluster, "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
  }

  static func url(_ cluster: String, database: String) -> String {
    guard var parts = URLComponents(string: cluster) else { return cluster }
    parts.path = "/" + database
    return parts.string ?? cluster
  }
}
