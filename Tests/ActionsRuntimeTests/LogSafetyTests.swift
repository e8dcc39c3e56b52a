import ActionsRuntime
import Domain
import Foundation
import Logging
import Markup
import TestSupport
import Testing

/// Hostile text goes through the log; the runner would execute the log's own commands and nothing else.
@Suite struct LogSafetyTests {
  static let rounds = 3_000

  /// Writes plain lines: text that comes whole, in pieces, after a literal, as metadata.
  static func writePlain(to log: RunLog, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let logger = log.logger(label: "test", level: .trace)
    for _ in 0..<rounds {
      let a = HostileLogText.make(using: &generator)
      let b = HostileLogText.make(using: &generator)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: log.line("\(a)")
      case 1: log.line("\(a)\(b)")
      case 2: log.line(":\(a)")
      case 3: log.line("  #\(a)[\(b)]")
      case 4: log.lines(["\(a)", "x \(b)\n\(a)"])
      case 5: log.line(LogText(trusted: a + "\n") + "\(b)")
      default: logger.warning("\(a)", metadata: ["k": "\(b)"])
      }
    }
  }

  /// Writes groups and annotations; returns how many commands that makes.
  static func writeCommands(to log: RunLog, seed: UInt64) -> Int {
    var generator = SeededGenerator(seed: seed)
    var commands = 0
    for _ in 0..<rounds {
      let a = HostileLogText.make(using: &generator)
      let b = HostileLogText.make(using: &generator)
      log.group("\(a)")
      log.error("\(a)\n\(b)", title: "\(b)", location: SourceLocation(file: b, line: 1, column: 2))
      log.endGroup()
      commands += 2
    }
    return commands + 10
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func plainLinesHoldNoCommand(seed: UInt64) throws {
    let capture = try LogCapture(isActions: true)
    Self.writePlain(to: capture.log, seed: seed)
    #expect(RunnerRules.commands(in: try capture.output) == [], "seed \(seed)")
    #expect(try capture.diagnostics.isEmpty)
  }

  @Test(arguments: [4, 5] as [UInt64])
  func commandsAreTheLogsOwn(seed: UInt64) throws {
    let capture = try LogCapture(isActions: true)
    let expected = Self.writeCommands(to: capture.log, seed: seed)
    let found = RunnerRules.commands(in: try capture.output)
    #expect(found.count == expected, "seed \(seed)")
    #expect(Set(found) == ["group", "endgroup", "error"], "seed \(seed)")
  }

  @Test func theRulesSeeWhatIsHostile() {
    #expect(
      RunnerRules.commands(in: " \u{200B}:\u{AD}:error::x\na#\u{200B}#[group]b\r::nothing::") == ["error", "group"])
  }

  @Test(.enabled(if: Oracle.path != nil, "needs python3 and the shared oracle beside the checkout"))
  func theOracleFindsNoCommand() throws {
    for seed in UInt64(10)..<13 {
      let plain = try LogCapture(isActions: true)
      Self.writePlain(to: plain.log, seed: seed)
      let commands = try LogCapture(isActions: true)
      _ = Self.writeCommands(to: commands.log, seed: seed)
      #expect(try Oracle.findings(in: plain.outputPath, allowing: "") == "", "seed \(seed)")
      // It does find the log's own ones.
      #expect(try !Oracle.findings(in: commands.outputPath, allowing: "group").isEmpty)
      #expect(try Oracle.findings(in: commands.outputPath, allowing: "group,endgroup,error") == "", "seed \(seed)")
    }
  }
}

/// The reference for what the runner executes, where it lies beside the checkout.
enum Oracle {
  static let path: String? = {
    let checkout = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let script = checkout.deletingLastPathComponent().appending(path: "shared/oracle/runner_commands.py").path
    guard FileManager.default.isReadableFile(atPath: script), (try? run(["python3", "--version"])) != nil else {
      return nil
    }
    return script
  }()

  static func findings(in file: String, allowing names: String) throws -> String {
    guard let path else { return "no oracle" }
    return try run(["python3", path, "--allow", names, file])
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus == 127 { throw CocoaError(.fileNoSuchFile) }
    return String(decoding: output, as: UTF8.self)
  }
}
