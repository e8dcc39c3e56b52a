import GitHubDouble
import TestSupport
import Testing

@Suite struct GeneratorTests {
  @Test func theSameSeedGivesTheSameRepository() {
    let a = RepositoryModel.generated(pullRequests: 40, issues: 20, seed: 11)
    let b = RepositoryModel.generated(pullRequests: 40, issues: 20, seed: 11)
    let c = RepositoryModel.generated(pullRequests: 40, issues: 20, seed: 12)
    for table in RepositoryModel.TruthTable.allCases { #expect(a.truth(table) == b.truth(table)) }
    #expect(a.truth(.pullRequests) != c.truth(.pullRequests))
  }

  @Test(arguments: 1...4) func spreads(seed: UInt64) {
    let model = RepositoryModel.generated(pullRequests: 300, issues: 100, seed: seed)
    let pulls = model.items.compactMap { item in item.pull.map { (item: item, pull: $0) } }
    #expect(pulls.count == 300)
    #expect(model.items.count == 400)
    #expect(!model.gone.isEmpty)
    #expect(model.gone.keys.allSatisfy { model[$0] == nil })
    #expect(pulls.contains { $0.item.comments.count > 100 })
    #expect(pulls.contains { $0.pull.reviews.count > 100 })
    #expect(pulls.contains { $0.pull.files.count > 100 })
    #expect(
      pulls.contains { pull in
        pull.pull.reviews.contains { review in pull.pull.reviewComments.count { $0.reviewID == review.id } > 100 }
      })
    #expect(model.items.contains { $0.author == nil })
    #expect(model.items.contains { $0.author?.kind == .bot })
    #expect(model.items.contains { $0.title.unicodeScalars.contains("\0") })
    #expect(model.items.contains { $0.title.hasPrefix("::") })
    #expect(model.items.contains { $0.comments.contains { $0.body.contains("\r\n") } })
    for table in [RepositoryModel.TruthTable.reviews, .reviewComments, .issueComments] {
      let ids = model.truth(table).compactMap { $0["github_id"]?.integer }
      #expect(Set(ids).count == ids.count)
      #expect(ids.allSatisfy { $0 > Int(Int32.max) })
    }
    for pull in pulls {
      #expect(Set(pull.pull.files.map(\.path)).count == pull.pull.files.count)
      #expect(pull.item.comments.map(\.createdAt) == pull.item.comments.map(\.createdAt).sorted())
      #expect(pull.item.updatedAt >= pull.item.createdAt)
    }
  }

  @Test func truthIsWhatPostgresCanHold() async throws {
    let model = RepositoryModel.generated(pullRequests: 80, issues: 40, seed: 3)
    try await withGitHubDouble(model) { double throws in
      let client = RawClient(double)
      let all = try client.get("/_double/truth").json
      for table in RepositoryModel.TruthTable.allCases {
        let rows = model.truth(table)
        #expect(!rows.isEmpty)
        #expect(all[table.rawValue]?.array == rows)
        let lines = try client.get("/_double/truth?table=\(table.rawValue)").body.split(separator: 0x0A)
        #expect(lines.compactMap { JSONNode(bytes: $0) } == rows)
        let texts = rows.flatMap { $0.members ?? [] }.compactMap(\.value.string)
        #expect(texts.allSatisfy { !$0.unicodeScalars.contains("\0") })
      }
      #expect(all["issues"]?.array?.count == 40)
      let logins = model.truth(.issueComments).map { $0["author_login"] }
      #expect(logins.contains(.some(.null)))
      #expect(logins.contains { $0?.string?.hasSuffix("[bot]") == true })
      // Control requests are no part of what the client did.
      #expect(double.journal.isEmpty)
    }
  }
}
