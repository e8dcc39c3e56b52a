public import Domain
import Glibc
public import Markup
import Synchronization

/// The one writer to standard output and standard error.
///
/// Each line is one `write`, so that lines of several threads and processes do not mix, and every line is free of
/// workflow commands except for those that this type makes. Within Actions all goes to standard output, because the
/// runner keeps no order between the two; elsewhere annotations and the logger's lines go to standard error, and
/// standard output holds what was asked for.
///
/// Once a reader has gone (EPIPE), lines are dropped: the work is worth more than its log.
public final class RunLog: Sendable {
  private struct State {
    var annotations: [AnnotationKind: Int] = [:]
    var isGroupOpen = false
    /// What the terminal's last line shows.
    var bar: String?
    var lastBar = -Double.infinity
    /// When the work began, and when its last line was written.
    var progressBegan: Double?
    var lastProgress: Double?
    var closed: Set<Int32> = []
  }

  /// Seconds until the first line of progress in a log, where lines stay: short work needs none.
  static let progressDelay = 2.0
  /// Seconds between two such lines, unless the caller wants them rarer.
  public static let progressInterval = 10.0
  /// Seconds between two drawings of a bar.
  static let barInterval = 0.1

  private let output: Int32
  private let diagnostics: Int32
  private let isActions: Bool
  private let colours: Set<Int32>
  /// Whether progress is a line that is drawn over.
  public let drawsProgress: Bool
  private let seconds: @Sendable () -> Double
  private let state = Mutex(State())

