import CCurl
import Glibc

/// One request on its way, and the easy handle it runs on: https://curl.se/libcurl/c/libcurl-easy.html.
///
/// Created, used and destroyed on the loop's thread. libcurl holds an unretained pointer to it for the callbacks; the
/// loop holds it for as long as the handle is in the multi handle, and no callback comes after that. Replies once.
@safe final class Transfer {
  /// Not to be used after `deinit`, which destroys it.
  let easy: UnsafeMutableRawPointer

  private let ticket: TransferLoop.Ticket
  private var reply: TransferLoop.Reply?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  /// libcurl writes the reason for a failure here (CURLOPT_ERRORBUFFER); it lives as long as the handle.
  private let reason: UnsafeMutableBufferPointer<CChar>
  private let maximumBodySize: Int
  private var headers = HTTPHeaders()
  private var headerSize = 0
  private var body: [UInt8] = []
  private var isTooLarge = false
  /// Whether the request was about to be sent; false while libcurl resolved, connected or shook hands.
  private var hasBegun = false

  /// A bound on all header lines together; GitHub sends about 1.5 kB.
  private static let maximumHeaderSize = 256 << 10

  init(
    _ request: HTTPRequest, _ configuration: HTTPClient.Configuration, ticket: TransferLoop.Ticket,
    reply: TransferLoop.Reply
  ) throws(HTTPError) {
    guard let easy = unsafe curl_easy_init() else {
      throw HTTPError(.other(code: Int(CURLE_FAILED_INIT.rawValue)), mayHaveBeenSent: false, detail: "out of memory")
    }
    unsafe self.easy = easy
    self.ticket = ticket
    self.reply = reply
    maximumBodySize = request.maximumBodySize
    unsafe reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe reason.initialize(repeating: 0)
    // From here on a throw runs `deinit`, which frees what was made so far.
    try configure(request, configuration)
  }

  deinit {
    // The handle refers to the other two, so it goes first.
    unsafe curl_easy_cleanup(easy)
    unsafe curl_slist_free_all(headerList)
    unsafe reason.deallocate()
  }

  // MARK: Setting up

