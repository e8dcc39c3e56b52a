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
  public var maxItems: Int?
  public var kind = Job.Kind.history
  public var processor = Job.Processor.githubActions
  /// What was found while planning, one sentence each.
  public var notes: [String] = []
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
    let subject: Markdown = "\(kind.inWords) of \(Markdown.code(repository.description))"
    guard let jobID, chunkCount > 0 else {
      return .blocks(["### ✅ \(subject): nothing to capture", remarks, "**Cost:** \(usage.inWords)"])
    }
    let limit: Markdown = maxItems.map { ", at most \(Figures.count($0, "item")), the newest first" } ?? ""
    let table = Markdown.table(
      header: ["Plan", ""],
      rows: [
        ["Job", .code(jobID.text)], ["Covers", "\(window.inWords)\(limit)"],
        ["Chunks", "\(Figures.count(chunkCount))"],
        ["Worked on by", "\(processor.inWords)"], ["Jobs of the matrix", "\(matrixSize)"], ["Cost", usage.inWords],
        ["Duration", "\(Figures.duration(duration))"],
      ])
    return .blocks(["### 🗺️ \(subject): planned", remarks, table])
  }

  private var remarks: Markdown {
    notes.prefix(20).map { "- \(Markdown.sentence(Figures.shortened($0, to: 300)))" }.joined(separator: "\n")
  }
}

extension CaptureScope.Window {
  var inWords: Markdown {
    switch self {
    case .all: "everything that is not captured yet"
    case .full: "everything anew"
    case .since(let time): "what was updated since \(Markdown.code(time.description))"
    case .daysBack(let days): "what was updated in the last \(Figures.count(days, "day"))"
    case .numbers(let numbers): "\(Self.list(numbers))"
    }
  }

  /// `3 chosen numbers: 4, 17, 90`
  private static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(10).map(String.init).joined(separator: ", ")
    return "\(Figures.count(numbers.count, "chosen number")): \(shown)\(numbers.count > 10 ? ", …" : "")"
  }
}

extension Job.Kind {
  /// What a heading begins with.
  var inWords: String {
    switch self {
    case .history: "History"
    case .audit: "Audit"
    case .repair: "Repair"
    }
  }
}
