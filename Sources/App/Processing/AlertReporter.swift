import ActionsRuntime
import Domain
import FoundationEssentials
import Markup
import Reporting

/// Opens the one alert issue of a repository, or brings it up to date. Never a reason for a run to fail.
///
/// Two runs that fail at the same moment may both find no issue and open one each; the next failure updates the older.
struct AlertReporter {
  static let label = "yardmaster-alert"

  let github: any GitHubAPI
  let log: RunLog

  func raise(in repository: RepositoryName, run: RunContext, what: String, error: String) async {
    let alert = AlertIssue(
      repository: repository, runID: run.runID, serverURL: run.serverURL, what: what, error: error)
    do {
      let issues = "/repos/\(repository)/issues"
      let open = try await github.send(
        RESTRequest(.get, "\(issues)?state=open&labels=\(Self.label)&sort=created&direction=asc&per_page=10"))
      let known = try? JSONDecoder().decode([OpenIssue].self, from: Data(open.body))
      if let issue = known?.first(where: { $0.body?.contains(AlertIssue.marker) == true }) {
        _ = try await github.send(
          RESTRequest(.patch, "\(issues)/\(issue.number)", body: ["body": .string(alert.body.text)]))
        log.line("Alert issue #\(issue.number) updated.")
      } else {
        let answer = try await github.send(
          RESTRequest(
            .post, issues,
            body: [
              "title": .string(alert.title), "body": .string(alert.body.text), "labels": [.string(Self.label)],
            ]))
        if answer.status == 201 {
          log.line("Alert issue opened.")
        } else {
          log.warning(
            "No alert issue could be opened: GitHub answered \(answer.status).", title: nil, location: nil)
        }
      }
    } catch {
      let text = (error as? any UserFacingError)?.description ?? "\(error)"
      log.warning("No alert issue could be opened: \(text)", title: nil, location: nil)
    }
  }

  private struct OpenIssue: Decodable {
    var number: Int
    var body: String?
  }
}
