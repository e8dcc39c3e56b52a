import Foundation
import Markup
import Testing

@testable import ActionsRuntime

@Suite struct OutputsTests {
  /// As the runner reads the file.
  static func parse(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    var lines = text.components(separatedBy: "\n")[...]
    while let line = lines.popFirst() {
      guard let mark = line.range(of: "<<") else { continue }
      let delimiter = String(line[mark.upperBound...])
      var value: [String] = []
      while let next = lines.popFirst(), next != delimiter { value.append(next) }
      values[String(line[..<mark.lowerBound])] = value.joined(separator: "\n")
    }
    return values
  }

  @Test func valuesComeBackAsTheyWere() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "output").path
    try Data("earlier=1".utf8).write(to: URL(filePath: path))
    let outputs = Outputs(path: path)
    let hostile = "x\noutcome=failed\nitems<<EOF\n5\nEOF\nyardmaster_"
    try outputs.write([(.eventID, hostile), (.outcome, "processed")])
    try outputs.write([(.matrix, "{\"include\":[]}"), (.items, "")])
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("earlier=1\nevent-id<<yardmaster_"))
    let expected = ["event-id": hostile, "outcome": "processed", "matrix": "{\"include\":[]}", "items": ""]
    #expect(Self.parse(text) == expected)
  }

  @Test func tooMuchIsRefusedBeforeAnythingIsWritten() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "output").path
    #expect(throws: OutputsTooLarge.self) {
      try Outputs(path: path).write([(.matrix, String(repeating: "x", count: 500_000))])
    }
    #expect(try Data(contentsOf: URL(filePath: path)).isEmpty)
  }

  @Test func withoutAFileNothingHappensAndABadPathIsNamed() throws {
    try Outputs(path: nil).write([(.items, "1")])
    #expect { try Outputs(path: "/nonexistent/file").write([(.items, "1")]) } throws: { error in
      (error as? RunFileError)?.problem.contains("GITHUB_OUTPUT") == true
    }
  }

  @Test func namesAreTheContracts() {
    #expect(
      OutputName.allCases.map(\.rawValue) == [
        "outcome", "event-id", "actions", "transaction-id", "job-id", "matrix", "has-work", "complete", "items",
        "remaining-chunks",
      ])
  }
}

@Suite struct StepSummaryTests {
  @Test func appendsBlocks() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "summary").path
    let summary = StepSummary(path: path)
    try summary.append("# One")
    try summary.append("")
    try summary.append("Two")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "# One\n\nTwo\n")
    try StepSummary(path: nil).append("x")
  }

  @Test(arguments: [0, 1_000_000, 1_048_000, 1_048_570, 1_048_576, 2_000_000])
  func neverGrowsBeyondTheLimit(existing: Int) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "summary").path
    try Data(repeating: UInt8(ascii: "x"), count: existing).write(to: URL(filePath: path))
    let rows = (0..<60_000).map { "| row \($0) | é |" }.joined(separator: "\n")
    try StepSummary(path: path).append(Markdown(trusted: rows))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.utf8.count <= max(existing, StepSummary.limit))
    if existing <= 1_048_000 {
      #expect(text.hasSuffix("log has all of it.*\n"))
      #expect(text.utf8.count > StepSummary.limit - 200)
    } else {
      #expect(text.utf8.count == existing)
    }
  }

  @Test func whatIsCutIsClosed() {
    let text = "a\n<details>\n\n````swift\n```\n\(String(repeating: "line\n", count: 100))````\n\n</details>"
    #expect(StepSummary.cut(text, to: 80).hasSuffix("line\n````\n\n</details>"))
    #expect(StepSummary.cut(text, to: 80).utf8.count <= 80)
    #expect(StepSummary.cut("long line", to: 3) == "")
    #expect(StepSummary.cut("a\nb", to: 4) == "a\nb")
  }
}
