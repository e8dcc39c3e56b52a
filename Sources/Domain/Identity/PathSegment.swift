/// `text` as one segment of a URL's path: every byte of its UTF-8 form that RFC 3986 section 2.3 does not call
/// unreserved is percent-encoded, so that a label named `a/b?c` stays one segment. `.` and `..`, which would climb, have
/// no form that every server leaves alone: encoded as they are here, the GitHub client refuses the whole path.
public func percentEncodedPathSegment(_ text: some StringProtocol) -> String {
  if text == "." || text == ".." { return text == "." ? "%2E" : "%2E%2E" }
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
    default:
      out.append(0x25)
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
  }
  return String(decoding: out, as: UTF8.self)
}
