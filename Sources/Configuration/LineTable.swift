import Domain

/// Turns offsets into lines and columns as editors count them: LF, CRLF and CR end lines.
///
/// libyaml's own marks also count U+0085, U+2028 and U+2029, which no editor's line number does.
struct LineTable {
  private let file: String
  /// The index, in scalars, at which each line begins.
  private var starts = [0]
  private var length = 0
  private var endsWithBreak = false

  init(_ text: String, file: String) {
    self.file = file
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      length += 1
      endsWithBreak = scalar == "\n" || scalar == "\r"
      if scalar == "\n", previous == "\r" {
        starts[starts.count - 1] = length
      } else if endsWithBreak {
        starts.append(length)
      }
      previous = scalar
    }
  }

  /// The place of the scalar at `index`; the end of the text counts as the end of its last line.
  func location(at index: Int) -> SourceLocation {
    var index = min(index, length)
    if index == length, endsWithBreak { index -= 1 }
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return SourceLocation(file: file, line: low + 1, column: index - starts[low] + 1)
  }
}
