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

  /// - Parameter data: folders, absolute or below `shared`.
  init(shared: URL, data: [String]) throws {
    process = Process()
    process.executableURL = shared.appendingPathComponent("ghsim/ghsim")
    process.arguments =
      ["serve", "--port", "0", "--token", "tok:5000:5000:alice"]
      + data.flatMap { ["--data", $0.hasPrefix("/") ? $0 : shared.appendingPathComponent($0).path] }
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

  /// Makes a repository with the simulator's generator.
  static func generate(_ shared: URL, into folder: URL, _ options: [String]) throws {
    let process = Process()
    process.executableURL = shared.appendingPathComponent("ghsim/ghsim")
    process.arguments = ["generate", "--out", folder.path] + options
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw NotStarted() }
  }

  /// - Parameter body: JSON to post; nil to get.
  @discardableResult
  func control(_ path: String, _ body: JSONValue? = nil) async throws -> [String: Any] {
    guard let url = URL(string: address + path) else { throw NotStarted() }
    var request = URLRequest(url: url)
    if let body {
      request.httpMethod = "POST"
      request.httpBody = Data(body.canonicalText.utf8)
    }
    let (data, _) = try await URLSession.shared.data(for: request)
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

/// The plainest client that can be: it repeats what failed, a query that was too heavy once, and knows no limits. Only for
/// the simulator.
final class PlainGitHub: GitHubAPI, Sendable {
  private let address: String
  private let state = Mutex(APIUsage())
  private let session: URLSession
  /// Requests that did not come back whole.
  let failures = Mutex(0)

  init(_ address: String) {
    self.address = address
    let configuration = URLSessionConfiguration.ephemeral
    // It does not notice that a connection was reset before the headers.
    configuration.timeoutIntervalForRequest = 3
    session = URLSession(configuration: configuration)
  }

  deinit { session.invalidateAndCancel() }

  var usage: APIUsage { get async { state.withLock { $0 } } }

  func query<Answer: Decodable & Sendable>(_ query: GraphQLQuery, as type: Answer.Type) async throws
    -> GraphQLAnswer<Answer>
  {
    let body = Body(query: query.document, operationName: query.operation, variables: query.variables)
    let encoded = try JSONEncoder().encode(body)
    return try await repeating {
      let (data, response) = try await exchange("POST", address + "/graphql", encoded)
      state.withLock { $0.graphQLRequests += 1 }
      if [502, 504].contains(response.statusCode) { throw QueryTooHeavy(detail: "HTTP \(response.statusCode)") }
      guard response.statusCode == 200 else { throw Simulator.NotStarted() }
      let reply = try JSONDecoder().decode(Reply<Answer>.self, from: data)
      let errors = (reply.errors ?? []).map(\.error)
      if reply.data == nil, errors.contains(where: { $0.message.hasPrefix("Something went wrong") }) {
        throw QueryTooHeavy(detail: "something went wrong")
      }
      return GraphQLAnswer(data: reply.data, errors: errors)
    }
  }

  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    let url = request.path.hasPrefix("http") ? request.path : address + request.path
    return try await repeating {
      let (data, response) = try await exchange(request.method.rawValue, url, nil)
      state.withLock { $0.restRequests += 1 }
      guard response.statusCode < 500, (try? JSONSerialization.jsonObject(with: data)) != nil else {
        throw Simulator.NotStarted()
      }
      let next = (response.value(forHTTPHeaderField: "Link") ?? "").split(separator: ",")
        .first { $0.contains("rel=\"next\"") }
        .flatMap { link in link.split(separator: ">").first.map { String($0.drop { $0 == " " || $0 == "<" }) } }
      return RESTAnswer(status: response.statusCode, body: Array(data), next: next)
    }
  }

  private func repeating<Value>(_ call: () async throws -> Value) async throws -> Value {
    var wasHeavy = false
    for _ in 0..<12 {
      do {
        return try await call()
      } catch let heavy as QueryTooHeavy {
        if wasHeavy { throw heavy }
        wasHeavy = true
      } catch {
        failures.withLock { $0 += 1 }
      }
    }
    return try await call()
  }

  private func exchange(_ method: String, _ url: String, _ body: Data?) async throws -> (Data, HTTPURLResponse) {
    guard let url = URL(string: url) else { throw Simulator.NotStarted() }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    request.setValue("Bearer tok", forHTTPHeaderField: "Authorization")
    request.setValue("yardmaster-tests", forHTTPHeaderField: "User-Agent")
    if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
    let (data, response) = try await session.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw Simulator.NotStarted() }
    let date = Self.date(response)
    state.withLock { $0.serverTime = date ?? $0.serverTime }
    return (data, response)
  }

  private static func date(_ response: HTTPURLResponse) -> Timestamp? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return response.value(forHTTPHeaderField: "Date").flatMap { format.date(from: $0) }
      .map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) }
  }
}
