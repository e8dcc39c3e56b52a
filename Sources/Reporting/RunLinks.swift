public import Domain
import Markup

/// Where the logs of workflow runs are.
public struct RunLinks: Hashable, Sendable {
  private let base: String?

  /// - Parameter repository: the repository whose workflow the runs belong to, which need not be the captured one; nil
  ///   where it is not known, and then nothing is linked.
  public init(serverURL: String = "https://github.com", repository: RepositoryName? = nil) {
    base = repository.map { "\(serverURL)/\($0)/actions/runs/" }
  }

  /// The page of a run; nil outside Actions, where runs have no number.
  public func url(of runID: Int64?) -> String? {
    guard let base, let runID, runID > 0 else { return nil }
    return "\(base)\(runID)"
  }

  func markdown(_ runID: Int64?) -> Markdown {
    if let url = url(of: runID) { return .link("run", to: url) }
    guard let runID, runID > 0 else { return "–" }
    return "\(runID)"
  }
}
