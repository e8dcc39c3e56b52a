import Cryptography
import Foundation
import TestSupport
import Testing

@Suite(.enabled("openssl is not installed") { OpenSSL.path != nil }, .timeLimit(.minutes(1)))
struct PrivateKeyTests {
  private func verified(_ signature: [UInt8], of text: String, by key: String) throws -> Bool {
    let publicKey = try OpenSSL.convert(key, "-pubout")
    return try OpenSSL.withFile(publicKey) { keyFile in
      let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      try Data(signature).write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      let output = try OpenSSL.run(
        "dgst", "-sha256", "-verify", keyFile, "-signature", file.path, input: Array(text.utf8))
      return String(decoding: output, as: UTF8.self).contains("Verified OK")
    }
  }

  @Test func signsWhatOthersCanVerify() throws {
    for pem in [OpenSSL.key, try OpenSSL.convert(OpenSSL.key)] {
      let signature = try RSAPrivateKey(pem: pem).signature(of: Array("header.claims".utf8))
      #expect(try verified(signature, of: "header.claims", by: OpenSSL.key))
      #expect(try !verified(signature, of: "header.claimz", by: OpenSSL.key))
    }
  }

  /// What environment variables, forms and clipboards make of line breaks.
  @Test(arguments: ["\\n", "\\r\\n", "\r\n", " ", "", "\n\n", "\n  "]) func lineBreaksMayBeLost(by: String) throws {
    let mangled = OpenSSL.key.split(separator: "\n").joined(separator: by)
    for text in [mangled, "\"\(mangled)\"", "\n \(mangled)\\n", "\u{FEFF}\(mangled)"] {
      let key = try RSAPrivateKey(pem: text)
      #expect(try key.signature(of: [1]) == RSAPrivateKey(pem: OpenSSL.key).signature(of: [1]))
    }
  }

  @Test func faultsAreToldApart() throws {
    func fault(_ pem: String) -> RSAPrivateKey.Fault? {
      do throws(RSAPrivateKey.Fault) {
        _ = try RSAPrivateKey(pem: pem)
        return nil
      } catch { return error }
    }
    let lines = OpenSSL.key.split(separator: "\n")
    #expect(fault("") == .noPEM)
    #expect(fault("ghs_token") == .noPEM)
    #expect(fault(lines.dropLast().joined(separator: "\n")) == .noPEM)
    #expect(fault((lines.prefix(5) + lines.suffix(1)).joined(separator: "\n")) == .damaged)
    #expect(fault(OpenSSL.key.replacing("b", with: "!")) == .damaged)
    #expect(fault(try OpenSSL.convert(OpenSSL.key, "-pubout")) == .notPrivate)
    let short = String(decoding: try OpenSSL.run("genrsa", "-traditional", "1024"), as: UTF8.self)
    #expect(fault(short) == .tooShort(bits: 1024))
    let curve = String(decoding: try OpenSSL.run("ecparam", "-name", "prime256v1", "-genkey", "-noout"), as: UTF8.self)
    #expect(fault(curve) == .notRSA)
    #expect(fault(try OpenSSL.convert(curve)) == .notRSA)
    let locked = [
      try OpenSSL.run("genrsa", "-aes128", "-passout", "pass:secret", "2048"),
      try OpenSSL.run("genrsa", "-traditional", "-aes128", "-passout", "pass:secret", "2048"),
    ]
    for pem in locked { #expect(fault(String(decoding: pem, as: UTF8.self)) == .encrypted) }
  }

  @Test func garbageIsRefusedAndNeverShown() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let good = Array(OpenSSL.key.utf8)
    for round in 0..<3000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        guard !bytes.isEmpty else { break }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...4, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(UInt8.random(in: 32...126, using: &random), at: at)
        case 3: bytes = Array(bytes.prefix(max(at, 1)))
        default:
          // Within the Base64, so that the DER is read.
          bytes[at] = Array("ABCDEFGHIJabcdefghij0123456789+/=".utf8).randomElement(using: &random) ?? 65
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(RSAPrivateKey.Fault) {
        let key = try RSAPrivateKey(pem: text)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!"\(key) \(dumped)".contains("MII"), "seed \(seed), round \(round)")
      } catch {
        #expect("\(error)".count < 120, "seed \(seed), round \(round)")
      }
    }
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("\u{3F}\u{7F}~>?", "P39-Pj8"),
  ])
  func base64(text: String, expected: String) {
    #expect(base64URL(Array(text.utf8)) == expected)
  }
}
