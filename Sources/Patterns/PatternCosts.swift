internal import CPCRE2

/// What the items of a pattern cost where it is tried, so that a search can be counted in steps.
///
/// Between two callouts PCRE2 tries one item. What it reads forward shows in the position of the next callout. What does
/// not show is charged in advance: the least count of an item (`\w{500}` may read 499 characters and fail), looking
/// behind, and the length of a character class, which is gone through for each character.
struct PatternCosts: Sendable {
  /// Of the item that begins at this byte of the pattern.
  private struct Item {
    /// Steps for trying it.
    var trial: Int32
    /// Steps for each byte that it reads.
    var byte: Int32
  }

  private static let stepsOfCallout = 10
  /// Further steps for an item of which a count like `(…){0,300}` made more than a few copies, one inside the other.
  private static let stepsOfCopy = 60
  private static let fewCopies = 8
  /// Characters that a lookbehind may go back.
  private static let maximumLookbehind = 255
  /// Groups with a name: each lengthens what is kept for every place to return to.
  private static let maximumNamedGroups = 10
  /// Bytes of a compiled character class; some sixty letters beyond ASCII.
  private static let maximumClassSize = 256
  /// Compiled bytes of a class that are gone through in one step.
  private static let classBytesOfStep = 4

  private let items: [Item]

  /// Refuses what cannot be counted: each reads more than a callout sees.
  static func refuseUnsupported(_ source: String) throws(PatternFault) {
    var isEscaped = false
    var opening = ""
    for (offset, scalar) in source.unicodeScalars.enumerated() {
      if isEscaped {
        switch scalar {
        case "1"..."9", "g", "k":
          throw PatternFault(message: "back references (\\\(scalar)) are not supported", offset: offset - 1)
        case "X": throw PatternFault(message: "\\X is not supported", offset: offset - 1)
        default: break
        }
        isEscaped = false
        opening = ""
        continue
      }
      isEscaped = scalar == "\\"
      opening = scalar == "(" ? "(" : opening.isEmpty ? "" : opening + String(scalar)
      switch opening {
      case "(", "(?": break
      // One of the pattern's own takes the place of the one that would have counted.
      case "(?C": throw PatternFault(message: "callouts are not supported", offset: offset - 2)
      case "(*" where offset == 1: throw verbs(at: 0)
      default: opening = ""
      }
    }
  }

  private static func verbs(at offset: Int) -> PatternFault {
    PatternFault(message: "(* is not supported: neither verbs nor options of that form", offset: offset)
  }

  /// - Parameters:
  ///   - code: compiled with callouts.
  ///   - compiledSize: of a part of the pattern by itself, in bytes.
  init(of code: OpaquePointer, source: String, compiledSize: (String) -> Int) throws(PatternFault) {
    func number(_ what: CInt) -> Int {
      var value: UInt32 = 0
      return unsafe pcre2_pattern_info_8(code, UInt32(what), &value) == 0 ? Int(value) : .max
    }
    let lookbehind = number(PCRE2_INFO_MAXLOOKBEHIND)
    let groups = number(PCRE2_INFO_CAPTURECOUNT)
    guard number(PCRE2_INFO_BACKREFMAX) == 0 else {
      throw PatternFault(message: "back references are not supported", offset: 0)
    }
    guard lookbehind <= Self.maximumLookbehind else {
      throw PatternFault(message: "a lookbehind reads more than \(Self.maximumLookbehind) characters", offset: 0)
    }
    guard groups <= Self.maximumNamedGroups else {
      throw PatternFault(message: "more than \(Self.maximumNamedGroups) groups have names", offset: 0)
    }

    let bytes = Array(source.utf8)
    let ranges = try unsafe Self.ranges(in: code, length: bytes.count)
    var copies: [Int: Int] = [:]
    for range in ranges { copies[range.lowerBound, default: 0] += 1 }
    if let copied = Self.copiedLookaround(ranges, copies, bytes) {
      throw PatternFault(message: "a lookaround cannot be repeated", offset: Self.scalars(before: copied, in: bytes))
    }
    let usual = Self.stepsOfCallout + lookbehind + groups
    var items = [Item](repeating: Item(trial: Int32(usual + 1), byte: 1), count: bytes.count + 1)
    let least = compiledSize("a")
    for range in ranges {
      func fault(_ message: String) -> PatternFault {
        PatternFault(message: message, offset: Self.scalars(before: range.lowerBound, in: bytes))
      }
      let text = bytes[range]
      var byte = 1
      if text.contains(UInt8(ascii: "[")) {
        let size = max(0, compiledSize(String(decoding: text, as: UTF8.self)) - least)
        guard size <= Self.maximumClassSize + Self.bitmapSize else {
          throw fault("this class lists too many characters or ranges")
        }
        byte += size / Self.classBytesOfStep
      } else if Self.holdsVerb(text) {
        throw Self.verbs(at: Self.scalars(before: range.lowerBound, in: bytes))
      }
      let nesting = copies[range.lowerBound, default: 1] > Self.fewCopies ? Self.stepsOfCopy : 0
      let hidden = (Self.largestCount(in: text) + 1) * byte
      items[range.lowerBound] = Item(trial: Int32(usual + nesting + hidden), byte: Int32(byte))
    }
    self.items = items
  }

