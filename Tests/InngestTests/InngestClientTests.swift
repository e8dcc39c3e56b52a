import Domain
import Foundation
import HTTP
import Inngest
import ScriptedServer
import Synchronization
import Testing

/// Goes on only by being slept on.
private final class SleptClock: WallClock, Deadline {
  private let slept = Mutex<[Double]>([])
  let limit: Double

  init(limit: Double = .infinity) { self.limit = limit }

  var sleeps: [Double] { slept.withLock { $0 } }
  var now: Timestamp { Timestamp(seconds: 1_800_000_000) + sleeps.reduce(0, +) }
  var remaining: Double { limit - sleeps.reduce(0, +) }
  var stopSignal: StopSignal? { nil }

  func sleep(seconds: Double) async throws {
    try Task.checkCancellation()
    slept.withLock { $0.append(seconds) }
  }
}

private let event = InngestEvent(
  id: "0f8fad5b-d9cb-469f-a165-70867728950e", name: "yardmaster/capture.requested",
  data: ["repository": "octo/widget", "numbers": [7], "text": "\u{1F6A2} \"quoted\"\n"],
  time: Timestamp(microseconds: 1_800_000_000_123_456))

private let key = "ek_Secret/42"
private let path = "/e/ek_Secret%2F42"
private let accepted = Reply.json(#"{"ids":["01HX"],"status":200}"#)

private func send(
  _ steps: [Step], base: String = "", key: String = key, limit: Double = .infinity, timeout: Double = 5
) async throws -> (result: Result<[String], any Error>, server: ScriptedServer, sleeps: [Double]) {
  let server = try ScriptedServer(steps)
  let clock = SleptClock(limit: limit)
  let client = InngestClient(
    http: HTTPClient(configuration: .init(usesProxies: false)), baseURL: server.url + base, eventKey: key,
    deadline: clock, clock: clock, userAgent: "yardmaster/test", patience: .init(timeout: timeout))
  do {
    return (.success(try await client.send(event)), server, clock.sleeps)
  } catch {
    return (.failure(error), server, clock.sleeps)
  }
}

extension Result {
  fileprivate var error: InngestError? { if case .failure(let error as InngestError) = self { error } else { nil } }
}

@Suite struct InngestClientTests {
  @Test func anAcceptedEventGivesItsIDs() async throws {
    let (result, server, sleeps) = try await send([Step("POST", path, accepted)])
    #expect(try result.get() == ["01HX"])
    #expect(sleeps.isEmpty)
    let request = try #require(server.requests.first)
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["user-agent"] == "yardmaster/test")
    let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
    #expect(Set(body.keys) == ["id", "name", "data", "ts"])
    #expect(body["id"] as? String == event.id)
    #expect(body["name"] as? String == event.name)
    // Milliseconds since 1970.
    #expect(body["ts"] as? Int == 1_800_000_000_123)
    #expect((body["data"] as? [String: Any])?["text"] as? String == "\u{1F6A2} \"quoted\"\n")
    #expect(server.problems().isEmpty)
  }

  @Test(arguments: ["/", "/inngest", "/inngest/"])
  func aBaseWithAPathKeepsIt(base: String) async throws {
    let root = base.hasSuffix("/") ? String(base.dropLast()) : base
    let (result, server, _) = try await send([Step("POST", root + path, accepted)], base: base)
    #expect(try result.get() == ["01HX"])
    #expect(server.problems().isEmpty)
  }

  @Test(
    "what may pass is tried again, and pauses grow",
    arguments: [
      Reply.json(#"{"error":"later"}"#, status: 503), .json("", status: 500), .json("", status: 408),
      .json("{}", status: 429), .reset, .close,
    ])
  func retries(fault: Reply) async throws {
    let (result, server, sleeps) = try await send([Step("POST", path, times: 3, fault), Step("POST", path, accepted)])
    #expect(try result.get() == ["01HX"])
    #expect(sleeps.count == 3)
    for (sleep, pause) in zip(sleeps, [0.5, 1, 2]) { #expect(sleep <= pause && sleep >= pause / 2) }
    #expect(server.problems().isEmpty)
  }

  @Test func silenceIsATimeOut() async throws {
    let (result, server, _) = try await send(
      [Step("POST", path, .silence), Step("POST", path, accepted)], timeout: 0.2)
    #expect(try result.get() == ["01HX"])
    #expect(server.problems().isEmpty)
  }

  @Test func patienceEnds() async throws {
    let (result, server, _) = try await send([Step("POST", path, times: 4, .json("", status: 502))])
    #expect(result.error == .unreachable(attempts: 4, detail: "HTTP 502"))
    #expect(result.error?.exitStatus == .unavailable)
    #expect(server.problems().isEmpty)
  }

  /// Half of it: the rest is left to whoever does the work instead.
  @Test func theRunsDeadlineEndsItToo() async throws {
    let (result, server, sleeps) = try await send([Step("POST", path, times: 2, .json("", status: 502))], limit: 1.2)
    #expect(result.error == .unreachable(attempts: 2, detail: "HTTP 502"))
    #expect(sleeps.count == 1)
    #expect(server.problems().isEmpty)
    let (late, _, _) = try await send([], limit: 0)
    #expect(late.error == .unreachable(attempts: 0, detail: "there was no time left"))
  }

  @Test("Retry-After is kept, or nothing is sent any more", arguments: [("3", true), ("11", false), ("soon", true)])
  func retryAfter(seconds: String, isTriedAgain: Bool) async throws {
    let busy = Reply.json("{}", status: 429, headers: ["Retry-After": seconds])
    let (result, server, sleeps) = try await send(
      [Step("POST", path, busy)] + (isTriedAgain ? [Step("POST", path, accepted)] : []))
    if isTriedAgain {
      #expect(try result.get() == ["01HX"])
      #expect(sleeps == [3] || seconds == "soon" && sleeps.count == 1)
    } else {
      #expect(result.error == .unreachable(attempts: 1, detail: "HTTP 429"))
      #expect(sleeps.isEmpty)
    }
    #expect(server.problems().isEmpty)
  }

  @Test("any other refusal is final", arguments: [301, 400, 401, 403, 404, 413])
  func refusals(status: Int) async throws {
    let (result, server, sleeps) = try await send([
      Step("POST", path, .json(#"{"ids":[""],"status":400,"error":"Event key\nnot found"}"#, status: status))
    ])
    #expect(result.error == .refused(status: status, message: "Event key not found"))
    #expect(sleeps.isEmpty)
    #expect(server.problems().isEmpty)
  }

  @Test(
    "a success without ids is none",
    arguments: ["", "{}", #"{"ids":[]}"#, #"{"ids":[""],"status":200}"#, #"{"ids":7}"#, "<html>welcome</html>"])
  func noReceipt(body: String) async throws {
    let (result, server, sleeps) = try await send([Step("POST", path, .json(body))])
    #expect(result.error == .noReceipt(status: 200))
    #expect(sleeps.isEmpty)
    #expect(server.problems().isEmpty)
  }

  @Test(
    "the key is in no error",
    arguments: [
      Reply.json(#"{"error":"unknown key ek_Secret/42"}"#, status: 401),
      .json(#"{"error":"no such path /e/ek_Secret%2F42"}"#, status: 404), .json("ek_Secret/42", status: 500),
      .json("ek_Secret/42"), .truncated(body: Array("ek_Secret/42".utf8), length: 900),
    ])
  func secrecy(reply: Reply) async throws {
    let (result, _, _) = try await send([Step("POST", path, times: 4, reply)])
    let error = try #require(result.error)
    for text in ["\(error)", "\(error.problem)", "\(error.advice)", String(reflecting: error)] {
      #expect(!text.contains("Secret") && !text.contains("127.0.0.1"), "\(text)")
    }
  }

  /// Six characters in a row of the key are none of the text's.
  @Test(
    "nor is a part of the key",
    arguments: [
      ("no key ek_Secr", "no key …"), ("no key ...cret/42!", "no key ...…!"), ("no key EK_SECRET", "no key …"),
      ("no key cret%2F42", "no key …"), ("ek_Secret/42 ek_Secret/42 é", "… … é"), ("no key ek_Se…", "no key ek_Se…"),
      ("a secre t", "a secre t"),
    ])
  func partsOfTheKey(said: String, shown: String) async throws {
    let (result, _, _) = try await send([Step("POST", path, .json(#"{"error":"\#(said)"}"#, status: 401))])
    #expect(result.error == .refused(status: 401, message: shown))
  }

  @Test(
    "an address or a key that makes no URL", arguments: ["ftp://x", "x", "", "http://h?a=", "https://a b", "http://#"])
  func addresses(base: String) async throws {
    let clock = SleptClock()
    let client = InngestClient(
      http: HTTPClient(), baseURL: base, eventKey: key, deadline: clock, clock: clock, userAgent: "t")
    await #expect(throws: InngestError.unusable("INNGEST_BASE_URL")) { try await client.send(event) }
  }

  @Test("a key that no header or path can carry", arguments: ["", "a b", "a\nb", "é"])
  func keys(key: String) async throws {
    let (result, server, _) = try await send([], key: key)
    #expect(result.error == .unusable("INNGEST_EVENT_KEY"))
    #expect(server.problems().isEmpty)
  }

  @Test("a key cannot climb the path", arguments: [("..", "/e/%2E%2E"), ("a/../b?c#d", "/e/a%2F..%2Fb%3Fc%23d")])
  func climbing(key: String, target: String) async throws {
    let (result, server, _) = try await send([Step("POST", target, accepted)], key: key)
    #expect(try result.get() == ["01HX"])
    #expect(server.problems().isEmpty)
  }

  @Test func aCancelledTaskEndsIt() async throws {
    let server = try ScriptedServer([Step("POST", path, .silence)])
    let clock = SleptClock()
    let client = InngestClient(
      http: HTTPClient(configuration: .init(usesProxies: false)), baseURL: server.url, eventKey: key, deadline: clock,
      clock: clock, userAgent: "t")
    let task = Task { try await client.send(event) }
    await server.received(1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    server.stop()
  }
}
