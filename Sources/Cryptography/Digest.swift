internal import CCrypto

/// SHA-256 (FIPS 180-4) of the bytes: 32 bytes.
public func sha256(_ bytes: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  // One-shot EVP fails only without memory; an all-zero digest must not pass for a hash then.
  let status = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
  precondition(status == 1, "libcrypto has no memory for SHA-256")
  return digest
}

/// HMAC-SHA-256 (RFC 2104) of the bytes under `key`: 32 bytes.
public func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
  var code = [UInt8](repeating: 0, count: 32)
  // libcrypto takes a null key for "the key of the last call"; an empty array may well be null.
  let key = key.isEmpty ? [0] : key
  let result = unsafe HMAC(EVP_sha256(), key, Int32(clamping: key.count), bytes, bytes.count, &code, nil)
  precondition(unsafe result != nil, "libcrypto has no memory for HMAC-SHA-256")
  return code
}

/// Two lower-case digits a byte.
public func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// What tells one text from another where the texts themselves are too long to keep: 128 bits of its SHA-256 in
/// hexadecimal digits.
public func textDigest(_ text: String) -> String { hexadecimal(Array(sha256(Array(text.utf8)).prefix(16))) }
