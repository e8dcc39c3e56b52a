import Domain
import Foundation
import FoundationNetworking
import Glibc
import Synchronization
import Testing

/// The independent GitHub simulator beside the checkout, where there is one.
final class Simulator: Sendable {
  private let process: Process
  let address: String

  /// The folder `shared` beside the checkout; nil where it is absent.
  static var shared: URL? {
    let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = checkout.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.appendingPathComponent("ghsim/ghsim").path) ? folder : nil
  }

  struct NotStarted: Error {}

  init(shared: URL, data: [String]) throws {
    process = Process()
    process.executableURL = shared.appendingPathComponent("ghsim/ghsim")
    process.arguments =
      ["serve", "--port", "0", "--token", "tok:5000:5000:alice"]
      + data.flatMap { ["--data", shared.appendingPathComponent($0).path] }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The line that names the address comes once it listens.
    var text = ""
    var found: String?
    while found == nil {
      let bytes = output.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw NotStarted() }
      text += String(decoding: bytes, as: UTF8.self)
      found = text.split(separator: "\n").first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst(13)) }
    }
    guard let found else { throw NotStarted() }
    address = found
  }

  deinit {
    // Foundation starts the process with the signal mask of the calling thread, and Dispatch's threads block SIGTERM.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func control(_ path: String) async throws -> [String: Any] {
    guard let url = URL(string: address + path) else { throw NotStarted() }
    let (data, _) = try await URLSession.shared.data(for: URLRequest(url: url))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}

private struct Body: Encodable {
  var query: String
  var operationName: String
  var variables: [String: JSONValue]
}

private struct Reply<Answer: Decodable>: Decodable {
  struct Fault: Decodable {
    var type: String?
    var message: String
    var path: [JSONValue]?

    var error: GraphQLError {
      var names: [String] = []
      for step in path ?? [] { names.append(step.string ?? "\(step.integer ?? 0)") }
      return GraphQLError(type: type, message: message, path: names)
    }
  }
  var data: Answer?
  var errors: [Fault]?
}

/// The plainest client that can be: no retries, no limits. Only for the simulator.
final class PlainGitHub: GitHubAPI, Sendable {
  private let address: String
  private let state = Mutex(APIUsage())

  init(_ address: String) { self.address = address }

  var usage: APIUsage { get async { state.withLock { $0 } } }

  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    let body = Body(query: query.document, operationName: query.operation, variables: query.variables)
    let (data, _) = try await exchange("POST", address + "/graphql", try JSONEncoder().encode(body))
    state.withLock { $0.graphQLRequests += 1 }
    let reply = try JSONDecoder().decode(Reply<Answer>.self, from: data)
    return GraphQLAnswer(data: reply.data, errors: (reply.errors ?? []).map(\.error))
  }

  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    let url = request.path.hasPrefix("http") ? request.path : address + request.path
    let (data, response) = try await exchange(request.method.rawValue, url, nil)
    state.withLock { $0.restRequests += 1 }
    let next = (response.value(forHTTPHeaderField: "Link") ?? "").split(separator: ",")
      .first { $0.contains("rel=\"next\"") }
      .flatMap { link in link.split(separator: ">").first.map { String($0.drop { $0 == " " || $0 == "<" }) } }
    return RESTAnswer(status: response.statusCode, body: Array(data), next: next)
  }

  private func exchange(_ method: String, _ url: String, _ body: Data?) async throws -> (Data, HTTPURLResponse) {
    guard let url = URL(string: url) else { throw Simulator.NotStarted() }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    request.setValue("Bearer tok", forHTTPHeaderField: "Authorization")
    request.setValue("yardmaster-tests", forHTTPHeaderField: "User-Agent")
    if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
    let (data, response) = try await URLSession.shared.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw Simulator.NotStarted() }
    let date = response.value(forHTTPHeaderField: "Date").flatMap { Self.timestamp($0) }
    state.withLock { $0.serverTime = date ?? $0.serverTime }
    return (data, response)
  }

  private static func timestamp(_ date: String) -> Timestamp? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: date).map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) }
  }
}
