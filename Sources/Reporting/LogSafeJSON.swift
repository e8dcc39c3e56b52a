import Domain

extension JSONValue {
  /// One line in ASCII of which the Actions runner would execute nothing: everything outside ASCII, and every `#` after
  /// another, stands as a `\u` escape. Outside strings JSON has neither.
  var logSafeText: String {
    var out = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in canonicalText.unicodeScalars {
      if scalar.value < 0x7F, !(scalar == "#" && previous == "#") {
        out.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          out.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
        }
      }
      previous = scalar
    }
    return String(out)
  }
}
