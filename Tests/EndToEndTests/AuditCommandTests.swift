import Foundation
import GitHubDouble
import TestSupport
import Testing

/// `yardmaster audit verify`, with the key, without it, and where it came late.
@Suite struct AuditCommandTests {
  private func withLog(
    keys: [String?], _ body: (TestDatabase, Step) async throws -> Void
  ) async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      for _ in keys.dropFirst() { model.addIssue(title: "Crash", author: .user("alice")) }
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        for (index, key) in keys.enumerated() {
          let keyed = key.map { step.with("YARDMASTER_AUDIT_KEY", $0) } ?? step
          let end = try await keyed.event("issues", github.issueEvent(index + 1)).run("run")
          #expect(end.status == 0, "\(end.log)")
        }
        try await body(database, step)
      }
    }
  }

  @Test func aKeyedLogIsNotFaultedForWantOfItsKey() async throws {
    try await withLog(keys: ["right"]) { _, step in
      let whole = try await step.with("YARDMASTER_AUDIT_KEY", "right").run("audit", "verify")
      #expect(whole.status == 0 && whole.log.contains("ok    octo/widget"), "\(whole.log)")
      let end = try await step.run("audit", "verify")
      #expect(end.status == 78, "\(end.log)")
      #expect(
        end.log.contains(
          "The audit log of octo/widget is keyed: set YARDMASTER_AUDIT_KEY to the key that the workflows use. Nothing was verified."
        ), "\(end.log)")
      #expect(!end.log.contains("FAIL") && !end.log.contains("does not hold"), "\(end.log)")
      let other = try await step.with("YARDMASTER_AUDIT_KEY", "wrong").run("audit", "verify")
      #expect(other.status == 1 && other.log.contains("another key"), "\(other.log)")
      let prune = try await step.run("audit", "prune", "--retention-days", "1")
      #expect(prune.status == 78 && prune.log.contains("YARDMASTER_AUDIT_KEY is not set"), "\(prune.log)")
    }
  }

  /// What stands before the first keyed entry is verified without the key, and what is wrong there is told.
  @Test func whatNeedsNoKeyIsVerifiedWithoutIt() async throws {
    try await withLog(keys: [nil, "right"]) { database, step in
      let end = try await step.run("audit", "verify")
      #expect(end.status == 78 && end.log.contains("before its first keyed one could be verified."), "\(end.log)")
      try await database.query("ALTER TABLE yardmaster.audit_log DISABLE TRIGGER USER")
      try await database.query("UPDATE yardmaster.audit_log SET actor = 'mallory' WHERE sequence = 1")
      let altered = try await step.run("audit", "verify")
      #expect(altered.status == 1 && altered.log.contains("does not hold at entry 1"), "\(altered.log)")
    }
  }

  /// What could not be recorded is not done, and nobody waits for the run that could not.
  @Test func withoutItsKeyNothingIsDone() async throws {
    try await withMigratedDatabase { database in
      var model = widget()
      model.addIssue(title: "Crash", author: .user("alice"))
      try await withGitHubDouble(model) { github in
        let step = try Step(github: github.url, database: database.url)
        let keyed = step.with("YARDMASTER_AUDIT_KEY", "right")
        #expect(try await keyed.event("issues", github.issueEvent(1)).run("run").status == 0)
        let effects = github.effects.count
        let refused = try await step.event("issues", github.issueEvent(2)).run("run")
        #expect(refused.status == 78 && refused.log.contains("YARDMASTER_AUDIT_KEY"), "\(refused.log)")
        #expect(github.effects.count == effects)
        let end = try await keyed.event("issues", github.issueEvent(2)).run("run")
        #expect(end.status == 0 && end.outputs["outcome"] == "processed", "\(end.log)")
        #expect(!end.log.contains("waiting for it"), "\(end.log)")
      }
    }
  }
}
