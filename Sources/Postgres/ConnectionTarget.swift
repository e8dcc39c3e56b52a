internal import CPostgres

/// A connection string that libpq could read, with our own defaults before it.
struct ConnectionTarget {
  /// In libpq's order: a later keyword overrides an earlier one.
  let keywords: [(name: String, value: String)]
  /// Seconds, where the connection string names them; libpq enforces them in its blocking calls only.
  let connectTimeout: Double?
  let place: Place

  /// Where the connection string leads, for messages.
  enum Place: Equatable {
    /// Host and port as they are safe to show; empty for libpq's defaults.
    case named(String)
    /// A URI with more than one `@`: a part of the password may stand where libpq sees a host.
    case ambiguous
  }

  /// - Throws: `malformedConnectionString`. libpq's own explanation quotes parts of the string, where the password may
  ///   be, so it is never repeated.
  init(_ conninfo: String, applicationName: String) throws(PostgresError) {
    var complaint: UnsafeMutablePointer<CChar>?
    defer { unsafe PQfreemem(complaint) }
    guard !conninfo.isEmpty, !conninfo.utf8.contains(0), let options = unsafe PQconninfoParse(conninfo, &complaint)
    else {
      throw PostgresError(malformed: conninfo, complaint: unsafe complaint.map { unsafe String(cString: $0) } ?? "")
    }
    defer { unsafe PQconninfoFree(options) }
    var authorities = TrustedAuthorities()
    var timeout: Double?
    var host = ""
    var port = "5432"
    var option = unsafe options
    // The array ends with an entry whose keyword is null.
    while let keyword = unsafe option.pointee.keyword {
      if unsafe String(cString: keyword) == "connect_timeout", let value = unsafe option.pointee.val {
        // Zero or less means no limit to libpq; we always have one.
        timeout = unsafe Double(String(cString: value)).flatMap { $0 > 0 ? $0 : nil }
      }
      if let value = unsafe option.pointee.val {
        switch unsafe String(cString: keyword) {
        case "host": host = unsafe String(cString: value)
        case "hostaddr" where host.isEmpty: host = unsafe String(cString: value)
        case "port": port = unsafe String(cString: value)
        case "sslmode": authorities.mode = unsafe String(cString: value)
        case "sslrootcert": authorities.file = unsafe String(cString: value)
        default: break
        }
      }
      unsafe option += 1
    }
    connectTimeout = timeout
    let isURI = conninfo.hasPrefix("postgresql://") || conninfo.hasPrefix("postgres://")
    if isURI, conninfo.utf8.count(where: { $0 == UInt8(ascii: "@") }) > 1 {
      place = .ambiguous
    } else {
      // A list of hosts has its ports in a list of its own, and a directory with a socket has none.
      place = .named(host.isEmpty || host.contains("/") || host.contains(",") ? host : "\(host):\(port)")
    }
    let before = [
      ("fallback_application_name", applicationName),
      // A peer that vanished without a word is noticed within about a minute.
      ("keepalives_idle", "20"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "60000"),
      // Looking for Kerberos credentials costs time on every start; whoever encrypts by GSSAPI says so.
      ("gssencmode", "disable"),
    ]
    // Swift's strings are UTF-8, whatever PGCLIENTENCODING says.
    keywords = before + [("dbname", conninfo), ("client_encoding", "UTF8")] + authorities.keywords
  }
}

extension PostgresError {
  /// Why a connection string cannot be read. What libpq quotes may be a part of the password, and is left out.
  init(malformed conninfo: String, complaint: String) {
    let why =
      if conninfo.hasPrefix("\"") || conninfo.hasPrefix("'") {
        "the connection string begins with a quotation mark, which is no part of it"
      } else if complaint.contains("invalid URI query parameter") {
        """
        what follows its question mark holds a parameter that libpq does not know (pgbouncer, \
        schema and connection_limit, for example, are of other libraries)
        """
      } else {
        "the connection string is neither a postgresql:// URI nor a list of keyword=value pairs"
      }
    self.init(.malformedConnectionString, message: why)
  }

