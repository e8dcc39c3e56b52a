import Domain
import Markup

/// What the actions of a rule, or of a command of the configuration, come to for one item.
struct ActionPlan {
  private(set) var wishes: [Wish] = []
  private(set) var posts: [Post] = []
  /// What cannot be done, and why.
  private(set) var notes: [Reason] = []
  private let source: WishSource
  private let values: TemplateValues

  /// The once-only keys of what is no facet; nil where it may happen any number of times.
  struct OnceKeys {
    var comment: String?
    var dispatch: String?
  }

  init(_ actions: Rule.Actions, by source: WishSource, _ values: TemplateValues, keys: OnceKeys) {
    self.source = source
    self.values = values
    want(.addLabels(actions.addLabels))
    for label in actions.removeLabels { want(.removeLabel(label)) }
    want(.assign(logins(actions.assign)))
    want(.unassign(logins(actions.unassign)))
    switch actions.milestone {
    case .set(let title)?: want(.setMilestone(title))
    case .clear?: want(.setMilestone(nil))
    case nil: break
    }
    title(actions.title)
    switch actions.state {
    // A pull request is closed without a reason.
    case .close(let reason)?: want(.close(reason: values.issue.isPullRequest ? nil : reason))
    case .reopen?: want(.reopen)
    case nil: break
    }
    switch actions.lock {
    case .lock(let reason)?: want(.lock(reason: reason))
    case .unlock?: want(.unlock)
    case nil: break
    }
    if let template = actions.comment, let body = markdown(template, "the comment") {
      posts.append(Post(content: .comment(body: body), source: source, onceKey: keys.comment))
    }
    if let sticky = actions.sticky, let body = markdown(sticky.body, "the comment") {
      let key = sticky.key.isEmpty ? source.name : sticky.key
      posts.append(Post(content: .sticky(key: key, body: body), source: source))
    }
    dispatch(actions.dispatch, keys.dispatch)
  }

  private mutating func want(_ effect: Effect) {
    for wish in Wish.make(effect, source, isContentWithAnyReason: true) {
      // The first action of one rule on a facet stands; the configuration's check warns of such rules.
      guard let earlier = wishes.first(where: { $0.facet == wish.facet }) else {
        wishes.append(wish)
        continue
      }
      if earlier.effect.written != wish.effect.written {
        notes.append(source.reason("it asks for the opposite too"))
      }
    }
  }

  private mutating func logins(_ names: [String]) -> [String] {
    var logins: [String] = []
    for name in names {
      let isAuthor = name.filter { !$0.isWhitespace } == "{{author}}"
      let login = isAuthor ? values.issue.author?.login : name.hasPrefix("@") ? String(name.dropFirst()) : name
      if let login, GitHubLimits.isLogin(login) {
        logins.append(login)
      } else {
        notes.append(source.reason("\(login.map { "@\($0)" } ?? "a deleted account") cannot be assigned"))
      }
    }
    return logins
  }

  private mutating func title(_ template: String?) {
    guard let template, let text = plainText(template, "the title") else { return }
    guard GitHubLimits.isTitle(text) else {
      notes.append(source.reason("GitHub accepts titles of 1 to \(GitHubLimits.titleLength) characters"))
      return
    }
    want(.setTitle(text))
  }

  private mutating func dispatch(_ dispatch: Rule.Dispatch?, _ key: String?) {
    guard let dispatch else { return }
    var inputs: [String: String] = [:]
    for (name, template) in dispatch.inputs {
      guard let text = plainText(template, "the input \"\(name)\"") else { return }
      inputs[name] = text
    }
    posts.append(
      Post(
        content: .dispatch(WorkflowDispatch(workflow: dispatch.workflow, ref: dispatch.ref, inputs: inputs)),
        source: source, onceKey: key))
  }

  private mutating func markdown(_ template: String, _ what: String) -> String? {
    do {
      return try Template(template).markdown(values).text
    } catch {
      notes.append(source.reason("\(what)'s template is invalid"))
      return nil
    }
  }

  private mutating func plainText(_ template: String, _ what: String) -> String? {
    do {
      return try Template(template).plainText(values)
    } catch {
      notes.append(source.reason("\(what)'s template is invalid"))
      return nil
    }
  }
}
