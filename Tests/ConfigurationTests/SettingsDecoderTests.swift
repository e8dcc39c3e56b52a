import Configuration
import Domain
import Testing

@Suite("What a valid configuration means")
struct SettingsDecoderTests {
  @Test("a rule with every condition and every action")
  func rule() throws {
    let yaml = """
      rules:
        - name: all
          on: [opened, issues.labeled, issue_comment.created, pull_request.synchronize, schedule]
          when:
            title: [crash, glob: "*x*", pattern: '\\bpanic\\b']
            body: 500
            any: {pattern: a}
            comment: {glob: b}
            labels: [a]
            all_labels: ["p/*", b]
            no_labels: c
            author: ["*-bot", "dependabot[bot]"]
            association: [none, first_time_contributor]
            first_time: true
            bot: false
            is: pull_request
            state: closed
            locked: false
            age: 2 weeks
            inactive: 1 day
            milestone: ["v*"]
            assignee: bob
            missing_sections: ["### Version", Steps]
            linked_pull_request: true
          unless: {state: open, milestone: true, assignee: false}
          then:
            label: [a, b]
            unlabel: c
            comment: "{{ author }}"
            sticky: {key: k, body: "{{linked}}"}
            assign: ["{{ author }}", bob]
            unassign: alice
            close: not_planned
            lock: too heated
            title: "{{title}} (closed)"
            milestone: v2
            dispatch: {workflow: a.yml, ref: main, inputs: {number: "{{number}}"}}
      """
    var conditions = Rule.Conditions()
    conditions.title = [.words("crash"), .glob("*x*"), .pattern(#"\bpanic\b"#)]
    conditions.body = [.words("500")]
    conditions.any = [.pattern("a")]
    conditions.comment = [.glob("b")]
    conditions.labels = ["a"]
    conditions.allLabels = ["p/*", "b"]
    conditions.noLabels = ["c"]
    conditions.author = ["*-bot", "dependabot[bot]"]
    conditions.association = [.none, .firstTimeContributor]
    conditions.isFirstTime = true
    conditions.isBot = false
    conditions.isPullRequest = true
    conditions.isOpen = false
    conditions.isLocked = false
    conditions.age = 1_209_600
    conditions.inactivity = 86_400
    conditions.milestone = ["v*"]
    conditions.assignee = ["bob"]
    conditions.missingSections = ["Version", "Steps"]
    conditions.hasLinkedPullRequest = true
    var exception = Rule.Conditions()
    exception.isOpen = true
    exception.hasMilestone = true
    exception.isAssigned = false
    var actions = Rule.Actions()
    actions.addLabels = ["a", "b"]
    actions.removeLabels = ["c"]
    actions.comment = "{{ author }}"
    actions.sticky = Rule.Sticky(key: "k", body: "{{linked}}")
    actions.assign = ["{{author}}", "bob"]
    actions.unassign = ["alice"]
    actions.state = .close(.notPlanned)
    actions.lock = .lock(.tooHeated)
    actions.title = "{{title}} (closed)"
    actions.milestone = .set("v2")
    actions.dispatch = Rule.Dispatch(workflow: "a.yml", ref: "main", inputs: ["number": "{{number}}"])
    let triggers: Set<Rule.Trigger> = [
      Rule.Trigger(.issues, "opened"), Rule.Trigger(.issues, "labeled"), Rule.Trigger(.issueComment, "created"),
      Rule.Trigger(.pullRequest, "synchronize"), .schedule,
    ]
    let expected = Rule(
      name: "all", triggers: triggers, conditions: conditions, exceptions: [exception], actions: actions)
    #expect(try settings(yaml).rules == [expected])
    #expect(try settings(yaml.split(separator: "\n").joined(separator: "\r\n")).rules == [expected])
  }

  @Test("a sticky comment is named after its rule or command, whichever stands first")
  func sticky() throws {
    let rules = try settings("rules: [{then: {sticky: x}, on: opened, name: late}]").rules
    #expect(rules.first?.actions.sticky?.key == "late")
    let commands = try settings("commands: {custom: [{then: {sticky: x}, name: show}]}").commands
    #expect(commands.custom.first?.actions.sticky?.key == "show")
  }

  @Test(
    "true where a reason may stand",
    arguments: [("close: true", Rule.StateChange.close(.completed)), ("close: duplicate", .close(.duplicate))])
  func reasons(yaml: String, expected: Rule.StateChange) throws {
    let rules = try settings("rules: [{name: a, on: opened, then: {\(yaml), lock: true, milestone: false}}]").rules
    #expect(rules.first?.actions.state == expected)
    #expect(rules.first?.actions.lock == .lock(nil))
    #expect(rules.first?.actions.milestone == .clear)
  }

  @Test(
    "times",
    arguments: [
      ("1 minute", 60), ("90 minutes", 5_400), ("12 hours", 43_200), ("1 Day", 86_400), ("30days", 2_592_000),
      ("2  weeks", 1_209_600), ("3650 days", 315_360_000), ("0 days", nil), ("3651 days", nil), ("days", nil),
      ("-1 days", nil), ("1.5 days", nil), ("30", nil), ("1 month", nil), ("99999999999999999999 days", nil),
    ] as [(String, Int?)])
  func durations(text: String, seconds: Int?) {
    let found: Int? =
      if case .valid(let settings) = parse("stale: {after: \(text)}") { settings.stale?.after } else { nil }
    #expect(found == seconds)
  }

  @Test("commands, with their names in whatever order")
  func commands() throws {
    let commands = try settings(
      """
      commands:
        enabled: false
        acknowledge: false
        permissions: {label: read, deploy: admin}
        for_authors: [close, deploy]
        aliases: {bug: "/label bug, crash", ship: deploy, done: "close  completed"}
        custom:
          - name: deploy
            description: Deploys
            arguments:
              - {name: where, choices: [a, b]}
              - {name: what, pattern: 'v\\d+', default: v1}
            then: {comment: "{{args.where}}", dispatch: {workflow: d.yml, inputs: {w: "{{ args.what }}"}}}
          - {name: plain, permission: triage, then: {label: x}}
      """
    ).commands
    var deploy = Rule.Actions()
    deploy.comment = "{{args.where}}"
    deploy.dispatch = Rule.Dispatch(workflow: "d.yml", inputs: ["w": "{{ args.what }}"])
    var plain = Rule.Actions()
    plain.addLabels = ["x"]
    let expected = CommandSettings(
      isEnabled: false, permissions: ["label": .read, "deploy": .admin], forAuthors: ["close", "deploy"],
      aliases: [
        "bug": .init(command: "label", arguments: "bug, crash"), "ship": .init(command: "deploy"),
        "done": .init(command: "close", arguments: "completed"),
      ],
      custom: [
        CustomCommand(
          name: "deploy", description: "Deploys", permission: .admin,
          arguments: [
            .init(name: "where", choices: ["a", "b"]),
            .init(name: "what", isRequired: false, pattern: #"v\d+"#, defaultValue: "v1"),
          ], actions: deploy),
        CustomCommand(name: "plain", permission: .triage, actions: plain),
      ], acknowledges: false)
    #expect(commands == expected)
  }

  @Test("stale, actors, rollback, audit, history")
  func sections() throws {
    let settings = try settings(
      """
      mode: live
      alerts: false
      stale:
        after: 60 days
        close_after: 2 weeks
        label: old
        comment: c
        close_comment: d
        close_reason: completed
        exempt_labels: ["p/*"]
        exempt_milestones: [v1]
        exempt_assignees: true
        exempt_authors: [a]
        pull_requests: true
      actors: {people: a, bots: ["*-ci"], events_per_hour: 5, commands_per_hour: 6, unlimited_from: write}
      rollback: {permission: admin}
      audit: {pseudonyms: true, retention_days: 30}
      history: {capture: true, recent_hours: 6, recent_items: 10, inngest_percent: 100, inngest_minutes: 30,
        bulk_workflow: bulk.yaml}
      """)
    #expect(settings.mode == .live)
    #expect(!settings.alerts)
    #expect(
      settings.stale
        == StaleSettings(
          after: 5_184_000, closeAfter: 1_209_600, label: "old", comment: "c", closeComment: "d",
          closeReason: .completed, exemptLabels: ["p/*"], exemptMilestones: ["v1"], exemptAuthors: ["a"],
          exemptsAssigned: true, includesPullRequests: true))
    #expect(
      settings.actors
        == ActorSettings(
          people: ["a"], bots: ["*-ci"], eventsPerHour: 5, commandsPerHour: 6, unlimitedFrom: .write))
    #expect(settings.rollback == RollbackSettings(permission: .admin))
    #expect(settings.audit == AuditSettings(usesPseudonyms: true, retentionDays: 30))
    #expect(
      settings.history
        == HistorySettings(
          capture: true, recentHours: 6, recentItems: 10, inngestPercent: 100, inngestMinutes: 30,
          bulkWorkflow: "bulk.yaml"))
  }

  @Test("a pattern's fault is told with its place inside the pattern")
  func pattern() throws {
    let error = try #require(errors("rules: [{name: a, when: {title: {pattern: 'é[b'}}, then: {label: y}}]").first)
    #expect(error.message.contains("at its character 4"), "\(error)")
    #expect(error.message.contains("missing terminating ]"), "\(error)")
  }

  @Test("lists, patterns and names have limits")
  func limits() {
    func rule(_ when: String) -> String { "rules: [{name: a, when: {\(when)}, then: {label: y}}]" }
    let many = Array(repeating: "w", count: 501).joined(separator: ", ")
    #expect(errors(rule("any: [\(many)]")).count == 1)
    let patterns = Array(repeating: "{pattern: a}", count: 300).joined(separator: ", ")
    #expect(errors(rule("title: [\(patterns)], body: [\(patterns)]")).count == 1)
    #expect(errors(rule("title: {pattern: \(String(repeating: "a", count: 501))}")).count == 1)
    #expect(errors(rule("title: \(String(repeating: "a", count: 201))")).count == 1)
  }
}