  /// Why connecting failed, read from libpq's text, since libpq keeps no code for it.
  ///
  /// Only known phrases, the server's own message and a host that is certainly one come through: a connection string
  /// with an unescaped `@` makes libpq take a part of the password for a host name and quote it.
  init(connectionText text: String, to place: ConnectionTarget.Place) {
    if let answer = ServerAnswer(text) {
      var condition = Self.condition(ofSQLState: answer.sqlState)
      if condition == .shutdown || condition == .other || condition == .connectionLost {
        condition = .connectionRejected
      }
      // PgBouncer answers with 08P01 whatever the reason was.
      if answer.message.contains("authentication failed") || answer.message.contains("no such user") {
        condition = .authenticationFailed
      }
      if answer.message.contains("no such database") { condition = .missingDatabase }
      self.init(condition, sqlState: answer.sqlState, severity: "FATAL", message: answer.message)
      return
    }
    // A connection that broke during the handshake is no matter of TLS: it passes, as in a failover.
    let isBroken = ["SSL SYSCALL error", "EOF detected", "Connection reset", "send SSL negotiation packet"]
      .contains { text.contains($0) }
    if !isBroken, text.contains("SSL") || text.contains("certificate") {
      if text.contains("does not support SSL") {
        self.init(.tlsMissing, message: "the server offers no TLS, and sslmode demands it")
      } else {
        self.init(.tlsFailed, message: Self.tlsProblem(text))
      }
    } else if text.contains("no password supplied") {
      self.init(.authenticationFailed, message: "the server asks for a password and none is given")
    } else if text.contains("invalid ") || text.contains("could not match") {
      self.init(.malformedConnectionString, message: "the connection string holds a value that libpq does not accept")
    } else {
      let phrases = [
        "Connection refused", "Name or service not known", "Temporary failure in name resolution",
        "No address associated with hostname", "Network is unreachable", "No route to host", "Connection timed out",
        "timeout expired", "No such file or directory", "Permission denied", "Connection reset by peer",
        "server closed the connection unexpectedly", "No space left on device",
      ]
      let phrase = phrases.first { text.contains($0) }
      self.init(noConnection: phrase, to: place)
    }
  }

  /// No server answered.
  ///
  /// A name that cannot be resolved may be a resolver's fault, and passes; only where a password may have been taken for
  /// the name, it is surely the connection string's.
  init(noConnection reason: String?, to place: ConnectionTarget.Place) {
    let isUnknown = reason == "Name or service not known" || reason == "No address associated with hostname"
    switch place {
    case .ambiguous where isUnknown:
      self.init(
        .malformedConnectionString,
        message:
          "it holds more than one @, and what follows the first one is no host that is known; in a URI an @ of the password is written %40"
      )
    case .named(let name) where !name.isEmpty:
      let hint = isUnknown ? " (in a URI, special characters of the password are percent-encoded: @ as %40)" : ""
      self.init(.connectionFailed, message: "no connection to \(name)" + (reason.map { ": \($0)" } ?? "") + hint)
    case .named, .ambiguous:
      self.init(.connectionFailed, message: "no connection to the server" + (reason.map { ": \($0)" } ?? ""))
    }
  }
}

extension PostgresError {
  /// What TLS failed for, in words of our own: libpq's quote names of hosts and files out of the connection string.
  private static func tlsProblem(_ text: String) -> String {
    if text.contains("does not match host name") {
      return "the server's certificate is for another host name than the one that the connection string names"
    }
    if text.contains("root certificate file"), text.contains("does not exist") || text.contains("could not read") {
      return "the file with the certificates to trust, sslrootcert, cannot be read"
    }
    if text.contains("certificate verify failed") {
      return "the server's certificate is not signed by an authority that sslrootcert holds, or has expired"
    }
    return "TLS could not be established as the connection string demands"
  }
}

/// The server's refusal inside libpq's text, which in verbose form reads `FATAL:  28P01: password authentication …`.
/// The word before the code is in the server's language.
private struct ServerAnswer {
  var sqlState: String
  var message: String

  init?(_ text: String) {
    for line in text.split(separator: "\n").reversed() {
      let bytes = Array(line.utf8)
      guard bytes.count > 10 else { continue }
      for start in 0..<(bytes.count - 9)
      where bytes[start...].starts(with: ":  ".utf8) && bytes[(start + 8)...].starts(with: ": ".utf8) {
        let code = bytes[(start + 3)..<(start + 8)]
        guard code.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) else { continue }
        sqlState = String(decoding: code, as: UTF8.self)
        message = String(decoding: bytes[(start + 10)...], as: UTF8.self)
        return
      }
    }
    return nil
  }
}
