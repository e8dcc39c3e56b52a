import Foundation
import Postgres
import Synchronization

/// The PostgreSQL cluster that the tests use: the one that `YARDMASTER_TEST_POSTGRES` names (a superuser's URI), else
/// one that `Scripts/postgres` starts in a folder of the checkout. It is left running for the next test process.
public actor TestCluster {
  public static let shared = TestCluster()

  private var start: Task<String, any Error>?
  private var templates: [String: Task<String, any Error>] = [:]

  /// The URI of its maintenance database, as a superuser.
  public func url() async throws -> String {
    if let start { return try await start.value }
    let task = Task {
      let given = ProcessInfo.processInfo.environment["YARDMASTER_TEST_POSTGRES"] ?? ""
      let url = given.isEmpty ? try await Self.postgres(["start", Self.folder, "--tcp", "--fast"]) : given
      try await Self.dropLeftovers(url)
      return url
    }
    start = task
    return try await task.value
  }

  /// The name of a database that `prepare` filled, once in this process.
  func template(_ key: String, prepare: @escaping @Sendable (String) async throws -> Void) async throws -> String {
    if let template = templates[key] { return try await template.value }
    let task = Task {
      let cluster = try await url()
      let name = "yardmaster_template_\(getpid())_\(UInt32.random(in: 0...UInt32.max))"
      try await Self.administer(cluster, "CREATE DATABASE \(name)")
      try await prepare(TestDatabase.url(cluster, database: name))
      // CREATE DATABASE refuses a template that anybody is connected to.
      try await Self.administer(
        cluster, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
      return name
    }
    templates[key] = task
    return try await task.value
  }

  /// Runs one statement outside of a test's database.
  public static func administer(_ url: String, _ sql: String) async throws {
    let connection = try await PostgresConnection.connect(url, applicationName: "yardmaster-tests")
    _ = try await connection.query(sql)
    await connection.close()
  }

  /// Drops the databases of test processes that are gone; a database's name holds its process id.
  private static func dropLeftovers(_ url: String) async throws {
    let connection = try await PostgresConnection.connect(url, applicationName: "yardmaster-tests")
    let rows = try await connection.query(
      """
      SELECT datname AS name, split_part(datname, '_', 3) AS process FROM pg_database
      WHERE datname ~ '^yardmaster_(test|template)_[0-9]+_[0-9]+$'
      """)
    for row in rows where kill(try Int32(row.decode("process", as: Int.self)), 0) != 0 && errno == ESRCH {
      // Another test process may be at it too.
      _ = try? await connection.query("DROP DATABASE IF EXISTS \(row.decode("name", as: String.self)) WITH (FORCE)")
    }
    await connection.close()
  }

  // MARK: - Scripts/postgres

  /// The checkout, found from this file's real place: a build may see it through a symbolic link.
  private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static let folder = root.appending(path: ".build/test-postgres").path

  /// Runs `Scripts/postgres`, for tests that need a cluster of their own; gives what it prints.
  public static func postgres(_ arguments: [String]) async throws -> String {
    try run(root.appending(path: "Scripts/postgres").path, arguments)
  }

  /// Runs a program and gives what it prints.
  public static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(program: program, status: process.terminationStatus) }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  struct Failed: Error, CustomStringConvertible {
    var program: String
    var status: Int32
    var description: String { "\(program) ended with status \(status)" }
  }
}
