import Configuration
import Domain
import Testing

@Suite("The overview of a valid configuration")
struct ConfigurationOverviewTests {
  @Test("rules with their triggers, commands with their permissions")
  func lines() throws {
    let settings = try settings(
      """
      mode: live
      rules:
        - {name: bug, when: {title: crash}, then: {label: [bug, new], comment: hello}}
        - {name: old, on: [schedule, issue_comment.created], when: {age: 1 day}, then: {close: true, lock: spam, milestone: v1}}
      stale: {after: 60 days, close_after: 12 hours}
      commands:
        permissions: {label: read}
        for_authors: close
        aliases: {done: close completed}
        custom: [{name: ship, permission: admin, arguments: [{name: a}, {name: b, default: c}], then: {dispatch: {workflow: d.yml}}}]
      rollback: {permission: admin}
      actors: {events_per_hour: 7}
      """)
    let lines = ConfigurationOverview(settings).lines
    for expected in [
      "mode: live", "rules: 2",
      "  bug: on issues.opened, issues.edited, issues.reopened: label bug + new, comment",
      "  old: on issue_comment.created, schedule: close as completed, lock as spam, milestone v1",
      "  /label: read", "  /close: triage, and the item's author", "  /undo: admin", "  /done: is /close completed",
      "  /ship: admin: <a> [b] → dispatch d.yml",
      "stale: 'stale' after 60 days without activity, closed 720 minutes later",
      "in an hour, one account below triage: 7 events, 60 commands",
    ] {
      #expect(lines.contains(expected), "\(expected)")
    }
  }

  @Test("a star in a word to look for is pointed at, and one in a glob is not")
  func stars() throws {
    let lines = ConfigurationOverview(
      try settings(
        """
        rules:
          - {name: a, when: {title: [crash, "*crash*"], author: "*-ci"}, unless: {body: [glob: "*x*"]}, then: {label: b}}
        """)
    ).lines
    let pointed = lines.filter { $0.contains("stands for itself") }
    #expect(pointed.count == 1 && pointed.first?.contains("glob: \"*crash*\"") == true, "\(lines)")
  }

  @Test("a dry run says what it waits for, and commands that are off are not listed")
  func short() throws {
    let lines = ConfigurationOverview(try settings("commands: {enabled: false}")).lines
    #expect(lines.first?.contains("until the file says") == true)
    #expect(lines.contains("commands: off"))
  }
}
