import Foundation
import GitHubDouble
import Postgres
import Store
import TestSupport

let liveConfiguration = """
  mode: live
  alerts: false
  rules:
    - name: crash
      when:
        any: [crash, "stack trace"]
      then:
        label: [bug, needs-triage]
        comment: "Thanks {{author}}, we will look at it."
  """

/// A repository with a configuration and one issue that the rule of the configuration fits.
func widget(configuration: String? = liveConfiguration) -> RepositoryModel {
  var model = RepositoryModel(owner: "octo", name: "widget")
  if let configuration { model.contents[".github/yardmaster.yml"] = Array(configuration.utf8) }
  model.collaborators = ["carol": "triage", "dave": "write"]
  model.addIssue(
    title: "Crash at start", body: "It says:\r\n::error::boom\n##[error]boom\nhi @everyone", author: .user("alice"))
  return model
}

/// Where nothing listens: the port of a socket that was bound and closed again.
func deadDatabase() -> String { "postgresql://nobody@127.0.0.1:1/nothing" }

/// A migrated database of the test's own.
func withMigratedDatabase<Value>(_ body: (TestDatabase) async throws -> Value) async throws -> Value {
  try await TestDatabase.withDatabase(
    template: "migrated",
    prepare: { url in
      let store = Store(databaseURL: url, auditKey: nil)
      _ = try await store.migrate()
      await store.close()
    }, body)
}
