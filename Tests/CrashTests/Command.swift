import Dispatch
import Foundation
import Glibc

/// One start of the executable, beside the test bundle where the build put it.
struct Command {
  static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "yardmaster").path

  struct Ending {
    var status: Int32
    var wasKilled: Bool
    var log: String
    /// The last line of each output; none of those that are read here has more.
    var outputs: [String: String]
  }

  let github: String
  let database: String
  /// Names this attempt at the workflow run.
  var attempt = 1

  /// An event that a workflow run begins with.
  struct Event: Sendable {
    var name: String
    var payload: [UInt8]
  }

  /// Runs it to its end, or to its death.
  /// - Parameter started: is told the process, before it has done anything that can be seen.
  func run(
    _ arguments: [String], event: Event? = nil, started: @Sendable (pid_t) -> Void = { _ in }
  ) async throws -> Ending {
    let folder = FileManager.default.temporaryDirectory.appending(path: "yardmaster-crash-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["log", "output", "summary"].map { folder.appending(path: $0) }
    for file in files { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(filePath: Self.executable)
    process.arguments = arguments
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder.path, "GITHUB_ACTIONS": "true", "GITHUB_API_URL": github,
      "GITHUB_GRAPHQL_URL": github + "/graphql", "GITHUB_REPOSITORY": "octo/widget", "GITHUB_RUN_ID": "4711",
      "GITHUB_RUN_ATTEMPT": String(attempt), "GITHUB_TOKEN": "ghs_crash", "GITHUB_ACTOR": "erin",
      "DATABASE_URL": database, "GITHUB_OUTPUT": files[1].path, "GITHUB_STEP_SUMMARY": files[2].path,
    ]
    if let event {
      let file = folder.appending(path: "event.json")
      try Data(event.payload).write(to: file)
      process.environment?["GITHUB_EVENT_NAME"] = event.name
      process.environment?["GITHUB_EVENT_PATH"] = file.path
    }
    let handle = try FileHandle(forWritingTo: files[0])
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    let ended = DispatchGroup()
    ended.enter()
    process.terminationHandler = { _ in ended.leave() }
    try process.run()
    // The process has its own; this one would stay open as long as Foundation keeps the ended process.
    try handle.close()
    started(process.processIdentifier)
    await withCheckedContinuation { continuation in
      ended.notify(queue: .global()) { continuation.resume() }
    }
    return Ending(
      status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      log: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
      outputs: Self.outputs(String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)))
  }

  /// `name<<DELIMITER`, a line, `DELIMITER`; or `name=value`.
  private static func outputs(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      if let mark = line.range(of: "<<") {
        values[String(line[..<mark.lowerBound])] = lines.popFirst().map(String.init)
        _ = lines.popFirst()
      } else if let equals = line.firstIndex(of: "=") {
        values[String(line[..<equals])] = String(line[line.index(after: equals)...])
      }
    }
    return values
  }
}
