import Domain
import Foundation
import GitHubDouble
import TestSupport
import Testing

@testable import Capture

/// Captures generated repositories, with all their hostile text, from the GitHub double and compares every row.
@Suite struct DoubleConformanceTests {
  @Test(arguments: [1, 2, 3], [false, true])
  func everyRowEqualsTheDoubles(seed: UInt64, chosen: Bool) async throws {
    let model = RepositoryModel.generated(pullRequests: 90, issues: 60, seed: seed)
    let numbers = model.items.map(\.number)
    let newest = try #require(numbers.last)
    try await withGitHubDouble(model) { double throws in
      let github = PlainGitHub(double.url)
      let chunks: [ChunkScope] =
        chosen
        ? [.numbers(numbers, reviewComments: true)]
        : [.reviewComments(since: nil, reconciles: true), .range(first: 1, last: newest)]
      var captured = Captured()
      for chunk in chunks {
        let walked = try await Walked.walk(github, chunk)
        #expect(walked.losses == [])
        for page in walked.pages { captured.add(page) }
        #expect(Set(walked.rows.readings.completed) == (walked.rows.kinds.isEmpty ? [] : Set(numbers)))
      }
      let expected = try Self.lines(of: model, upTo: newest, gone: !chosen)
      #expect(captured.lines.count == expected.count, "seed \(seed)")
      #expect(expected.subtracting(captured.lines).sorted().prefix(2) == [], "seed \(seed)")
      #expect(captured.lines.subtracting(expected).sorted().prefix(2) == [], "seed \(seed)")
      // Whatever the capture asks is in GitHub's schema.
      try double.verify()
    }
  }

  private static func lines(of model: RepositoryModel, upTo newest: Int, gone: Bool) throws -> Set<String> {
    var captured = Captured()
    let kinds: [(RepositoryModel.TruthTable, String)] = [
      (.pullRequests, "pull"), (.issues, "issue"), (.reviews, "review"), (.reviewComments, "line"),
      (.issueComments, "comment"), (.files, "file"), (.links, "link"),
    ]
    for (table, kind) in kinds {
      for row in model.truth(table) {
        var object = try #require(JSONSerialization.jsonObject(with: Data(row.bytes)) as? [String: Any])
        if let labels = object.removeValue(forKey: "labels") as? [String] {
          let isPull = table == .pullRequests
          captured.add(
            "labels", ["number": object["number"] ?? 0, "is_pull_request": isPull, "labels": labels.sorted()])
        }
        if kind == "link" { object["kind"] = nil }
        captured.add(kind, object)
      }
    }
    for number in 1...newest {
      if let item = model[number] {
        captured.lines.insert("number \(number) \(item.isPullRequest ? "pull_request" : "issue")")
      } else if gone {
        let isDiscussion = model.gone[number] == .discussion
        captured.lines.insert("number \(number) \(isDiscussion ? "discussion" : "gone")")
      }
    }
    return captured.lines
  }
}
