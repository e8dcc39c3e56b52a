public import Markup

/// The step's summary: the Markdown file that `GITHUB_STEP_SUMMARY` names. Without one, nothing is written.
public struct StepSummary: Sendable {
  /// GitHub drops a larger summary whole while the step passes.
  /// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
  public static let limit = 1_048_576

  private static let note = "\n\n*The rest is left out: a summary holds at most 1 MiB. The log has all of it.*\n"

  private let file: RunFile?

  public init(path: String?) { file = path.map { RunFile(variable: "GITHUB_STEP_SUMMARY", path: $0) } }

  /// Appends `markdown` as blocks of its own. What does not fit any more is cut at the end of a line, open code blocks
  /// and sections are closed, and a note says so; where not even the note fits, nothing is written.
  ///
  /// - Throws: `RunFileError`.
  public func append(_ markdown: Markdown) throws {
    guard let file, !markdown.isEmpty else { return }
    try file.append { existing in
      let lead = existing > 0 ? "\n" : ""
      let whole = lead + markdown.text + "\n"
      let room = Self.limit - existing
      if whole.utf8.count <= room { return Array(whole.utf8) }
      let cut = Self.cut(markdown.text, to: room - lead.utf8.count - Self.note.utf8.count)
      return cut.isEmpty ? [] : Array((lead + cut + Self.note).utf8)
    }
  }

  /// As many whole lines as `size` bytes hold, together with what closes the blocks that they leave open.
  static func cut(_ text: String, to size: Int) -> String {
    var kept = ""
    var fence: Substring?
    var sections = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var (nextFence, nextSections) = (fence, sections)
      let ticks = line.prefix { $0 == "`" }
      if let open = fence {
        if line == open { nextFence = nil }
      } else if ticks.count >= 3 {
        nextFence = ticks
      } else if line == "<details>" {
        nextSections += 1
      } else if line == "</details>" {
        nextSections = max(0, nextSections - 1)
      }
      let closing = (nextFence.map { $0.utf8.count + 1 } ?? 0) + nextSections * "\n\n</details>".utf8.count
      guard kept.utf8.count + line.utf8.count + 1 + closing <= size else { break }
      kept += line + "\n"
      (fence, sections) = (nextFence, nextSections)
    }
    guard !kept.isEmpty else { return "" }
    kept.removeLast()
    if let fence { kept += "\n" + fence }
    for _ in 0..<sections { kept += "\n\n</details>" }
    return kept
  }
}
