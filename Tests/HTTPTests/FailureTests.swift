import Glibc
import HTTP
import ScriptedServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
  @Test(arguments: [
    (Reply.reset, HTTPError.Kind.connectionReset),
    (.close, .connectionReset),
    (.truncated(body: [1, 2], length: 10), .truncated),
    (.truncated(body: [], length: 10), .truncated),
    (.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), .truncated),
  ])
  func aBrokenAnswerMayHaveBeenActedOn(reply: Reply, kind: HTTPError.Kind) async throws {
    try await withServer([Step("POST", "/", reply)]) { server, client in
      let error = await failure(client, HTTPRequest(method: "POST", url: server.url + "/"))
      #expect(error?.kind == kind)
      #expect(error?.mayHaveBeenSent == true)
    }
  }

  @Test func aResetInTheBodyIsEitherKind() async throws {
    // Whether the kernel hands out the bytes or the reset first is not ours to say.
    let reply = Reply.resetInBody(body: [UInt8](repeating: 1, count: 1000), length: 2000)
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let kind = await failure(client, HTTPRequest(url: server.url + "/"))?.kind
      #expect(kind == .truncated || kind == .connectionReset)
    }
  }

  @Test func brokenGzipIsTruncated() async throws {
    let reply = Reply.answer(status: 200, headers: ["Content-Encoding": "gzip"], body: Array("no gzip".utf8))
    try await withServer([Step("GET", "/", reply)]) { server, client in
      #expect(await failure(client, HTTPRequest(url: server.url + "/"))?.kind == .truncated)
    }
  }

  /// Whoever counts what is sent is to know of each time.
  @Test(arguments: [("POST", false), ("POST", true), ("GET", true)])
  func nothingIsSentTwiceOnAKeptConnection(method: String, isReplayable: Bool) async throws {
    try await withServer([Step("GET", "/", .answer(status: 200)), Step(method, "/", .close)]) { server, client in
      _ = try await client.perform(HTTPRequest(url: server.url + "/"))
      let error = await failure(
        client, HTTPRequest(method: method, url: server.url + "/", body: [1], isReplayable: isReplayable))
      #expect(error?.kind == .connectionReset)
      #expect(error?.mayHaveBeenSent == true)
      #expect(server.requests.count == 2)
    }
  }

  @Test(arguments: [true, false]) func aBodyOverTheLimitFails(withLength: Bool) async throws {
    let body = String(repeating: "x", count: 1001)
    let reply =
      withLength
      ? Reply.answer(status: 200, body: Array(body.utf8)) : .raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let error = await failure(client, HTTPRequest(url: server.url + "/", maximumBodySize: 1000))
      #expect(error?.kind == .tooLarge(limit: 1000))
    }
  }

  @Test func aBodyOfExactlyTheLimitIsTaken() async throws {
    let reply = Reply.answer(status: 200, body: [UInt8](repeating: 1, count: 1000))
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let answer = try await client.perform(HTTPRequest(url: server.url + "/", maximumBodySize: 1000))
      #expect(answer.body.count == 1000)
    }
  }

  @Test(arguments: [Reply.silence, .trickle]) func theTimeoutEndsIt(reply: Reply) async throws {
    try await withServer([Step("GET", "/", reply)]) { server, client in
      let error = await failure(client, HTTPRequest(url: server.url + "/", timeout: 0.1))
      #expect(error?.kind == .timedOut)
      #expect(error?.mayHaveBeenSent == true)
    }
  }

  @Test func nobodyListens() async throws {
    let server = try ScriptedServer([])
    server.stop()
    let client = HTTPClient(configuration: .init(usesProxies: false))
    // The listener closes on its own thread; until then a connection may still be taken, and dropped.
    var error = await failure(client, HTTPRequest(method: "POST", url: server.url + "/"))
    while error?.kind == .connectionReset {
      error = await failure(client, HTTPRequest(method: "POST", url: server.url + "/"))
    }
    #expect(error?.kind == .couldNotConnect)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test func theNameDoesNotExist() async throws {
    // RFC 6761 keeps `.invalid` free for this; a label of 64 letters never leaves the machine.
    let name = String(repeating: "a", count: 64) + ".invalid"
    let client = HTTPClient(configuration: .init(usesProxies: false))
    let error = await failure(client, HTTPRequest(url: "http://\(name)/"))
    #expect(error?.kind == .couldNotResolve)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test func anAnswerInPlainTextIsNoTLS() async throws {
    let server = try ScriptedServer([])
    let client = HTTPClient(configuration: .init(usesProxies: false))
    let request = HTTPRequest(url: "https://127.0.0.1:\(server.port)/", timeout: 0.3)
    let error = await failure(client, request)
    #expect(error?.kind == .tls || error?.kind == .timedOut)
    #expect(error?.mayHaveBeenSent == false)
    server.stop()
  }

  @Test(arguments: [
    "", "/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://127.0.0.1:99999999/",
    "http://127.0.0.1/a b", "http://127.0.0.1/\u{0}", "http://127.0.0.1/ä", "http://user:secret@127.0.0.1/",
  ])
  func aBadURLIsRefused(url: String) async {
    let error = await failure(HTTPClient(), HTTPRequest(url: url))
    #expect(error?.kind == .badURL)
    #expect(error?.mayHaveBeenSent == false)
    #expect(error?.description.contains("secret") == false)
  }

  @Test(arguments: [("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\n", "a"), ("X", "\u{0}"), ("", "a"), ("X:", "a")])
  func aHeaderThatEndsEarlyIsRefused(name: String, value: String) async {
    let request = HTTPRequest(url: "http://127.0.0.1:9/", headers: [(name, value)])
    #expect(await failure(HTTPClient(), request)?.kind == .badHeader)
  }
}
