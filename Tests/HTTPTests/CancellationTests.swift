import HTTP
import ScriptedServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
  @Test(arguments: [Reply.silence, .trickle]) func cancellingTheTaskEndsTheTransfer(reply: Reply) async throws {
    try await withServer([Step("POST", "/", reply)]) { server, client in
      let task = Task { await failure(client, HTTPRequest(method: "POST", url: server.url + "/")) }
      await server.received(1)
      let start = ContinuousClock.now
      task.cancel()
      let error = await task.value
      #expect(error?.kind == .cancelled)
      #expect(error?.mayHaveBeenSent == true)
      #expect(ContinuousClock.now - start < .seconds(1))
    }
  }

  @Test func aCancelledTaskSendsNothing() async throws {
    try await withServer([]) { server, client in
      let error = await Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return await failure(client, HTTPRequest(url: server.url + "/"))
      }.value
      #expect(error == HTTPError(.cancelled, mayHaveBeenSent: false, detail: ""))
    }
  }

  /// Cancels at arbitrary moments, before the start as well: every request must end, one way or the other.
  @Test func cancellingAtAnyMomentLosesNoContinuation() async throws {
    let server = try ScriptedServer([Step("GET", "/", times: 1_000_000, .answer(status: 200))])
    let client = HTTPClient(configuration: .init(usesProxies: false))
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = seed
    for round in 0..<20 {
      let tasks = (0..<50).map { _ in Task { await failure(client, HTTPRequest(url: server.url + "/")) } }
      for task in tasks {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        if random >> 62 == 0 { await Task.yield() }
        if random >> 63 == 1 { task.cancel() }
      }
      for task in tasks {
        let error = await task.value
        #expect(error == nil || error?.kind == .cancelled, "seed \(seed), round \(round)")
      }
    }
    server.stop()
  }

  @Test func shuttingDownEndsEveryTransfer() async throws {
    try await withServer([Step("GET", "/", times: 20, .silence)]) { server, client in
      let tasks = (0..<20).map { _ in Task { await failure(client, HTTPRequest(url: server.url + "/")) } }
      await server.received(20)
      client.shutdown()
      for task in tasks { #expect(await task.value?.kind == .cancelled) }
      #expect(await failure(client, HTTPRequest(url: server.url + "/"))?.kind == .cancelled)
    }
  }

  @Test func shuttingDownMeetsRequestsThatStart() async throws {
    let server = try ScriptedServer([Step("GET", "/", times: 1_000_000, .answer(status: 200))])
    for _ in 0..<50 {
      let client = HTTPClient(configuration: .init(usesProxies: false))
      let tasks = (0..<10).map { _ in Task { await failure(client, HTTPRequest(url: server.url + "/")) } }
      await Task.yield()
      client.shutdown()
      client.shutdown()
      for task in tasks {
        let error = await task.value
        #expect(error == nil || error?.kind == .cancelled)
      }
    }
    server.stop()
  }

  @Test func aClientThatIsDroppedEndsItsThread() async throws {
    try await withServer([Step("GET", "/", times: 20, .answer(status: 200))]) { server, _ in
      for _ in 0..<20 {
        let client = HTTPClient(configuration: .init(usesProxies: false))
        _ = try await client.perform(HTTPRequest(url: server.url + "/"))
      }
    }
  }
}
