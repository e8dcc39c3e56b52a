public import Domain
public import Markup

/// What `yardmaster plan` made or found.
public struct PlanReport: Sendable {
  public var repository: RepositoryName
  /// nil where there is nothing to capture.
  public var jobID: JobID?
  public var chunkCount: Int
  /// How many matrix jobs will work on them.
  public var matrixSize: Int
  public var window: CaptureScope.Window
  public var usage = APIUsage()
  public var duration = 0.0

  public init(
    repository: RepositoryName, jobID: JobID?, chunkCount: Int, matrixSize: Int, window: CaptureScope.Window
  ) {
    self.repository = repository
    self.jobID = jobID
    self.chunkCount = chunkCount
    self.matrixSize = matrixSize
    self.window = window
  }

  public func markdown() -> Markdown {
    let name = Markdown.code(repository.description)
    guard let jobID, chunkCount > 0 else {
      return "### ✅ History of \(name): nothing to capture\n\n**Cost:** \(usage.inWords)"
    }
    let table = Markdown.table(
      header: ["Plan", ""],
      rows: [
        ["Job", .code(jobID.text)], ["Covers", scope], ["Chunks", "\(Figures.count(chunkCount))"],
        ["Jobs of the matrix", "\(matrixSize)"], ["Cost", usage.inWords],
        ["Duration", "\(Figures.duration(duration))"],
      ])
    return .blocks(["### 🗺️ History of \(name): planned", table])
  }

  private var scope: Markdown {
    switch window {
    case .all: "everything that is not captured yet"
    case .full: "everything anew"
    case .since(let time): "what was updated since \(Markdown.code(time.description))"
    case .daysBack(let days): "the last \(Figures.count(days, "day"))"
    }
  }
}
