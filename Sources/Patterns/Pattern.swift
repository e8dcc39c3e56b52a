internal import CPCRE2

/// A regular expression in Perl's syntax, whose searches end whatever the pattern and the text are.
///
/// Without regard to case, unless the pattern says `(?-i)`. `.` stops at any of Unicode's line breaks; `^` and `$` stand
/// for the text's ends; `\w`, `\d`, `\s` and `\b` know all scripts. Parentheses group and do not capture.
/// Source: https://www.pcre.org/current/doc/html/pcre2syntax.html
///
/// PCRE2's own limits do not bound a search: they count anew at each place where a match may begin, and do not see how
/// far a single `\w+` reads. So the pattern is compiled with a callout before each of its items, which counts every item
/// tried and every byte read (see ``PatternCosts``), and ends the search when its budget is spent.
@safe
public final class Pattern: Sendable {
  /// In Unicode scalars.
  public static let maximumLength = 500
  /// Bytes of a compiled pattern. Copies that counts like `{100}` make take most of it.
  static let maximumCompiledSize = 64 * 1024
  /// Bytes of a text: 65,536 characters of the longest kind, which no text on GitHub exceeds.
  static let maximumTextSize = 4 * 65_536
  /// Parentheses within parentheses.
  private static let maximumNesting: UInt32 = 50
  /// KiB for the places to which a search may have to return.
  private static let maximumHeap: UInt32 = 4 * 1024
  private static let options =
    PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE

  /// Not changed after `init`: PCRE2 lets any number of threads search with it.
  private nonisolated(unsafe) let code: OpaquePointer
  private let source: String
  private let costs: PatternCosts
  private let requiredLetter: RequiredLetter?

  /// - Throws: what is wrong with it, or that it could not be searched for at a bounded cost.
  public init(_ source: String) throws(PatternFault) {
    let length = source.unicodeScalars.count
    guard length <= Self.maximumLength else {
      throw PatternFault(
        message: "the pattern has \(length) characters, more than \(Self.maximumLength)", offset: Self.maximumLength)
    }
    try PatternCosts.refuseUnsupported(source)
    let code = try unsafe Self.compile(source, Self.options | PCRE2_AUTO_CALLOUT)
    do {
      costs = try unsafe PatternCosts(of: code, source: source) { item in
        // A part by itself may be no pattern; then the whole stands for it.
        guard let alone = try? unsafe Self.compile(item, Self.options) else { return unsafe Self.size(of: code) }
        defer { unsafe pcre2_code_free_8(alone) }
        return unsafe Self.size(of: alone)
      }
    } catch {
      unsafe pcre2_code_free_8(code)
      throw error
    }
    requiredLetter = unsafe RequiredLetter(of: code)
    self.source = source
    unsafe self.code = code
  }

  deinit { unsafe pcre2_code_free_8(code) }

  /// Whether it stands anywhere in the text.
  public func search(_ text: String) -> SearchOutcome {
    var budget = SearchBudget()
    return search(text, within: &budget)
  }

  /// The same, at the cost of a budget that several searches share; one never spends more than a search by itself.
  public func search(_ text: String, within budget: inout SearchBudget) -> SearchOutcome {
    match(text, 0, &budget)
  }

  /// Whether the text is a match from its beginning to its end.
  public func matchesWhole(_ text: String) -> SearchOutcome {
    var budget = SearchBudget()
    return match(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED, &budget)
  }

  private func match(_ text: String, _ options: UInt32, _ budget: inout SearchBudget) -> SearchOutcome {
    guard text.utf8.count <= Self.maximumTextSize, budget.remaining > 0 else { return .tooExpensive }
    if let requiredLetter, requiredLetter.isExpensive(in: text) {
      let preparation = Self.options | PCRE2_AUTO_CALLOUT | PCRE2_NO_START_OPTIMIZE
      guard let plain = try? unsafe Self.compile(source, preparation) else { return .tooExpensive }
      defer { unsafe pcre2_code_free_8(plain) }
      return unsafe run(plain, text, options, &budget)
    }
    return unsafe run(code, text, options, &budget)
  }

  private func run(
    _ code: OpaquePointer, _ text: String, _ options: UInt32, _ budget: inout SearchBudget
  ) -> SearchOutcome {
    guard let data = unsafe pcre2_match_data_create_8(1, nil) else { return .tooExpensive }
    defer { unsafe pcre2_match_data_free_8(data) }
    guard let context = unsafe pcre2_match_context_create_8(nil) else { return .tooExpensive }
    defer { unsafe pcre2_match_context_free_8(context) }
    unsafe pcre2_set_heap_limit_8(context, Self.maximumHeap)
    // A second line behind the callouts, which see every step that these count.
    unsafe pcre2_set_match_limit_8(context, UInt32(SearchBudget.stepsOfOneSearch))
    unsafe pcre2_set_depth_limit_8(context, UInt32(SearchBudget.stepsOfOneSearch))

    var text = text
    let (status, steps) = unsafe costs.counting(upTo: min(budget.remaining, SearchBudget.stepsOfOneSearch)) { counter in
      unsafe pcre2_set_callout_8(context, PatternCosts.callout, counter)
      return text.withUTF8 { bytes in
        unsafe pcre2_match_8(code, bytes.baseAddress, bytes.count, 0, options, data, context)
      }
    }
    budget.spend(steps)
    return status >= 0 ? .found : status == PCRE2_ERROR_NOMATCH ? .absent : .tooExpensive
  }

  /// The caller frees it.
  private static func compile(_ source: String, _ options: UInt32) throws(PatternFault) -> OpaquePointer {
    let noMemory = PatternFault(message: "there is no memory for the pattern", offset: 0)
    guard let context = unsafe pcre2_compile_context_create_8(nil) else { throw noMemory }
    defer { unsafe pcre2_compile_context_free_8(context) }
    unsafe pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_ANY))
    unsafe pcre2_set_parens_nest_limit_8(context, maximumNesting)
    unsafe pcre2_set_max_pattern_length_8(context, 4 * maximumLength)

    var status: CInt = 0
    var offset = 0
    var text = source
    let code = text.withUTF8 { bytes in
      unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, options, &status, &offset, context)
    }
    let place = source.utf8.prefix(offset).count { !(0x80...0xBF).contains($0) }
    guard let code = unsafe code else { throw PatternFault(message: message(for: status), offset: place) }
    guard unsafe size(of: code) <= maximumCompiledSize else {
      unsafe pcre2_code_free_8(code)
      throw PatternFault(message: "the pattern is too large once its counts are written out", offset: 0)
    }
    return unsafe code
  }

  private static func size(of code: OpaquePointer) -> Int {
    var size = 0
    return unsafe pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_SIZE), &size) == 0 ? size : maximumCompiledSize
  }

  /// PCRE2's words for it: one line without a full stop.
  private static func message(for status: CInt) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let length = unsafe pcre2_get_error_message_8(status, &bytes, bytes.count)
    return length > 0 ? String(decoding: bytes.prefix(Int(length)), as: UTF8.self) : "the pattern is not valid"
  }
}
