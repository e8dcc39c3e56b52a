public import Domain
import Glibc

/// The JSON file at `GITHUB_EVENT_PATH`.
public struct EventFile {
  /// GitHub cuts webhook payloads off at 25 MB; the rest is room for files that were formatted again.
  /// Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
  public static let maximumSize = 25 * 1024 * 1024

  /// The file's bytes.
  ///
  /// - Parameter path: what `GITHUB_EVENT_PATH` says; nil or empty where it is unset.
  public static func read(path: String?) throws(EventFileError) -> [UInt8] {
    guard let path, !path.isEmpty else { throw .variableMissing("GITHUB_EVENT_PATH") }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw errno == ENOENT ? .missing(path: path) : unreadable(path) }
    defer { close(file) }

    var status = stat()
    guard fstat(file, &status) == 0 else { throw unreadable(path) }
    guard status.st_size <= maximumSize else { throw .tooLarge(bytes: Int(status.st_size)) }

    // One byte more than a regular file has: then the loop's last read sees the end without growing the array.
    // A pipe has no size; it grows in steps.
    var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 64 * 1024))
    var count = 0
    while true {
      if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: bytes.count)) }
      let free = bytes.count - count
      let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, free) }
      if got < 0 {
        if errno == EINTR { continue }
        throw unreadable(path)
      }
      if got == 0 { break }
      count += got
      guard count <= maximumSize else { throw .tooLarge(bytes: count) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private static func unreadable(_ path: String) -> EventFileError {
    .unreadable(path: path, reason: strerror(errno).map { String(cString: $0) } ?? "error \(errno)")
  }
}

/// What an event file turned out to hold.
public enum DecodedEvent: Sendable {
  case event(Event)
  /// An event that no processor exists for; the reason is for the maintainer.
  case unsupported(name: String, reason: String)
}
