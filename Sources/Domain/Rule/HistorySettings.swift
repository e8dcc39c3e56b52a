/// The configuration's `history`: whether events capture what they are about, and which lane a request takes.
public struct HistorySettings: Hashable, Sendable {
  /// Whether events are captured, and dispatches routed by the table of lanes. Off by default.
  public var capture: Bool
  /// What happened within so many hours is recent.
  public var recentHours: Int
  /// So many items or more are no small piece of work.
  public var recentItems: Int
  /// The share of repositories, in per cent, whose recent work goes to Inngest where an event key is given.
  public var inngestPercent: Int
  /// Minutes that Inngest's consumer has; then another lane takes over.
  public var inngestMinutes: Int
  /// The file of the workflow that is dispatched for history, below `.github/workflows/` of the default branch.
  public var bulkWorkflow: String

  public init(
    capture: Bool = false, recentHours: Int = 24, recentItems: Int = 50, inngestPercent: Int = 0,
    inngestMinutes: Int = 15, bulkWorkflow: String = "history-sync.yml"
  ) {
    self.capture = capture
    self.recentHours = recentHours
    self.recentItems = recentItems
    self.inngestPercent = inngestPercent
    self.inngestMinutes = inngestMinutes
    self.bulkWorkflow = bulkWorkflow
  }
}
