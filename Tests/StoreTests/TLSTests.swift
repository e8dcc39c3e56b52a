import Domain
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// `sslmode=verify-full` against a server whose certificate an authority of the test's own has signed for `localhost`.
@Suite(.enabled(if: Certificates.program != nil, "openssl is not installed"))
struct TLSTests {
  @Test func theServersCertificateIsVerified() async throws {
    let certificates = try Certificates()
    defer { certificates.remove() }
    let cluster = certificates.folder.appending(path: "pg").path
    let url = try await TestCluster.postgres(["start", cluster, "--tls=\(certificates.folder.path)", "--fast"])
    do {
      try await check(url, certificates)
    } catch {
      _ = try? await TestCluster.postgres(["remove", cluster])
      throw error
    }
    _ = try await TestCluster.postgres(["remove", cluster])
  }

  private func check(_ url: String, _ certificates: Certificates) async throws {
    let good = try Self.url(url, host: "localhost", certificates.path("authority"))
    let store = Store(databaseURL: good, auditKey: nil)
    let job = try await Fixture.job(store, chunks: [.range(first: 1, last: 1)])
    let chunk = try #require(try await store.claimChunk(of: job.id, runID: 1, lease: 600))
    try await store.commit(
      CapturedPage(), of: chunk, checkpoint: Checkpoint(next: 1), finished: true, cost: PageCost(), widths: [:],
      lease: 600)
    let budget = BudgetStore(databaseURL: good)
    let request = BudgetRequest(
      owner: BudgetOwner("tls"), resource: "core", expectedSeconds: 0.1, priority: .history)
    let grant = try await budget.draw(request, settling: [])
    #expect(grant == .granted)
    let connection = try await PostgresConnection.connect(good, applicationName: "yardmaster-tests")
    let unencrypted = try await connection.query(
      """
      SELECT count(*) AS value FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
      WHERE a.usename = current_user AND a.backend_type = 'client backend' AND NOT s.ssl
      """)[0].decode("value", as: Int.self)
    #expect(unencrypted == 0)
    await connection.close()
    await budget.close()
    await store.close()

    for (host, authority, words) in [
      ("127.0.0.1", certificates.path("authority"), "another host name"),
      ("localhost", certificates.path("stranger"), "not signed by an authority"),
      ("localhost", certificates.path("missing"), "sslrootcert, cannot be read"),
    ] {
      let error = try await failure(Self.url(url, host: host, authority))
      #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
      #expect(error?.description.contains(authority) == false)
    }
    // The tests' own cluster has no TLS at all.
    let plain = try await TestCluster.shared.url()
    let error = try await failure(Self.url(plain, host: "localhost", certificates.path("authority")))
    #expect(error?.problem.contains("offers no TLS") == true, "\(error?.problem ?? "")")
  }

  private func failure(_ url: String) async -> StoreError? {
    let error = await #expect(throws: StoreError.self) { try await Store(databaseURL: url, auditKey: nil).inspect() }
    #expect(error?.cause == .tls)
    #expect(error?.exitStatus == .configuration)
    #expect(error?.advice.isEmpty == false)
    return error
  }

  private static func url(_ url: String, host: String, _ authority: String) throws -> String {
    guard var parts = URLComponents(string: url) else { throw URLError(.badURL) }
    parts.host = host
    parts.queryItems = [
      URLQueryItem(name: "sslmode", value: "verify-full"), URLQueryItem(name: "sslrootcert", value: authority),
    ]
    return parts.string ?? url
  }
}

/// A certificate for `localhost`, the authority that signed it, and one that did not.
struct Certificates {
  static let program = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first { path in
    FileManager.default.isExecutableFile(atPath: path)
  }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["authority", "stranger"] {
      try openssl(
        ["req", "-x509", "-days", "2", "-keyout", path(name, "key"), "-out", path(name), "-subj", "/CN=\(name)"]
          + Self.key + ["-addext", "basicConstraints=critical,CA:TRUE"])
    }
    try openssl(
      ["req", "-keyout", path("server", "key"), "-out", path("server", "csr"), "-subj", "/CN=localhost"] + Self.key)
    try Data("subjectAltName=DNS:localhost".utf8).write(to: folder.appending(path: "names"))
    try openssl([
      "x509", "-req", "-days", "2", "-in", path("server", "csr"), "-out", path("server"), "-CA", path("authority"),
      "-CAkey", path("authority", "key"), "-CAcreateserial", "-extfile", folder.appending(path: "names").path,
    ])
  }

  private static let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

  func path(_ name: String, _ suffix: String = "crt") -> String { folder.appending(path: "\(name).\(suffix)").path }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  private func openssl(_ arguments: [String]) throws {
    guard let program = Self.program else { throw POSIXError(.ENOENT) }
    // It reports progress on stderr, whatever it is told.
    _ = try TestCluster.run("/bin/sh", ["-c", #"exec "$@" 2>/dev/null"#, "sh", program] + arguments)
  }
}
