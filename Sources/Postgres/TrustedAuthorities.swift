internal import Glibc

/// Whose certificates count where a connection demands `sslmode=verify-full` and names no file of authorities.
///
/// libpq looks only into `~/.postgresql/root.crt`, which a fresh runner does not have, and refuses to connect. The
/// system's own authorities stand in for it: with `verify-full` the host's name is compared, so a certificate that some
/// public authority gave to somebody else is of no use, which is not so with `verify-ca`. `sslrootcert=system` (libpq 16,
/// section 34.1.2) asks for the same, and is understood with an older libpq too.
struct TrustedAuthorities {
  /// The connection string's own keywords, nil where it does not name them.
  var mode: String?
  var file: String?
  var environment: (_ name: String) -> String? = Self.variable
  var isReadable: (_ path: String) -> Bool = { unsafe access($0, R_OK) == 0 }

  /// What to add to the connection string: keywords that override its own.
  var keywords: [(name: String, value: String)] {
    let named = file ?? environment("PGSSLROOTCERT")
    guard let bundle else { return [] }
    if named == "system" { return [("sslmode", "verify-full"), ("sslrootcert", bundle)] }
    guard named == nil, mode ?? environment("PGSSLMODE") == "verify-full", !hasOwnFile else { return [] }
    return [("sslrootcert", bundle)]
  }

  private var hasOwnFile: Bool {
    environment("HOME").map { isReadable($0 + "/.postgresql/root.crt") } ?? false
  }

  /// Where OpenSSL's own variable points, or the file of Debian, of Red Hat, of Alpine.
  private var bundle: String? {
    let usual = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
    return ([environment("SSL_CERT_FILE")].compactMap(\.self) + usual).first(where: isReadable)
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
