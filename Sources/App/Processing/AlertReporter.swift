import ActionsRuntime
import Domain
import FoundationEssentials
import Markup
import Reporting

/// Opens the one alert issue of a repository, or brings it up to date. Never a reason for a run to fail.
///
/// The issue is known by its label and its body's marker; strangers can write the marker but cannot set labels. Two
/// runs that fail at the same moment may both find no issue and open one each: the older is updated from then on.
struct AlertReporter {
  static let label = "yardmaster-alert"

  let github: any GitHubAPI
  let session: Session

  /// Whether an issue is the alert itself: its own events must not start rules, or an alert could feed on itself.
  static func isAlert(_ issue: Issue) -> Bool { issue.labels.contains(label) && AlertIssue.isAlert(issue.body) }

  func raise(_ fault: Fault, trigger: RunReport.Trigger, in repository: RepositoryName) async {
    do {
      let issues = "/repos/\(repository)/issues"
      let answer = try await github.send(
        RESTRequest(.get, "\(issues)?state=open&labels=\(Self.label)&sort=created&direction=asc&per_page=10"))
      let open = (try? JSONDecoder().decode([OpenIssue].self, from: Data(answer.body))) ?? []
      let known = open.first { AlertIssue.isAlert($0.body ?? "") }
      let alert = AlertIssue(
        fault: fault, trigger: trigger, workflow: session.environment.workflow, runURL: session.environment.runURL,
        at: session.clock.now, previousBody: known?.body)
      let sent =
        if let known {
          try await github.send(
            RESTRequest(.patch, "\(issues)/\(known.number)", body: ["body": .string(alert.body.text)]))
        } else {
          try await github.send(
            RESTRequest(
              .post, issues,
              body: [
                "title": .string(alert.title), "body": .string(alert.body.text), "labels": [.string(Self.label)],
              ]))
        }
      if sent.status >= 300 { warn("GitHub answered \(sent.status)") }
    } catch {
      warn(LogText("\(Fault(error).problem)"))
    }
  }

  private func warn(_ why: LogText) {
    session.log.warning("No alert issue could be opened or updated: \(why)")
  }

  private struct OpenIssue: Decodable {
    var number: Int
    var body: String?
  }
}
