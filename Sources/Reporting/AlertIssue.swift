public import Domain
public import Markup

/// The one issue that says a run failed: opened by the first failure, updated by those that follow.
///
/// It is found again by ``marker`` in its body. Anyone can write that into an issue of theirs, so whoever looks for it
/// also looks at the label, which strangers cannot set.
public struct AlertIssue: Sendable {
  /// The first line of the body.
  public static let marker = "<!-- yardmaster:alert -->"

  public let title = "Yardmaster needs attention"
  public let body: Markdown

  /// - Parameters:
  ///   - previousBody: the body of the open alert, whose failures are counted on.
  ///   - runURL: the page of the failed run.
  public init(
    fault: Fault, trigger: RunReport.Trigger?, workflow: String? = nil, runURL: String? = nil, at time: Timestamp,
    previousBody: String? = nil
  ) {
    let failures = (previousBody.map(Self.failures(in:)) ?? 0) + 1
    var rows: [[Markdown]] = []
    if let runURL { rows.append(["Run", .link("open the log", to: runURL)]) }
    if let workflow { rows.append(["Workflow", .code(workflow)]) }
    if let trigger {
      let event = [trigger.name, trigger.action, trigger.number.map { "#\($0)" }].compactMap(\.self)
      rows.append(["Event", .code(event.joined(separator: " "))])
    }
    rows.append(["When", .code(time.description)])
    rows.append(["Exit status", "\(fault.exitStatus.rawValue)"])
    rows.append(["Failures since this issue was opened", "\(Figures.count(failures))"])
    body = .blocks([
      Markdown(trusted: "\(Self.marker)\n\(Self.countPrefix)\(failures) -->"),
      "A run of Yardmaster failed. The last failure:", fault.markdown, .table(header: ["", ""], rows: rows),
      """
      Each failing run updates this issue. Close it when the cause is gone: the next failure opens a new one. \
      `alerts: false` in `.github/yardmaster.yml` turns it off.
      """,
    ])
  }

  /// Whether an issue's body is an alert's.
  public static func isAlert(_ body: String) -> Bool { body.utf8.starts(with: marker.utf8) }

  private static let countPrefix = "<!-- yardmaster:failures "

  /// How many failures an alert counts; 0 where it does not say.
  static func failures(in body: String) -> Int {
    let line = body.split(whereSeparator: \.isNewline).dropFirst().first ?? ""
    guard line.hasPrefix(countPrefix) else { return 0 }
    // Someone may have edited it: no number that overflows.
    return Int(line.dropFirst(countPrefix.count).prefix(6).prefix { $0.isNumber }) ?? 0
  }
}
