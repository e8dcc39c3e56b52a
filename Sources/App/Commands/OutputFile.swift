import ActionsRuntime
import Domain
import Glibc
import Markup

/// A file that a command writes its result to, piece by piece.
final class OutputFile {
  private let path: String
  private let descriptor: Int32

  /// Replaces the file's content. Others than its owner may not read a new one: it holds what people did.
  init(path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    self.path = path
    guard descriptor >= 0 else { throw failure(errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func write(_ text: String) throws {
    if let code = writeAll(text, to: descriptor) { throw failure(code) }
  }

  private func failure(_ code: Int32) -> Failure {
    Failure(
      .failed, "Cannot write the file \(path): \(String(cString: strerror(code)))",
      advice: "Make the file writable and the disk have room, or name another file.")
  }
}

extension Session {
  /// Prints a result that has lines of its own: outside Actions byte for byte, in Actions without any workflow command.
  func printLines(of text: String) {
    guard environment.isActions else {
      // A reader that has gone is no fault of the command's.
      _ = writeAll(text, to: STDOUT_FILENO)
      return
    }
    // CR and LF are one character.
    printResult(LogText(trusted: text.last?.isNewline == true ? String(text.dropLast()) : text))
  }
}

/// Writes all bytes, whatever `write` takes at a time; the error number where it fails.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var text = text
  return text.withUTF8 { bytes in
    var offset = 0
    while offset < bytes.count {
      let written = write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
      if written >= 0 { offset += written } else if errno != EINTR { return errno }
    }
    return nil
  }
}
