import Dispatch
import Foundation
import GitHubDouble
import Glibc
import Testing

/// The executable as one step of a job: its environment, and what it leaves behind.
struct Step {
  /// Beside the test bundle, where the build put it.
  static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "yardmaster").path

  var environment: [String: String]
  private let place = Place()
  var folder: URL { place.url }

  /// A folder that goes with the last copy of its step.
  private final class Place: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "yardmaster-step-\(UUID().uuidString)")
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  /// - Parameters:
  ///   - github: where the API is.
  ///   - database: DATABASE_URL; empty for a run without secrets.
  init(github: String, database: String, repository: String = "octo/widget") throws {
    try FileManager.default.createDirectory(at: place.url, withIntermediateDirectories: true)
    environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": place.url.path,
      "GITHUB_ACTIONS": "true", "GITHUB_API_URL": github, "GITHUB_GRAPHQL_URL": github + "/graphql",
      "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": repository, "GITHUB_RUN_ID": "4711",
      "GITHUB_RUN_ATTEMPT": "1", "GITHUB_TOKEN": "ghs_secretsecretsecret", "DATABASE_URL": database,
    ]
  }

  /// The same step with an event file of its own.
  func event(_ name: String, _ payload: [UInt8]?) throws -> Step {
    var step = self
    let file = folder.appending(path: "event-\(UUID().uuidString).json")
    try Data(payload ?? []).write(to: file)
    step.environment["GITHUB_EVENT_NAME"] = name
    step.environment["GITHUB_EVENT_PATH"] = file.path
    return step
  }

  func with(_ name: String, _ value: String) -> Step {
    var step = self
    step.environment[name] = value
    return step
  }

  /// How a step ended.
  struct Ending {
    var status: Int32
    var wasKilled: Bool
    var log: String
    var outputs: [String: String]
    var summary: String
  }

  /// A step that was started and has not been waited for.
  final class Running {
    let process = Process()
    private let ended = DispatchGroup()
    fileprivate let log: URL
    fileprivate let output: URL
    fileprivate let summary: URL

    fileprivate init(_ step: Step, _ arguments: [String], output given: String? = nil) throws {
      let id = UUID().uuidString
      log = step.folder.appending(path: "log-\(id)")
      output = step.folder.appending(path: "output-\(id)")
      summary = step.folder.appending(path: "summary-\(id)")
      for file in [log, output, summary] { try Data().write(to: file) }
      process.executableURL = URL(filePath: Step.executable)
      process.arguments = arguments
      process.environment = step.environment.merging(
        ["GITHUB_OUTPUT": given ?? output.path, "GITHUB_STEP_SUMMARY": summary.path]) { _, new in new }
      let handle = try FileHandle(forWritingTo: log)
      process.standardOutput = handle
      process.standardError = handle
      process.standardInput = FileHandle.nullDevice
      let ended = ended
      ended.enter()
      process.terminationHandler = { _ in ended.leave() }
      try process.run()
      // The process has its own; this one would stay open as long as Foundation keeps the ended process.
      try handle.close()
    }

    func kill(_ signal: Int32) { Glibc.kill(process.processIdentifier, signal) }

    func wait() async throws -> Ending {
      await withCheckedContinuation { continuation in
        ended.notify(queue: .global()) { continuation.resume() }
      }
      return Ending(
        status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
        log: String(decoding: try Data(contentsOf: log), as: UTF8.self),
        outputs: Self.parse(String(decoding: try Data(contentsOf: output), as: UTF8.self)),
        summary: String(decoding: try Data(contentsOf: summary), as: UTF8.self))
    }

    /// As the runner reads GITHUB_OUTPUT: `name=value`, or `name<<DELIMITER` with the lines up to the delimiter.
    private static func parse(_ text: String) -> [String: String] {
      var values: [String: String] = [:]
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
      while let line = lines.popFirst() {
        if let mark = line.range(of: "<<"), !line[..<mark.lowerBound].contains("=") {
          var value: [Substring] = []
          while let next = lines.popFirst(), next != line[mark.upperBound...] { value.append(next) }
          values[String(line[..<mark.lowerBound])] = value.joined(separator: "\n")
        } else if let equals = line.firstIndex(of: "=") {
          values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
      }
      return values
    }
  }

  func start(_ arguments: String...) throws -> Running { try Running(self, arguments) }
  func start(arguments: [String]) throws -> Running { try Running(self, arguments) }
  /// - Parameter output: GITHUB_OUTPUT, where it is not a file of the step's own.
  func run(_ arguments: String..., output: String? = nil) async throws -> Ending {
    try await run(arguments, output: output)
  }

  func run(_ arguments: [String], output: String? = nil) async throws -> Ending {
    try await Running(self, arguments, output: output).wait()
  }
}
