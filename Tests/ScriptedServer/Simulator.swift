public import Foundation
import FoundationNetworking
import Glibc

/// The independent GitHub simulator (its README is in its folder), where it lies beside the checkout.
public final class Simulator: Sendable {
  public static let program: URL? = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/ghsim/ghsim")
      .standardizedFileURL
    return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
  }()

  public struct NotStarted: Error {}

  public let url: String
  private let process: Process
  private let folder: URL

  /// - Parameters:
  ///   - arguments: for `serve`, beyond the port and the data; `FOLDER` stands for where the files are.
  ///   - data: the files of the repository acme/widget.
  public init(
    _ arguments: [String], data: [String: String] = ["repo.json": #"{"name":"widget"}"#], files: [String: String] = [:]
  ) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    let repository = folder.appending(path: "acme__widget")
    try FileManager.default.createDirectory(at: repository, withIntermediateDirectories: true)
    for (name, text) in data { try Data(text.utf8).write(to: repository.appending(path: name)) }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    process = Process()
    process.executableURL = Self.program
    let path = folder.path
    process.arguments =
      ["serve", "--port", "0", "--data", path, "--port-file", path + "/port"]
      + arguments.map { $0.replacing("FOLDER", with: path) }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    var port: Int?
    while port == nil, process.isRunning {
      try await Task.sleep(for: .milliseconds(50))
      port = (try? String(contentsOf: folder.appending(path: "port"), encoding: .utf8))
        .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    guard let port else { throw NotStarted() }
    url = "http://127.0.0.1:\(port)"
  }

  deinit {
    // It inherits the pool thread's signal mask, which holds back SIGTERM.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// What the client did that GitHub would not like.
  public struct Stats: Sendable {
    public var requestsWhileLimited: Int
    public var secondaryViolations: Int
    public var unknownPaths: Int
    public var peakServerTime: [String: Double]
  }

  public func stats() async throws -> Stats {
    let numbers = try await control("/_sim/stats")
    return Stats(
      requestsWhileLimited: numbers["requests_while_limited"] as? Int ?? -1,
      secondaryViolations: (numbers["secondary_violations"] as? [String: Int])?.filter { $0.key != "fault" }.values
        .reduce(0, +) ?? -1,
      unknownPaths: (numbers["unknown_paths"] as? [String: Any])?.count ?? -1,
      peakServerTime: numbers["peak_server_time"] as? [String: Double] ?? [:])
  }

  public struct Entry: Sendable {
    public var time: Double
    public var path: String
    public var status: Int
    public var cost: Int
  }

  /// Every request so far.
  public func journal() async throws -> [Entry] {
    var entries: [Entry] = []
    while true {
      let answer = try await control("/_sim/journal?after=\(entries.count)&limit=10000")
      guard let page = answer["entries"] as? [[String: Any]], !page.isEmpty else { return entries }
      entries += page.map {
        Entry(
          time: $0["ts"] as? Double ?? 0, path: $0["path"] as? String ?? "", status: $0["status"] as? Int ?? 0,
          cost: $0["cost"] as? Int ?? 0)
      }
    }
  }

  /// What was used of a resource in each whole window of `length` seconds; a window begins with the first request after
  /// the last one.
  public func windows(_ resource: String, length: Double) async throws -> [Int] {
    var sums: [Int] = []
    var begin = -Double.infinity
    var last = 0.0
    for entry in try await journal() where entry.path.hasPrefix("/graphql") == (resource == "graphql") {
      if entry.time >= begin + length {
        begin = entry.time
        sums.append(0)
      }
      sums[sums.count - 1] += resource == "graphql" ? entry.cost : 1
      last = entry.time
    }
    return last < begin + length * 0.95 ? sums.dropLast() : sums
  }

  private func control(_ path: String) async throws -> [String: Any] {
    guard let url = URL(string: url + path) else { throw NotStarted() }
    let (data, _) = try await URLSession.shared.data(for: URLRequest(url: url))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }
}
