public import Domain
import Glibc

/// A file that the Actions runner reads after the step: what is written is appended in one piece.
struct RunFile {
  /// `GITHUB_OUTPUT` or `GITHUB_STEP_SUMMARY`, for errors.
  var variable: String
  var path: String

  /// Appends what `make` returns for the size that the file has. Begins on a line of its own.
  func append(_ make: (_ existing: Int) throws -> [UInt8]) throws {
    let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    let size = Int(status.st_size)
    var last: UInt8 = UInt8(ascii: "\n")
    let needsBreak = size > 0 && pread(descriptor, &last, 1, off_t(size - 1)) == 1 && last != UInt8(ascii: "\n")
    var bytes = try make(needsBreak ? size + 1 : size)
    guard !bytes.isEmpty else { return }
    if needsBreak { bytes.insert(UInt8(ascii: "\n"), at: 0) }
    if let code = writeAll(bytes, to: descriptor) { throw failure(code) }
  }

  private func failure(_ code: Int32 = errno) -> RunFileError {
    RunFileError(variable: variable, path: path, reason: String(cString: strerror(code)))
  }
}

/// A file of the runner could not be written.
public struct RunFileError: UserFacingError {
  /// The environment variable that names the file.
  public var variable: String
  public var path: String
  /// The system's words.
  public var reason: String

  public var exitStatus: ExitStatus { .failed }
  public var problem: String { "Cannot append to the file \(path) that \(variable) names: \(reason)" }
  public var advice: String { "Make the file writable and the disk have room, or unset \(variable)." }
}

/// Writes all bytes, whatever `write` takes at a time; the error number where it fails.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  bytes.withUnsafeBytes { buffer in
    var offset = 0
    while offset < buffer.count {
      let written = write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
      if written >= 0 {
        offset += written
      } else if errno == EAGAIN {
        // Someone made the pipe non-blocking: wait until it takes more.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
