import Foundation
import GitHubDouble
import Postgres
import ScriptedServer
import TestSupport

let inngestKey = "ek_secretsecretsecret"
let inngestPath = "/e/\(inngestKey)"
let inngestAccepts = Reply.json(#"{"ids":["01HXYZ"],"status":200}"#)

/// The rules of `liveConfiguration`, with events captured.
func laneConfiguration(percent: Int = 0, mode: String = "live", more: String = "") -> String {
  liveConfiguration.replacingOccurrences(of: "mode: live", with: "mode: \(mode)")
    + "\nhistory:\n  capture: true\n  inngest_percent: \(percent)\n\(more)"
}

/// The widget with an issue (1), which rules fit, and a pull request (2) with a comment.
func laneModel(_ configuration: String) -> RepositoryModel {
  var model = widget(configuration: configuration)
  model.contents[".github/workflows/history-sync.yml"] = Array("on:\n  workflow_dispatch:\n".utf8)
  let number = model.addPullRequest(title: "Mend it")
  model.addComment(on: number, body: "Looks good", author: .user("bob"))
  return model
}

extension Step {
  func inngest(_ server: ScriptedServer) -> Step {
    with("INNGEST_EVENT_KEY", inngestKey).with("INNGEST_BASE_URL", server.url)
  }
}

/// The jobs as text, the oldest first: lane, status, priority.
func jobs(_ database: TestDatabase) async throws -> String {
  try await database.value(
    """
    SELECT string_agg(processor_type || ' ' || status || coalesce(' priority ' || (metadata->>'priority'), ''), '; '
      ORDER BY created_at) AS value FROM yardmaster.progressive_capture_jobs
    """, as: String.self)
}

func count(_ database: TestDatabase, _ table: String) async throws -> Int {
  try await database.value("SELECT count(*) AS value FROM yardmaster.\(table)", as: Int.self)
}
