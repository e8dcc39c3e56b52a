import Foundation
import Testing

/// The openssl tool: makes keys, and checks signatures independently of the code under test.
enum OpenSSL {
  static let path: String? = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static func run(_ arguments: String..., input: [UInt8] = []) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: try #require(path))
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(output)
  }

  /// PKCS #1, as GitHub hands it out.
  static let key: String = (try? String(decoding: run("genrsa", "-traditional", "2048"), as: UTF8.self)) ?? ""

  /// PKCS #8, or with `-pubout` the public key.
  static func convert(_ key: String, _ option: String? = nil) throws -> String {
    try withFile(key) { file in
      let output = if let option { try run("pkey", "-in", file, option) } else { try run("pkey", "-in", file) }
      return String(decoding: output, as: UTF8.self)
    }
  }

  static func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }
}
