/// One rule: when all of its conditions hold for an event, its actions are decided.
public struct Rule: Hashable, Sendable {
  /// Unique in the file; names the rule in reasons, in the audit log and in a comment's once-only key.
  public var name: String
  public var triggers: Set<Trigger>
  public var conditions: Conditions
  /// Where all that is given here holds too, the rule does not apply. Empty for no exception.
  public var exceptions: [Conditions]
  public var actions: Actions

  public init(
    name: String, triggers: Set<Trigger> = Trigger.usual, conditions: Conditions = Conditions(),
    exceptions: [Conditions] = [], actions: Actions
  ) {
    self.name = name
    self.triggers = triggers
    self.conditions = conditions
    self.exceptions = exceptions
    self.actions = actions
  }

  /// What starts a rule, as the configuration spells it: `opened` (of an issue), `issue_comment.created`,
  /// `pull_request.labeled`, `schedule` (each sweep).
  public struct Trigger: Hashable, Sendable {
    public var event: EventName
    /// nil for `schedule`.
    public var action: String?

    public init(_ event: EventName, _ action: String?) {
      self.event = event
      self.action = action
    }

    /// `issues.opened`; `schedule`.
    public var text: String { action.map { "\(event.rawValue).\($0)" } ?? event.rawValue }

    public static let schedule = Trigger(.schedule, nil)
    public static let usual: Set<Trigger> = [
      Trigger(.issues, "opened"), Trigger(.issues, "edited"), Trigger(.issues, "reopened"),
    ]

    public static let issueActions = [
      "opened", "edited", "closed", "reopened", "labeled", "unlabeled", "assigned", "unassigned", "milestoned",
      "demilestoned", "locked", "unlocked",
    ]
    public static let pullRequestActions = issueActions + ["synchronize", "ready_for_review", "converted_to_draft"]
    public static let commentActions = ["created", "edited"]

    /// Every trigger that there is, in the words of the configuration; those of issues also without their event.
    public static let words: [(word: String, trigger: Trigger)] =
      issueActions.map { ($0, Trigger(.issues, $0)) }
      + issueActions.map { ("issues.\($0)", Trigger(.issues, $0)) }
      + commentActions.map { ("issue_comment.\($0)", Trigger(.issueComment, $0)) }
      + pullRequestActions.map { ("pull_request.\($0)", Trigger(.pullRequest, $0)) } + [("schedule", .schedule)]
  }

  /// How a text is looked through.
  public enum TextMatch: Hashable, Sendable {
    /// A word or phrase: whole words, without regard to case.
    case words(String)
    /// `*` stands for any characters, `?` for one; the whole text has to match, without regard to case.
    case glob(String)
    /// A PCRE2 pattern, to be found anywhere.
    case pattern(String)
  }

  /// Every condition that is given must hold; within a list one value is enough.
  public struct Conditions: Hashable, Sendable {
    public var title: [TextMatch] = []
    public var body: [TextMatch] = []
    /// In the title or the body.
    public var any: [TextMatch] = []
    /// In the comment of an `issue_comment` event.
    public var comment: [TextMatch] = []
    /// Globs; the item has a label that matches one of them.
    public var labels: [String] = []
    /// Globs; each matches a label of the item.
    public var allLabels: [String] = []
    /// Globs; no label of the item matches one of them.
    public var noLabels: [String] = []
    /// Globs of the item's author's login; of the comment's where there is one.
    public var author: [String] = []
    /// `author_association` of the same account.
    public var association: [Association] = []
    /// Whether it is the account's first contribution to the repository.
    public var isFirstTime: Bool?
    public var isBot: Bool?
    public var isPullRequest: Bool?
    public var isOpen: Bool?
    public var isLocked: Bool?
    /// Seconds since the item was opened, at least.
    public var age: Int?
    /// Seconds since anybody but a bot did anything about the item, at least.
    public var inactivity: Int?
    /// Globs of the milestone's title.
    public var milestone: [String] = []
    public var hasMilestone: Bool?
    /// Globs of an assignee's login.
    public var assignee: [String] = []
    public var isAssigned: Bool?
    /// Headings of the template; at least one of them is not in the body, or nothing is written under it.
    public var missingSections: [String] = []
    /// Whether a pull request that would close the issue is linked to it.
    public var hasLinkedPullRequest: Bool?

    public init() {}
  }

  /// Source: https://docs.github.com/en/graphql/reference/enums#commentauthorassociation
  public enum Association: String, Hashable, Sendable, CaseIterable {
    case owner, member, collaborator, contributor
    case firstTimeContributor = "first_time_contributor"
    case firstTimer = "first_timer"
    case mannequin, none
  }

  /// What a rule, or a command of the configuration, decides. Texts marked as templates may hold placeholders.
  public struct Actions: Hashable, Sendable {
    public var addLabels: [String] = []
    public var removeLabels: [String] = []
    /// A template; posted once per item and rule.
    public var comment: String?
    public var sticky: Sticky?
    /// Logins; `{{author}}` for the item's author.
    public var assign: [String] = []
    public var unassign: [String] = []
    public var state: StateChange?
    public var lock: LockChange?
    /// A template.
    public var title: String?
    public var milestone: MilestoneChange?
    public var dispatch: Dispatch?

    public init() {}

    public var isEmpty: Bool { self == Actions() }
  }

  public struct Sticky: Hashable, Sendable {
    /// Names the comment: rules with the same key write the same one. The rule's name where none is given.
    public var key: String
    /// A template.
    public var body: String
    public init(key: String, body: String) {
      self.key = key
      self.body = body
    }
  }

  public enum StateChange: Hashable, Sendable {
    case close(Effect.CloseReason)
    case reopen
  }

  public enum LockChange: Hashable, Sendable {
    case lock(Effect.LockReason?)
    case unlock
  }

  public enum MilestoneChange: Hashable, Sendable {
    case set(String)
    case clear
  }

  public struct Dispatch: Hashable, Sendable {
    public var workflow: String
    public var ref: String?
    /// Templates.
    public var inputs: [String: String]
    public init(workflow: String, ref: String? = nil, inputs: [String: String] = [:]) {
      self.workflow = workflow
      self.ref = ref
      self.inputs = inputs
    }
  }
}
