import Foundation
import Testing

/// Compares `actual` with the file of that name in `Goldens`; with `RECORD=1` in the environment it writes the file.
func expectGolden(_ actual: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)")
  if ProcessInfo.processInfo.environment["RECORD"] == "1" {
    try Data((actual + "\n").utf8).write(to: file)
    return
  }
  let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? "(no golden: run the test with RECORD=1)"
  #expect(actual + "\n" == expected, "\(name)", sourceLocation: sourceLocation)
}