  private func configure(_ request: HTTPRequest, _ configuration: HTTPClient.Configuration) throws(HTTPError) {
    guard request.url.hasPrefix("https://") || request.url.hasPrefix("http://"),
      request.url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw HTTPError(.badURL, mayHaveBeenSent: false, detail: "") }
    try set(CURLOPT_URL, request.url)
    try set(CURLOPT_PROTOCOLS, Int(CURLPROTO_HTTP | CURLPROTO_HTTPS))
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    try set(CURLOPT_PATH_AS_IS, 1)
    try set(CURLOPT_NOSIGNAL, 1)
    if !configuration.usesProxies { try set(CURLOPT_NOPROXY, "*") }
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    try set(CURLOPT_ACCEPT_ENCODING, "")
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    try set(CURLOPT_TCP_KEEPIDLE, 30)
    try set(CURLOPT_TCP_KEEPINTVL, 15)
    try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    try set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(configuration.connectTimeout))
    try set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout))
    // Known to libcurl since 7.87 and refused before, hence unchecked: a name that is still being resolved then does
    // not hold up the thread when its transfer is taken down.
    _ = unsafe curl_easy_setopt_long(easy, CURLoption(322), 1)
    if let file = configuration.certificateFile ?? environment("CURL_CA_BUNDLE") ?? environment("SSL_CERT_FILE") {
      try set(CURLOPT_CAINFO, file)
    }
    if !request.isReplayable {
      try set(CURLOPT_FRESH_CONNECT, 1)
    } else if request.url.hasPrefix("https://") {
      // Waits for a handshake under way to tell whether the connection is HTTP/2 and can be shared. Without TLS the
      // wait would last until the first answer, which says no.
      try set(CURLOPT_PIPEWAIT, 1)
    }
    try setMethod(request)
    try setHeaders(request)
    try setCallbacks()
  }

  private func setMethod(_ request: HTTPRequest) throws(HTTPError) {
    guard !request.method.isEmpty, request.method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw HTTPError(.badHeader, mayHaveBeenSent: false, detail: "the method is no word in capitals")
    }
    if request.method == "HEAD" {
      try set(CURLOPT_NOBODY, 1)
    } else if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
      let body = request.body ?? []
      try set(CURLOPT_POST, 1)
      // The size goes first: CURLOPT_COPYPOSTFIELDS copies that many bytes.
      try check(unsafe curl_easy_setopt_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
      // An empty array may have no address, and without one libcurl would read the body from stdin.
      let code =
        body.isEmpty
        ? unsafe curl_easy_setopt_bytes(easy, CURLOPT_COPYPOSTFIELDS, "")
        : unsafe body.withUnsafeBytes { unsafe curl_easy_setopt_bytes(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
      try check(code)
    }
    if request.method != "HEAD" { try set(CURLOPT_CUSTOMREQUEST, request.method) }
  }

  private func setHeaders(_ request: HTTPRequest) throws(HTTPError) {
    var lines: [String] = []
    for (name, value) in request.headers {
      guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }),
        value.utf8.allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) })
      else { throw HTTPError(.badHeader, mayHaveBeenSent: false, detail: "") }
      // "Name;" is libcurl's way to send a header without a value.
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    // "Name:" removes what libcurl would send by itself: a wait for "100 Continue", and a form's content type.
    lines.append("Expect:")
    if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) { lines.append("Content-Type:") }
    for line in lines {
      guard let longer = unsafe curl_slist_append(headerList, line) else {
        throw HTTPError(.other(code: Int(CURLE_OUT_OF_MEMORY.rawValue)), mayHaveBeenSent: false, detail: "")
      }
      unsafe headerList = longer
    }
    try check(unsafe curl_easy_setopt_pointer(easy, CURLOPT_HTTPHEADER, headerList))
  }

  private func setCallbacks() throws(HTTPError) {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    try check(unsafe curl_easy_setopt_pointer(easy, CURLOPT_ERRORBUFFER, reason.baseAddress))
    try check(unsafe curl_easy_setopt_pointer(easy, CURLOPT_WRITEDATA, context))
    try check(unsafe curl_easy_setopt_pointer(easy, CURLOPT_HEADERDATA, context))
    try check(
      unsafe curl_easy_setopt_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        guard let context = unsafe context else { return 0 }
        let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return unsafe transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
    try check(unsafe curl_easy_setopt_pointer(easy, CURLOPT_PREREQDATA, context))
    try check(
      unsafe curl_easy_setopt_request_function(easy, CURLOPT_PREREQFUNCTION) { context, _, _, _, _ in
        guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
        let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return transfer.begin() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
      })
    try check(
      unsafe curl_easy_setopt_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        guard let context = unsafe context else { return 0 }
        let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return unsafe transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      })
  }

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(unsafe curl_easy_setopt_long(easy, option, value))
  }

  /// libcurl copies the string.
  private func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
    try check(unsafe curl_easy_setopt_bytes(easy, option, value))
  }

  private func check(_ code: CURLcode) throws(HTTPError) {
    guard code != CURLE_OK else { return }
    throw HTTPError(.other(code: Int(code.rawValue)), mayHaveBeenSent: false, detail: "an option was refused")
  }

  private func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  private func milliseconds(_ seconds: Double) -> Int {
    seconds.isFinite ? Int(min(max(seconds * 1000, 1), 86_400_000)) : 86_400_000
  }

  // MARK: Callbacks; a return value other than the count ends the transfer

  /// Whether libcurl may send the request: once. Where a kept connection breaks before the answer's first byte it would
  /// send it again by itself, though GitHub may have counted it, and may refuse more by now.
  private func begin() -> Bool {
    defer { hasBegun = true }
    return !hasBegun
  }

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count <= maximumBodySize - body.count else {
      isTooLarge = true
      return 0
    }
    unsafe body.append(contentsOf: bytes)
    return bytes.count
  }

  private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerSize += bytes.count
    guard headerSize <= Self.maximumHeaderSize else {
      isTooLarge = true
      return 0
    }
    let line = unsafe String(decoding: bytes, as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // An interim answer (1xx) came before: its fields are not this one's.
      headers.removeAll()
    } else if let colon = line.firstIndex(of: ":") {
      headers.append(name: trimmed(line[..<colon]), value: trimmed(line[line.index(after: colon)...]))
    }
    return bytes.count
  }

  /// Without white space at its ends. CR LF is one `Character`, so bytes are looked at.
  private func trimmed(_ text: Substring) -> String {
    var bytes = text.utf8
    while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    return String(Substring(bytes))
  }

  // MARK: The end

  /// libcurl is done with the transfer.
  func complete(_ code: CURLcode) {
    guard code == CURLE_OK else { return fail(kind(of: code)) }
    var status = 0
    _ = unsafe curl_easy_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status)
    reply?.resume(returning: .success(HTTPResponse(status: status, headers: headers, body: body)))
    reply = nil
    body = []
  }

  func cancel() { fail(.cancelled) }

  private func fail(_ kind: HTTPError.Kind) {
    let mayHaveBeenSent =
      switch kind {
      case .couldNotResolve, .couldNotConnect, .badURL, .badHeader: false
      default: hasBegun
      }
    let bytes = unsafe reason.prefix { $0 != 0 }.prefix(200).map { UInt8(bitPattern: $0) }
    let detail = String(decoding: bytes.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
    reply?.resume(returning: .failure(HTTPError(kind, mayHaveBeenSent: mayHaveBeenSent, detail: detail)))
    reply = nil
    body = []
  }

  /// The groups are those that a caller treats alike: https://curl.se/libcurl/c/libcurl-errors.html.
  private func kind(of code: CURLcode) -> HTTPError.Kind {
    if isTooLarge { return .tooLarge(limit: maximumBodySize) }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .couldNotResolve
    case CURLE_COULDNT_CONNECT: return .couldNotConnect
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
      return .tls
    case CURLE_OPERATION_TIMEDOUT: return .timedOut
    case CURLE_PARTIAL_FILE, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR: return .truncated
    // Aborted by the callback that lets it send once.
    case CURLE_ABORTED_BY_CALLBACK, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return .connectionReset
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: return .badURL
    case CURLE_FILESIZE_EXCEEDED: return .tooLarge(limit: maximumBodySize)
    default: return .other(code: Int(code.rawValue))
    }
  }
}
