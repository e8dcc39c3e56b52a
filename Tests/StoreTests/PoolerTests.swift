import Domain
import Foundation
import Glibc
import Postgres
import Store
import TestSupport
import Testing

/// Everything again behind PgBouncer in transaction mode, with two server connections for all clients.
@Suite(.enabled(if: Pooler.program != nil, "pgbouncer is not installed"))
struct PoolerTests {
  @Test func aWholeRunOfManyProcesses() async throws {
    try await TestDatabase.withDatabase { database in
      let pooler = try await Pooler(for: database)
      defer { pooler.stop() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            let store = Store(databaseURL: pooler.url, auditKey: nil)
            // Migrates: nobody did.
            let event = try #require(try await store.claim(Fixture.claim("\(number)", runID: Int64(number))).claimed)
            let actions = try await store.intend([Fixture.decision(once: "k")], for: event, dryRun: false)
            try await store.settle(
              actions[0], as: ActionOutcome(status: actions[0].status == .intended ? .done : .skipped), for: event,
              audit: Fixture.audit("action"))
            try await store.finish(event, outcome: .processed, error: nil, audit: Fixture.audit())
            let job = try await Fixture.job(store, chunks: (1...5).map { .range(first: $0, last: $0) })
            while let chunk = try await store.claimChunk(of: job.id, runID: Int64(number), lease: 600) {
              var page = CapturedPage()
              page.pullRequests = [Fixture.pullRequest(chunk.ordinal)]
              page.contributors = [ContributorRecord(login: "mona", githubID: 1, accountType: "User")]
              page.numbers = [Fixture.number(chunk.ordinal, .pullRequest)]
              page.files = [Fixture.file("a", of: chunk.ordinal)]
              page.lists = [Fixture.list(.files, of: chunk.ordinal, begun: "10:00:00", total: 1)]
              page.completed = [chunk.ordinal]
              page.observedAt = Fixture.time("10:00:02")
              try await store.commit(
                page, of: chunk, checkpoint: Checkpoint(next: 1), finished: true, cost: PageCost(items: 1), widths: [:],
                lease: 600)
            }
            await store.close()
            let budget = BudgetStore(databaseURL: pooler.url)
            var receipts: [BudgetReceipt] = []
            for _ in 0..<10 {
              let request = BudgetRequest(
                owner: BudgetOwner("pooled"), resource: "core", expectedSeconds: 0.01, priority: .history)
              if try await budget.draw(request, settling: receipts) == .granted {
                receipts = [
                  BudgetReceipt(
                    id: request.id, owner: request.owner, resource: "core", cost: 1, seconds: 0.01,
                    window: .init(limit: 1_000, remaining: 500, resetsIn: 3_600))
                ]
              }
            }
            try await budget.settle(receipts)
            await budget.close()
          }
        }
        try await group.waitForAll()
      }
      #expect(
        try await database.value(
          "SELECT count(*) || ' ' || count(ended_at) AS value FROM yardmaster.budget_calls") == "200 200")
      let store = Store(databaseURL: pooler.url, auditKey: nil)
      #expect(try await store.migrate().applied.isEmpty)
      let audit = try await store.verifyAudit(of: Fixture.repository)
      #expect(audit.entries == 40 && audit.fault == nil)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.actions WHERE status = 'done'") == 1)
      #expect(try await database.value("SELECT count(*) AS value FROM yardmaster.pull_requests") == 5)
      let repository = try await store.repository(Fixture.repository, githubID: 1_296_269)
      #expect(try await store.numbersToRepair(of: repository, newest: 6, limit: 9) == [6])
      // A failure in mid-pipeline leaves nothing open on the server's connection.
      let dead = try #require(try await store.claim(Fixture.claim("late")).claimed)
      try await database.query("UPDATE yardmaster.events SET attempts = attempts + 1")
      await #expect(throws: LeaseLost.self) { try await store.intend([Fixture.decision()], for: dead, dryRun: false) }
      #expect(
        try await database.value(
          "SELECT count(*) AS value FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
          == 0)
    }
  }
}

/// A PgBouncer of the test's own. It refuses root, so root runs it as `postgres`.
final class Pooler: Sendable {
  static let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].first { path in
    FileManager.default.isExecutableFile(atPath: path)
  }

  let url: String
  private let process: Process
  private let folder: URL

  init(for database: TestDatabase) async throws {
    guard var target = URLComponents(string: database.url), let program = Self.program else {
      throw POSIXError(.ENOENT)
    }
    let port = Int.random(in: 12_000..<19_000)
    folder = FileManager.default.temporaryDirectory.appending(path: "pooler-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "pgbouncer.ini")
    let configuration = """
      [databases]
      * = host=\(target.host ?? "127.0.0.1") port=\(target.port ?? 5432) user=\(target.user ?? "") \
      password='\(target.password ?? "")'
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = \(port)
      unix_socket_dir =
      auth_type = any
      pool_mode = transaction
      default_pool_size = 2
      max_client_conn = 100
      """
    try Data(configuration.utf8).write(to: file)
    let process = Process()
    if getuid() == 0, let owner = getpwnam("postgres") {
      chown(folder.path, owner.pointee.pw_uid, owner.pointee.pw_gid)
      chown(file.path, owner.pointee.pw_uid, owner.pointee.pw_gid)
      process.executableURL = URL(filePath: "/usr/sbin/runuser")
      process.arguments = ["-u", "postgres", "--", program, file.path]
    } else {
      process.executableURL = URL(filePath: program)
      process.arguments = [file.path]
    }
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    self.process = process
    target.host = "127.0.0.1"
    target.port = port
    url = target.string ?? ""
    let limit = ContinuousClock.now + .seconds(20)
    while true {
      do {
        try await TestCluster.administer(url, "SELECT 1")
        return
      } catch {
        guard ContinuousClock.now < limit, process.isRunning else { throw error }
        await Task.yield()
      }
    }
  }

  func stop() {
    // As root, runuser passes SIGTERM on to its child. Started directly, PgBouncer has inherited a mask that blocks it.
    if getuid() == 0 { process.terminate() } else { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}
