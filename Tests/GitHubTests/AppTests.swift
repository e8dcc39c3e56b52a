import Domain
import Foundation
import GitHub
import ScriptedServer
import Testing

/// Authentication as an installation of a GitHub App.
@Suite(.enabled("openssl is not installed") { OpenSSL.path != nil }, .timeLimit(.minutes(1)))
struct AppTests {
  private static func credentials(
    id: String = "12345", key: String = OpenSSL.key, installation: Int64? = nil, repository: String? = "o/r"
  ) -> GitHubCredentials {
    GitHubCredentials(
      token: "ghs_notUsed",
      app: GitHubApp(
        id: id, privateKey: key, installationID: installation, repository: repository.flatMap { RepositoryName($0) }))
  }

  private static func token(_ name: String, expires: Int64 = 3600, times: Int = 1) -> Step {
    let text = #"{"token":"\#(name)","expires_at":"\#(FakeClock.start + Double(expires))"}"#
    return Step("POST", "/app/installations/7/access_tokens", times: times, .json(text, status: 201, headers: date(0)))
  }

  private static func date(_ seconds: Int) -> [String: String] {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "UTC")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return ["Date": format.string(from: Date(timeIntervalSince1970: Double(FakeClock.start.seconds) + Double(seconds)))]
  }

  private static let find = Step("GET", "/repos/o/r/installation", .json(#"{"id":7}"#, headers: date(0)))
  private static func get(_ path: String = "/a", status: Int = 200, times: Int = 1) -> Step {
    Step("GET", path, times: times, .json(#"{"message":"Bad credentials"}"#, status: status))
  }

  private static func claims(_ request: ReceivedRequest) throws -> [String: Any] {
    let jwt = try #require(request.headers["authorization"]?.split(separator: " ").last)
    let parts = jwt.split(separator: ".").map { part in
      let text = part.replacing("-", with: "+").replacing("_", with: "/")
      return Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)) ?? Data()
    }
    try #require(parts.count == 3 && parts[2].count == 256)
    #expect(String(decoding: parts[0], as: UTF8.self) == #"{"alg":"RS256","typ":"JWT"}"#)
    return try #require(JSONSerialization.jsonObject(with: parts[1]) as? [String: Any])
  }

  @Test func actsAsTheInstallation() async throws {
    let steps = [Self.find, Self.token("ghs_one"), Self.get(times: 3)]
    try await Yard.run(steps, credentials: Self.credentials()) { yard in
      let client = yard.client
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { _ = try await client.send(RESTRequest(.get, "/a")) } }
        try await group.waitForAll()
      }
      let seen = yard.server.requests
      let now = Int(FakeClock.start.seconds)
      let claims = try Self.claims(seen[0])
      #expect(claims["iat"] as? Int == now - 60)
      #expect(claims["exp"] as? Int == now + 540)
      #expect(claims["iss"] as? Int == 12345)
      #expect(seen.suffix(3).allSatisfy { $0.headers["authorization"] == "Bearer ghs_one" })
      // What the App asks for as itself draws on another budget.
      #expect(await client.usage.restRequests == 3)
      #expect(!yard.log.text.contains("ghs_one") && !yard.log.text.contains("eyJ"))
    }
  }

  @Test func aKnownInstallationIsNotLookedFor() async throws {
    let credentials = Self.credentials(id: "Iv23liABC", installation: 7, repository: nil)
    try await Yard.run([Self.token("ghs_one"), Self.get()], credentials: credentials) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(try Self.claims(yard.server.requests[0])["iss"] as? String == "Iv23liABC")
    }
  }

  @Test func aTokenIsRenewedBeforeItExpires() async throws {
    let steps = [
      Self.token("ghs_one"), Self.token("ghs_two", expires: 7000), Self.get(times: 3),
    ]
    try await Yard.run(steps, credentials: Self.credentials(installation: 7)) { yard in
      for wait in [0.0, 3290, 20] {
        try await yard.clock.sleep(seconds: wait)
        _ = try await yard.client.send(RESTRequest(.get, "/a"))
      }
      let used = yard.server.requests.filter { $0.method == "GET" }.map { $0.headers["authorization"] }
      #expect(used == ["Bearer ghs_one", "Bearer ghs_one", "Bearer ghs_two"])
    }
  }

  /// A write too: what was answered with 401 was not carried out.
  @Test(arguments: [RESTRequest.Method.get, .post]) func a401InTheMiddleRenewsOnce(method: RESTRequest.Method)
    async throws
  {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let name = method.rawValue
    let steps = [
      Self.token("ghs_one"), Step(name, "/a", .json("{}")), Step(name, "/a", bad), Self.token("ghs_two"),
      Step(name, "/a", .json("{}")),
    ]
    try await Yard.run(steps, credentials: Self.credentials(installation: 7)) { yard in
      _ = try await yard.client.send(RESTRequest(method, "/a"))
      try await yard.clock.sleep(seconds: 60)
      _ = try await yard.client.send(RESTRequest(method, "/a"))
      let used = yard.server.requests.filter { $0.target == "/a" }.map { $0.headers["authorization"] }
      #expect(used == ["Bearer ghs_one", "Bearer ghs_one", "Bearer ghs_two"])
      #expect(yard.clock.sleeps == [60])
    }
  }

  @Test func aRevokedInstallationIsSaid() async throws {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let steps = [
      Self.token("ghs_one"), Self.get(), Step("GET", "/a", times: 4, bad), Self.token("ghs_two"),
      Self.token("ghs_three"),
    ]
    try await Yard.run(steps, credentials: Self.credentials(installation: 7)) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      try await yard.clock.sleep(seconds: 60)
      #expect(await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) } is AppRejected)
    }
  }

  /// GitHub's servers may not all know a token that was just made.
  @Test func aNewTokenGetsAMomentToBeKnown() async throws {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let steps = [Self.token("ghs_one"), Step("GET", "/a", bad), Self.get()]
    try await Yard.run(steps, credentials: Self.credentials(installation: 7)) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.clock.sleeps == [1])
    }
  }

  /// It was revoked as soon as it was made.
  @Test func aNewTokenThatStaysUnknownIsRenewed() async throws {
    let bad = Reply.json(#"{"message":"Bad credentials"}"#, status: 401)
    let steps = [Self.token("ghs_one"), Step("GET", "/a", times: 2, bad), Self.token("ghs_two"), Self.get()]
    try await Yard.run(steps, credentials: Self.credentials(installation: 7)) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      #expect(yard.clock.sleeps == [1])
      #expect(yard.server.requests.last?.headers["authorization"] == "Bearer ghs_two")
    }
  }

  /// The clock here is an hour behind: the refusal's `Date` tells.
  @Test func aWrongClockIsMadeUpFor() async throws {
    let message = #"{"message":"'Expiration time' claim ('exp') must be in the future"}"#
    let refusal = Step(
      "POST", "/app/installations/7/access_tokens", .json(message, status: 401, headers: Self.date(3600)))
    let late = #"{"token":"ghs_one","expires_at":"\#(FakeClock.start + 7200)"}"#
    let made = Step("POST", "/app/installations/7/access_tokens", .json(late, status: 201, headers: Self.date(3600)))
    try await Yard.run([refusal, made, Self.get()], credentials: Self.credentials(installation: 7)) { yard in
      _ = try await yard.client.send(RESTRequest(.get, "/a"))
      let claims = try Self.claims(yard.server.requests[1])
      #expect(claims["exp"] as? Int == Int(FakeClock.start.seconds) + 3600 + 540)
    }
  }

  @Test func whatIsWrongWithTheAppIsSaid() async throws {
    func problem(_ steps: [Step], _ credentials: GitHubCredentials) async throws -> String {
      nonisolated(unsafe) var text = ""
      try await Yard.run(steps, credentials: credentials) { yard in
        let error = await thrown { _ = try await yard.client.send(RESTRequest(.get, "/a")) }
        let shown = try #require(error as? any UserFacingError)
        #expect(shown.exitStatus == .configuration)
        text = shown.description
      }
      return text
    }
    let missing = Step("GET", "/repos/o/r/installation", .json(#"{"message":"Not Found"}"#, status: 404))
    #expect(try await problem([missing], Self.credentials()).contains("12345 is not installed on o/r"))
    let denied = Step(
      "POST", "/app/installations/7/access_tokens",
      .json(#"{"message":"This installation has been suspended"}"#, status: 403))
    #expect(try await problem([denied], Self.credentials(installation: 7)).contains("has been suspended"))
    #expect(try await problem([], Self.credentials(repository: nil)).contains("app-installation-id"))
    let secret = OpenSSL.key.replacing("b", with: "!")
    let bad = try await problem([], Self.credentials(key: secret))
    #expect(bad.contains("damaged") && !bad.contains("MII") && !bad.contains("!"))
    let strange = Step("POST", "/app/installations/7/access_tokens", .json(#"{"token":"a\nb"}"#, status: 201))
    _ = try await problem([strange], Self.credentials(installation: 7))
  }

  @Test func descriptionsHoldNoSecret() {
    var dumped = ""
    let credentials = GitHubCredentials(
      token: "SECRET", app: GitHubApp(id: "1", privateKey: "SECRET"), furtherTokens: ["SECRET"])
    dump(credentials, to: &dumped)
    dump(credentials.app, to: &dumped)
    #expect(!"\(credentials) \(String(reflecting: credentials)) \(dumped)".contains("SECRET"))
  }
}
