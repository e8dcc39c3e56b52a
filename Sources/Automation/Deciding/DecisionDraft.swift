import Domain

/// Turns wishes into decisions: what the item shows already is left out, GitHub's limits are kept, and each decision
/// tells the state that the ones before it leave.
struct DecisionDraft {
  private let target: ItemReference
  private let subject: String
  private let stickies: [String: StickyRecord]
  private let digest: @Sendable (String) -> String
  private(set) var state: ItemState
  private var said: Set<String>
  private var stickyKeys: Set<String> = []
  private(set) var deliberation = Deliberation()
  /// What commands wanted and the item shows already: nothing is sent, and it is their will from then on all the same.
  private(set) var confirmed: [Facet: FacetRecord] = [:]

  init(_ input: AutomationInput) {
    target = ItemReference(repository: input.repository, number: input.issue.number)
    subject = input.issue.isPullRequest ? "the pull request" : "the issue"
    stickies = input.context.stickies
    digest = input.digest
    state = input.issue.state
    said = input.context.said
  }

  mutating func note(_ reason: Reason) { deliberation.notes.append(reason) }

  mutating func decide(
    _ effect: Effect, by sources: [WishSource], onceKey: String? = nil, before: JSONValue? = nil
  ) {
    deliberation.decisions.append(
      Decision(
        target: target, effect: effect, reason: WishSource.reason(of: sources), onceKey: onceKey,
        before: before ?? state.shown(for: effect), standing: WishSource.standing(of: sources),
        rules: WishSource.rules(of: sources)))
    state = state.applying(effect)
  }

  // MARK: Facets

  /// Decides what the wishes come to; at most one for each facet.
  ///
  /// What is taken away comes first, so that there is room for what is put in its place; what is said comes before the
  /// item is closed or locked.
  mutating func decide(_ wishes: [Wish], _ posts: [Post]) {
    let open = wishes.filter { isOpen($0) }
    each(open) { if case .removeLabel = $0 { true } else { false } }
    merged(open, room: GitHubLimits.labels - state.labels.count) {
      if case .addLabels(let names) = $0 { names } else { nil }
    } effect: {
      .addLabels($0)
    }
    merged(open, room: .max) {
      if case .unassign(let logins) = $0 { logins } else { nil }
    } effect: {
      .unassign($0)
    }
    merged(open, room: GitHubLimits.assignees - state.assignees.count) {
      if case .assign(let logins) = $0 { logins } else { nil }
    } effect: {
      .assign($0)
    }
    each(open) { if case .setMilestone = $0 { true } else { false } }
    each(open) { if case .setTitle = $0 { true } else { false } }
    for post in posts { say(post) }
    each(open) { $0.facets == [.state] || $0.facets == [.lock] }
    for post in posts { start(post) }
  }

  /// Whether the item does not show it yet. Notes where it does.
  private mutating func isOpen(_ wish: Wish) -> Bool {
    let isShown =
      switch wish.effect {
      case .close where wish.isContentWithAnyReason: !state.isOpen
      case .lock where wish.isContentWithAnyReason: state.isLocked
      default: state.shows(wish.effect)
      }
    if isShown {
      for source in wish.sources { note(source.reason(alreadyWords(wish.effect))) }
      if wish.sources.contains(where: { $0.kind == .command }) {
        confirmed[wish.facet] = FacetRecord(
          value: state.value(of: wish.facet), standing: WishSource.standing(of: wish.sources))
      }
    }
    return !isShown
  }

  private mutating func each(_ wishes: [Wish], _ isMeant: (Effect) -> Bool) {
    for wish in wishes where isMeant(wish.effect) {
      decide(wish.effect, by: wish.sources)
    }
  }

  /// GitHub takes any number of labels, or of assignees, in one request.
  private mutating func merged(
    _ wishes: [Wish], room: Int, _ names: (Effect) -> [String]?, effect: ([String]) -> Effect
  ) {
    var list: [String] = []
    var sources: [WishSource] = []
    for wish in wishes {
      guard let name = names(wish.effect)?.first else { continue }
      if list.count < room {
        list.append(name)
        sources += wish.sources
      } else {
        for source in wish.sources {
          note(source.reason("there is no room for \"\(name)\": GitHub's limit is reached"))
        }
      }
    }
    guard !list.isEmpty else { return }
    decide(effect(list), by: sources)
  }

  private func alreadyWords(_ effect: Effect) -> String {
    switch effect {
    case .addLabels(let names): "\(subject) has the label \"\(names.first ?? "")\" already"
    case .removeLabel(let name): "\(subject) has no label \"\(name)\""
    case .assign(let logins): "@\(logins.first ?? "") is assigned already"
    case .unassign(let logins): "@\(logins.first ?? "") is not assigned"
    case .close: "\(subject) is closed already"
    case .reopen: "\(subject) is open already"
    case .lock: "\(subject) is locked already"
    case .unlock: "\(subject) is not locked"
    case .setTitle: "\(subject) has that title already"
    case .setMilestone(nil): "\(subject) has no milestone"
    case .setMilestone(let title?): "\(subject) is in the milestone \"\(title)\" already"
    default: "\(subject) shows it already"
    }
  }

  // MARK: What is said and started

  private mutating func say(_ post: Post) {
    switch post.content {
    case .comment(let body):
      guard fits(body, post) else { return }
      // Of each spell of quiet it is warned, whatever was said in an earlier one.
      guard said.insert(digest(body)).inserted || post.source.kind == .stale else {
        return note(post.source.reason("the thread has that comment already"))
      }
      decide(.comment(body: body), by: [post.source], onceKey: post.onceKey)
    case .sticky(let key, let body):
      guard fits(body, post) else { return }
      guard stickyKeys.insert(key).inserted else {
        return note(post.source.reason("an earlier rule writes the comment \"\(key)\""))
      }
      let record = stickies[key]
      guard record?.digest != digest(body) else {
        return note(post.source.reason("the comment \"\(key)\" says that already"))
      }
      // For undo: what the comment said.
      let before: JSONValue? = record.map { ["comment_id": .integer($0.commentID), "body": .string($0.body)] }
      decide(.stickyComment(key: key, body: body), by: [post.source], onceKey: post.onceKey, before: before)
    case .dispatch: break
    }
  }

  private mutating func fits(_ body: String, _ post: Post) -> Bool {
    guard body.contains(where: { !$0.isWhitespace }) else {
      note(post.source.reason("the comment would be empty"))
      return false
    }
    guard body.utf16.count <= GitHubLimits.commentLength else {
      note(post.source.reason("the comment would be longer than GitHub accepts"))
      return false
    }
    return true
  }

  private mutating func start(_ post: Post) {
    guard case .dispatch(let dispatch) = post.content else { return }
    let length = dispatch.inputs.reduce(0) { $0 + $1.key.utf16.count + $1.value.utf16.count }
    guard dispatch.inputs.count <= GitHubLimits.dispatchInputs, length <= GitHubLimits.dispatchLength else {
      return note(post.source.reason("the workflow's inputs would be more than GitHub accepts"))
    }
    decide(.dispatch(dispatch), by: [post.source], onceKey: post.onceKey)
  }
}
