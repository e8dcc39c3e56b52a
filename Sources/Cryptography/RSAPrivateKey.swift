internal import CCrypto

/// An RSA key that signs, from a PEM text.
///
/// Kept as its DER bytes and read anew for every signature, which takes well under a millisecond: so nothing of
/// libcrypto's has to be shared between tasks.
public struct RSAPrivateKey: Sendable {
  private let der: [UInt8]

  /// What is wrong with a key; no case holds any of its text.
  public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
    /// No `-----BEGIN … PRIVATE KEY-----` with its end.
    case noPEM
    /// A public key or a certificate.
    case notPrivate
    /// Protected by a passphrase.
    case encrypted
    /// The text between the marks is cut off, or was changed.
    case damaged
    /// Of another algorithm.
    case notRSA
    /// Shorter than the 2,048 bits that RS256 asks for (RFC 7518 section 3.3).
    case tooShort(bits: Int)
    /// libcrypto could not sign with it.
    case unusable

    public var description: String {
      switch self {
      case .noPEM: "it is no PEM text, which begins with -----BEGIN RSA PRIVATE KEY----- and ends with its END line"
      case .notPrivate: "it is a public key or a certificate, not a private key"
      case .encrypted: "it is protected by a passphrase"
      case .damaged: "it is incomplete or damaged"
      case .notRSA: "it is no RSA key"
      case .tooShort(let bits): "it has \(bits) bits, and 2048 are the least"
      case .unusable: "it cannot be used to sign"
      }
    }
  }

  /// Reads PKCS #1 (`RSA PRIVATE KEY`, as GitHub hands out) and PKCS #8 (`PRIVATE KEY`).
  ///
  /// Line breaks may have become `\n` in two characters, spaces, or nothing, as they do on the way through environment
  /// variables and forms; quotation marks around the whole are passed over.
  public init(pem: String) throws(Fault) {
    der = try Self.der(pem)
    _ = try signature(of: [])
  }

  /// RSASSA-PKCS1-v1_5 with SHA-256 (`RS256`, RFC 7518 section 3.3).
  public func signature(of bytes: [UInt8]) throws(Fault) -> [UInt8] {
    // libcrypto leaves notes on what went wrong in a queue of the thread's; nobody reads them.
    defer { ERR_clear_error() }
    let key = try unsafe Self.key(der)
    defer { unsafe EVP_PKEY_free(key) }
    guard let context = unsafe EVP_MD_CTX_new() else { throw .unusable }
    defer { unsafe EVP_MD_CTX_free(context) }
    var length = 0
    guard unsafe EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
      unsafe EVP_DigestSign(context, nil, &length, bytes, bytes.count) == 1, (256...4096).contains(length)
    else { throw .unusable }
    var signature = [UInt8](repeating: 0, count: length)
    guard unsafe EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1, length <= signature.count
    else { throw .unusable }
    return Array(signature.prefix(length))
  }

  /// The caller frees it.
  private static func key(_ der: [UInt8]) throws(Fault) -> OpaquePointer {
    let key = unsafe der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
      var position = bytes.baseAddress
      return unsafe d2i_AutoPrivateKey(nil, &position, bytes.count)
    }
    guard let key = unsafe key else { throw .damaged }
    let bits = unsafe Int(EVP_PKEY_get_bits(key))
    if unsafe EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA {
      unsafe EVP_PKEY_free(key)
      throw .notRSA
    }
    guard bits >= 2048 else {
      unsafe EVP_PKEY_free(key)
      throw .tooShort(bits: bits)
    }
    return unsafe key
  }

  private static func der(_ pem: String) throws(Fault) -> [UInt8] {
    // A key has at most a few thousand characters.
    var text = Array(pem.utf8.prefix(1 << 16))
    unescapeLineBreaks(&text)
    guard let (label, body) = block(text) else { throw .noPEM }
    switch label {
    case "RSA PRIVATE KEY", "PRIVATE KEY": break
    case "ENCRYPTED PRIVATE KEY": throw .encrypted
    case "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY": throw .notRSA
    case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE": throw .notPrivate
    default: throw .noPEM
    }
    // `Proc-Type: 4,ENCRYPTED` stands where Base64 has no colon (RFC 1421).
    if body.contains(UInt8(ascii: ":")) { throw .encrypted }
    guard let der = base64Decoded(body.filter { !isSpace($0) }), !der.isEmpty else { throw .damaged }
    return der
  }

  /// `\n` and `\r` in two characters become line breaks.
  private static func unescapeLineBreaks(_ text: inout [UInt8]) {
    for index in text.indices.dropLast() where text[index] == UInt8(ascii: "\\") {
      guard text[index + 1] == UInt8(ascii: "n") || text[index + 1] == UInt8(ascii: "r") else { continue }
      text[index] = UInt8(ascii: "\n")
      text[index + 1] = UInt8(ascii: "\n")
    }
  }

  /// The label and what stands between the two marks of the first PEM block (RFC 7468).
  private static func block(_ text: [UInt8]) -> (label: String, body: [UInt8])? {
    guard let begin = find("-----BEGIN ", in: text, from: 0),
      let close = find("-----", in: text, from: begin.upperBound)
    else { return nil }
    let label = String(decoding: text[begin.upperBound..<close.lowerBound], as: UTF8.self)
    guard let end = find("-----END \(label)-----", in: text, from: close.upperBound) else { return nil }
    return (label, Array(text[close.upperBound..<end.lowerBound]))
  }

  private static func find(_ wanted: String, in text: [UInt8], from start: Int) -> Range<Int>? {
    let wanted = Array(wanted.utf8)
    guard text.count >= wanted.count, start <= text.count - wanted.count else { return nil }
    for index in start...(text.count - wanted.count) where text[index..<index + wanted.count].elementsEqual(wanted) {
      return index..<index + wanted.count
    }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}

extension RSAPrivateKey: CustomStringConvertible, CustomReflectable {
  /// Nothing of the key.
  public var description: String { "RSAPrivateKey" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