  /// A class keeps its members below U+0100 as one bit each.
  private static let bitmapSize = 32

  /// Where the items of the pattern stand: from one callout to the next.
  private static func ranges(in code: OpaquePointer, length: Int) throws(PatternFault) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    let status = unsafe withUnsafeMutablePointer(to: &ranges) { pointer in
      unsafe pcre2_callout_enumerate_8(
        code,
        { block, pointer in
          guard let block = unsafe block?.pointee, unsafe block.callout_number == 255,
            let ranges = unsafe pointer?.assumingMemoryBound(to: [Range<Int>].self)
          else { return 1 }
          let start = unsafe block.pattern_position
          unsafe ranges.pointee.append(start..<start + block.next_item_length)
          return 0
        }, pointer)
    }
    guard status == 0, ranges.allSatisfy({ $0.upperBound <= length }) else {
      throw PatternFault(message: "the pattern's cost cannot be told", offset: 0)
    }
    return ranges
  }

  /// Whether `(*` is in the item, and not behind a backslash.
  private static func holdsVerb(_ item: ArraySlice<UInt8>) -> Bool {
    var previous: (UInt8, UInt8) = (0, 0)
    for byte in item {
      if byte == UInt8(ascii: "*"), previous.1 == UInt8(ascii: "("), previous.0 != UInt8(ascii: "\\") { return true }
      previous = (previous.1, byte)
    }
    return false
  }

  /// Where a lookaround stands whose count made copies of it: those begin without a callout.
  private static func copiedLookaround(_ ranges: [Range<Int>], _ copies: [Int: Int], _ bytes: [UInt8]) -> Int? {
    let openings = ["(?=", "(?!", "(?<=", "(?<!"].map { Array($0.utf8) }
    for (opening, first) in zip(ranges, ranges.dropFirst())
    where openings.contains(where: { bytes[opening].starts(with: $0) }) {
      if copies[first.lowerBound] != copies[opening.lowerBound] { return opening.lowerBound }
    }
    return nil
  }

  private static func scalars(before offset: Int, in bytes: [UInt8]) -> Int {
    bytes[..<offset].count { !(0x80...0xBF).contains($0) }
  }

  /// The largest number after a brace: no smaller than the least count of the item. Numbers of `\x{…}` are none.
  private static func largestCount(in item: ArraySlice<UInt8>) -> Int {
    var largest = 0
    var number: Int?
    var previous: (UInt8, UInt8) = (0, 0)
    for byte in item {
      if byte == UInt8(ascii: "{") {
        let isCode = previous.0 == UInt8(ascii: "\\") && [UInt8(ascii: "x"), UInt8(ascii: "o")].contains(previous.1)
        number = isCode ? nil : 0
      } else if let digits = number, (0x30...0x39).contains(byte), digits < 100_000 {
        number = digits * 10 + Int(byte - 0x30)
        largest = max(largest, number ?? 0)
      } else {
        number = nil
      }
      previous = (previous.1, byte)
    }
    return largest
  }

  // MARK: Counting

  @safe private struct Counter {
    var remaining: Int
    var position = 0
    /// Steps for each byte that the item before this callout read.
    var byte = 1
    let items: UnsafeBufferPointer<Item>
  }

  /// Runs a search whose callouts count; `body` gets what ``callout`` takes.
  ///
  /// - Returns: what the search returned, and the steps that it took.
  func counting(upTo steps: Int, _ body: (UnsafeMutableRawPointer) -> CInt) -> (status: CInt, steps: Int) {
    unsafe items.withUnsafeBufferPointer { items in
      var counter = unsafe Counter(remaining: steps, items: items)
      let status = unsafe withUnsafeMutablePointer(to: &counter) { unsafe body(UnsafeMutableRawPointer($0)) }
      return (status, steps - max(0, counter.remaining))
    }
  }

  /// Ends the search with an error where its steps are spent.
  static let callout: @convention(c) (UnsafeMutablePointer<pcre2_callout_block_8>?, UnsafeMutableRawPointer?) -> CInt =
    { block, pointer in
      guard let block = unsafe block, let counter = unsafe pointer?.assumingMemoryBound(to: Counter.self) else {
        return PCRE2_ERROR_CALLOUT
      }
      let position = unsafe block.pointee.current_position
      let index = unsafe block.pointee.pattern_position
      guard unsafe index < counter.pointee.items.count else { return PCRE2_ERROR_CALLOUT }
      let item = unsafe counter.pointee.items[index]
      unsafe counter.pointee.remaining -=
        Int(item.trial) + max(0, position - counter.pointee.position) * counter.pointee.byte
      unsafe counter.pointee.position = position
      unsafe counter.pointee.byte = Int(item.byte)
      return unsafe counter.pointee.remaining < 0 ? PCRE2_ERROR_CALLOUT : 0
    }
}
