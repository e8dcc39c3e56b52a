import ActionsRuntime
import Foundation
import Glibc

/// A log that writes into files, and what stands in them.
final class LogCapture {
  let folder: URL
  let log: RunLog
  private let descriptors: [Int32]

  init(isActions: Bool, seconds: (@Sendable () -> Double)? = nil) throws {
    let folder = try temporaryFolder()
    self.folder = folder
    descriptors = ["output", "diagnostics"].map {
      open(folder.appending(path: $0).path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }
    log = RunLog(
      output: descriptors[0], diagnostics: descriptors[1], isActions: isActions, allowsColour: false, terminal: "xterm",
      seconds: seconds)
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
    try? FileManager.default.removeItem(at: folder)
  }

  var outputPath: String { folder.appending(path: "output").path }
  var output: String { get throws { try read("output") } }
  var diagnostics: String { get throws { try read("diagnostics") } }

  private func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
  }
}

func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appending(path: "yardmaster-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}
