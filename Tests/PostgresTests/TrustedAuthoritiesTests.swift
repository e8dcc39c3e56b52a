import Testing

@testable import Postgres

@Suite struct TrustedAuthoritiesTests {
  static let bundle = "/etc/ssl/certs/ca-certificates.crt"
  static let own = "/home/runner/.postgresql/root.crt"

  struct Case: Sendable, CustomTestStringConvertible {
    var mode: String?
    var file: String?
    var variables: [String: String] = ["HOME": "/home/runner"]
    var readable: Set<String> = [bundle]
    var added: [String]
    var testDescription: String { "\(mode ?? "-") \(file ?? "-") \(variables) \(readable)" }
  }

  @Test(arguments: [
    Case(mode: "verify-full", added: ["sslrootcert=\(bundle)"]),
    Case(variables: ["PGSSLMODE": "verify-full"], added: ["sslrootcert=\(bundle)"]),
    // Without a comparison of the host's name, anybody's certificate of a public authority would do.
    Case(mode: "verify-ca", added: []),
    Case(mode: "require", added: []),
    Case(added: []),
    // What somebody names, or libpq finds by itself, stays.
    Case(mode: "verify-full", file: "/own.crt", added: []),
    Case(mode: "verify-full", variables: ["PGSSLROOTCERT": "/own.crt"], added: []),
    Case(mode: "verify-full", readable: [bundle, own], added: []),
    Case(mode: "verify-full", readable: [], added: []),
    Case(
      mode: "verify-full", variables: ["SSL_CERT_FILE": "/run/authorities.pem"],
      readable: ["/run/authorities.pem", bundle], added: ["sslrootcert=/run/authorities.pem"]),
    Case(mode: "verify-full", variables: ["SSL_CERT_FILE": "/missing.pem"], added: ["sslrootcert=\(bundle)"]),
    Case(mode: "verify-full", readable: ["/etc/ssl/cert.pem"], added: ["sslrootcert=/etc/ssl/cert.pem"]),
    Case(mode: "prefer", file: "system", added: ["sslmode=verify-full", "sslrootcert=\(bundle)"]),
    Case(variables: ["PGSSLROOTCERT": "system"], added: ["sslmode=verify-full", "sslrootcert=\(bundle)"]),
  ])
  func theSystemsAuthoritiesStandInForMissingOnes(_ given: Case) {
    let authorities = TrustedAuthorities(
      mode: given.mode, file: given.file, environment: { given.variables[$0] },
      isReadable: { given.readable.contains($0) })
    #expect(authorities.keywords.map { "\($0.name)=\($0.value)" } == given.added)
  }
}
