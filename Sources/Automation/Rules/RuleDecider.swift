import Domain

/// What the rules that matched come to on one item. Where two write one facet, the first in the file decides.
struct RuleDecider {
  /// How often a rule may act on one item within an hour. Instances that know nothing of each other cannot keep each
  /// other busy for longer.
  static let actionsPerHour = 10

  private let input: AutomationInput
  private(set) var wishes: [Wish] = []
  private(set) var posts: [Post] = []
  private(set) var notes: [Reason] = []

  init(_ input: AutomationInput) { self.input = input }

  /// Adds what a rule asks for. In file order.
  mutating func add(_ rule: Rule, evidence: String) {
    let standing = Standing(will: .rule, moment: input.moment)
    let source = WishSource(
      kind: .rule, name: rule.name, evidence: evidence, standing: standing,
      yieldsToItsEvent: rule.triggers == Rule.Trigger.usual && input.trigger.action == "reopened")
    let dispatch = "dispatch:\(rule.name):\(input.itemKey):\(dispatchVersion)"
    let keys = ActionPlan.OnceKeys(comment: "comment:\(rule.name):\(input.itemKey)", dispatch: dispatch)
    add(ActionPlan(rule.actions, by: source, input.templateValues, keys: keys))
  }

  /// A schedule comes again and again: it starts a workflow once for each version of the item.
  private var dispatchVersion: String {
    let moment = input.trigger.event == .schedule ? input.issue.updatedAt ?? .distantPast : input.moment.time
    return "\(input.trigger.text):\(moment):\(input.comment?.id ?? 0)"
  }

  mutating func add(_ plan: ActionPlan) {
    notes += plan.notes
    posts += plan.posts
    for wish in plan.wishes { add(wish) }
  }

  mutating func add(_ post: Post) { posts.append(post) }

  mutating func add(_ wish: Wish) {
    guard let index = wishes.firstIndex(where: { $0.facet == wish.facet }) else {
      wishes.append(wish)
      return
    }
    if wishes[index].effect.written == wish.effect.written {
      wishes[index].sources += wish.sources
    } else if let first = wishes[index].sources.first {
      for source in wish.sources { notes.append(source.reason("\(first.origin) decides that already")) }
    }
  }

  /// The wishes that nothing of a person stands against; a note for each of the others.
  mutating func standing(against precedence: Precedence) -> [Wish] {
    let wishes = wishes.map(precedence.inOrder)
    // A rule that had closed the item does not lock it either when somebody opens it again.
    let yielding = Set(wishes.filter(precedence.yieldsToItsEvent).flatMap { $0.sources.map(\.name) })
    posts.removeAll { yielding.contains($0.source.name) }
    return wishes.filter { wish in
      if !yielding.isEmpty, wish.sources.allSatisfy({ yielding.contains($0.name) }) {
        notes += wish.sources.map {
          $0.reason("somebody just opened \(input.issue.isPullRequest ? "it" : "the issue") again")
        }
        return false
      }
      guard let objection = precedence.objectionToRule(wish) ?? objection(to: wish, precedence) else { return true }
      notes += wish.sources.map { $0.reason(objection) }
      return false
    }
  }

  /// A label that was there and is not any more was taken off, also where the event that tells by whom is lost, or late.
  private func objection(to wish: Wish, _ precedence: Precedence) -> String? {
    guard case .label(let name) = wish.facet, case .addLabels = wish.effect,
      precedence.facets[wish.facet]?.value == true,
      !input.issue.labels.contains(where: { $0.lowercased() == name }),
      !wish.sources.contains(where: { $0.kind == .stale })
    else { return nil }
    return "somebody removed it since"
  }
}