  /// - Parameters:
  ///   - output: the descriptor for lines.
  ///   - diagnostics: the descriptor for annotations and the logger outside Actions.
  ///   - isActions: whether an Actions runner reads the log.
  ///   - allowsColour: nil for what the variable `NO_COLOR` says (https://no-color.org); a terminal is required
  ///     besides.
  ///   - terminal: the kind of terminal; nil for what the variable `TERM` says.
  ///   - seconds: nil for the system's clock; only differences count.
  public init(
    output: Int32 = 1, diagnostics: Int32 = 2, isActions: Bool, allowsColour: Bool? = nil,
    terminal: String? = nil, seconds: (@Sendable () -> Double)? = nil
  ) {
    // A closed pipe is an error of `write`, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    self.output = output
    self.diagnostics = isActions ? output : diagnostics
    self.isActions = isActions
    let allowsColour = allowsColour ?? (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    colours = Set([output, diagnostics].filter { !isActions && allowsColour && isatty($0) == 1 })
    let terminal = terminal ?? getenv("TERM").map { String(cString: $0) }
    drawsProgress = !isActions && ProgressBar.isPossible(on: output, terminal: terminal)
    self.seconds = seconds ?? { SystemClock.monotonicSeconds }
  }

  /// One line, or several where the text's literals hold line breaks.
  public func line(_ text: LogText) {
    state.withLock { emit(text.lines, to: output, &$0) }
  }

  /// Several lines that no other line comes between.
  public func lines(_ texts: [LogText]) {
    state.withLock { emit(texts.flatMap(\.lines), to: output, &$0) }
  }

  /// Opens a foldable group in Actions, which knows no groups within groups: an open one ends. A title elsewhere.
  public func group(_ title: LogText) {
    state.withLock { state in
      let title = title.singleLine
      guard isActions else {
        return emit([colours.contains(output) ? "\u{1B}[1m\(title)\u{1B}[0m" : title], to: output, &state)
      }
      closeGroup(&state)
      emit([WorkflowCommand(name: "group", data: title).line], to: output, &state)
      state.isGroupOpen = true
    }
  }

  public func endGroup() { state.withLock { closeGroup(&$0) } }

  public func notice(_ message: LogText, title: LogText? = nil, location: SourceLocation? = nil) {
    annotate(.notice, message, title, location)
  }

  public func warning(_ message: LogText, title: LogText? = nil, location: SourceLocation? = nil) {
    annotate(.warning, message, title, location)
  }

  public func error(_ message: LogText, title: LogText? = nil, location: SourceLocation? = nil) {
    annotate(.error, message, title, location)
  }

  /// Work begins whose progress will be told: the first line of it comes a little later.
  public func beginProgress() {
    let now = seconds()
    state.withLock { state in
      state.progressBegan = now
      state.lastProgress = nil
    }
  }

  /// How far the work has come: on a terminal the last line, drawn over at most ten times a second; elsewhere a line, the
  /// first after two seconds and then one every `interval`. What comes sooner is not even asked for.
  public func progress(every interval: Double = progressInterval, _ current: () -> WorkProgress) {
    let now = seconds()
    state.withLock { state in
      if drawsProgress {
        guard now - state.lastBar >= Self.barInterval else { return }
        state.lastBar = now
        let bar = ProgressBar.text(current(), columns: ProgressBar.columns(of: output) ?? 80)
        state.bar = bar
        write(ProgressBar.erase + bar, to: output, &state)
      } else {
        let began = state.progressBegan ?? now
        state.progressBegan = began
        let isDue = state.lastProgress.map { now - $0 >= interval } ?? (now - began >= Self.progressDelay)
        guard isDue else { return }
        state.lastProgress = now
        emit([current().line.singleLine], to: output, &state)
      }
    }
  }

  /// The work is over: what was drawn of it disappears.
  public func endProgress() {
    state.withLock { state in
      if state.bar != nil { write(ProgressBar.erase, to: output, &state) }
      state.bar = nil
      state.lastBar = -.infinity
      state.progressBegan = nil
      state.lastProgress = nil
    }
  }

  /// A line for whoever diagnoses the program.
  func diagnostic(_ text: LogText) {
    state.withLock { emit(text.lines, to: diagnostics, &$0) }
  }

  private func annotate(
    _ kind: AnnotationKind, _ message: LogText, _ title: LogText?, _ location: SourceLocation?
  ) {
    state.withLock { state in
      guard isActions else {
        return emit(plain(kind, message, title, location, coloured: true), to: diagnostics, &state)
      }
      let count = state.annotations[kind, default: 0] + 1
      state.annotations[kind] = count
      guard count <= AnnotationKind.limit else {
        if count == AnnotationKind.limit + 1 {
          let note: LogText = """
            GitHub shows \(AnnotationKind.limit) annotations of a kind for a step; every further \(kind.rawValue) \
            is a line of the log.
            """
          emit(note.lines, to: output, &state)
        }
        return emit(plain(kind, message, title, location, coloured: false), to: output, &state)
      }
      var properties: [(name: String, value: String)] = []
      if let location {
        properties.append(("file", ("\(location.file)" as LogText).singleLine))
        properties.append(("line", String(location.line)))
        properties.append(("col", String(location.column)))
      }
      if let title { properties.append(("title", title.singleLine)) }
      let data = WorkflowCommand.shortened(message.lines.joined(separator: "\n"))
      emit([WorkflowCommand(name: kind.rawValue, properties: properties, data: data).line], to: output, &state)
    }
  }

  /// `error: file:line:column: title: message`
  private func plain(
    _ kind: AnnotationKind, _ message: LogText, _ title: LogText?, _ location: SourceLocation?, coloured: Bool
  ) -> [String] {
    var text: LogText = "\(kind.rawValue): "
    if let location { text += "\(location): " }
    if let title { text += title + ": " }
    text += message
    guard coloured, colours.contains(diagnostics) else { return text.lines }
    let word = kind.rawValue
    return text.lines.enumerated().map { index, line in
      index == 0 ? "\u{1B}[1;\(kind.colour)m\(word)\u{1B}[0m" + line.dropFirst(word.count) : line
    }
  }

  private func closeGroup(_ state: inout State) {
    guard state.isGroupOpen else { return }
    state.isGroupOpen = false
    emit([WorkflowCommand(name: "endgroup", data: "").line], to: output, &state)
  }

  /// Writes finished lines; they hold no line breaks. A bar makes room for them and is drawn again below.
  private func emit(_ lines: [String], to descriptor: Int32, _ state: inout State) {
    if state.bar != nil { write(ProgressBar.erase, to: output, &state) }
    for line in lines { write(line + "\n", to: descriptor, &state) }
    if let bar = state.bar { write(ProgressBar.erase + bar, to: output, &state) }
  }

  private func write(_ text: String, to descriptor: Int32, _ state: inout State) {
    guard !state.closed.contains(descriptor) else { return }
    if writeAll(Array(text.utf8), to: descriptor) != nil { state.closed.insert(descriptor) }
  }
}
