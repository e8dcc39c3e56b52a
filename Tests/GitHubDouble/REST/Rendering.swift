/// Writes objects in the shapes of GitHub's REST API.
struct RESTRendering {
  let world: World
  /// `http://127.0.0.1:PORT`
  let base: String

  static let web = "https://github.com"

  private func api(_ model: RepositoryModel) -> String { "\(base)/repos/\(model.fullName)" }

  func user(_ account: RepositoryModel.Account?, _ writer: inout JSONWriter) {
    guard let account else { return writer.raw("null") }
    let api = "\(base)/users/\(percentEncoded(account.login))"
    let page = account.kind == .bot ? "\(Self.web)/apps/\(account.graphQLLogin)" : "\(Self.web)/\(account.login)"
    writer.raw("{")
    writer.member("login", account.login)
    writer.member("id", account.id)
    writer.member("node_id", account.nodeID)
    writer.member("avatar_url", "https://avatars.githubusercontent.com/u/\(account.id)?v=4")
    writer.member("gravatar_id", "")
    writer.member("url", api)
    writer.member("html_url", page)
    writer.member("followers_url", api + "/followers")
    writer.member("following_url", api + "/following{/other_user}")
    writer.member("gists_url", api + "/gists{/gist_id}")
    writer.member("starred_url", api + "/starred{/owner}{/repo}")
    writer.member("subscriptions_url", api + "/subscriptions")
    writer.member("organizations_url", api + "/orgs")
    writer.member("repos_url", api + "/repos")
    writer.member("events_url", api + "/events{/privacy}")
    writer.member("received_events_url", api + "/received_events")
    writer.member("type", account.kind.rawValue)
    writer.member("user_view_type", "public")
    writer.member("site_admin", false)
    writer.raw("}")
  }

  func repository(_ model: RepositoryModel, permission role: String?, _ writer: inout JSONWriter) {
    let api = api(model)
    let page = "\(Self.web)/\(model.fullName)"
    writer.raw("{")
    writer.member("id", model.id)
    writer.member("node_id", NodeID.repository(model.id))
    writer.member("name", model.name)
    writer.member("full_name", model.fullName)
    writer.member("private", model.isPrivate)
    writer.key("owner")
    user(model.owner, &writer)
    writer.member("html_url", page)
    writer.member("description", nil as String?)
    writer.member("fork", false)
    writer.member("url", api)
    for (key, path) in Self.repositoryLinks {
      writer.key(key)
      writer.write(api + path)
    }
    writer.member("created_at", moment: model.createdAt)
    writer.member("updated_at", moment: model.createdAt)
    writer.member("pushed_at", moment: model.createdAt)
    writer.member("git_url", "git://github.com/\(model.fullName).git")
    writer.member("ssh_url", "git@github.com:\(model.fullName).git")
    writer.member("clone_url", page + ".git")
    writer.member("homepage", nil as String?)
    writer.member("size", 1000)
    writer.member("stargazers_count", 0)
    writer.member("watchers_count", 0)
    writer.member("language", nil as String?)
    writer.member("has_issues", true)
    writer.member("has_projects", true)
    writer.member("has_downloads", true)
    writer.member("has_wiki", true)
    writer.member("has_pages", false)
    writer.member("has_discussions", model.gone.values.contains(.discussion))
    writer.member("forks_count", 0)
    writer.member("mirror_url", nil as String?)
    writer.member("archived", false)
    writer.member("disabled", false)
    writer.member("open_issues_count", model.items.count { !$0.isClosed })
    writer.member("license", nil as String?)
    writer.member("allow_forking", true)
    writer.member("is_template", false)
    writer.key("topics")
    writer.raw("[]")
    writer.member("visibility", model.isPrivate ? "private" : "public")
    writer.member("forks", 0)
    writer.member("open_issues", model.items.count { !$0.isClosed })
    writer.member("watchers", 0)
    writer.member("default_branch", model.defaultBranch)
    if let role {
      writer.key("permissions")
      writer.write(Self.permissions(role))
    }
    writer.raw("}")
  }

  private static let repositoryLinks: [(String, String)] = [
    ("forks_url", "/forks"), ("collaborators_url", "/collaborators{/collaborator}"), ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"), ("events_url", "/events"), ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"), ("tags_url", "/tags"), ("languages_url", "/languages"),
    ("commits_url", "/commits{/sha}"), ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"), ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"), ("issues_url", "/issues{/number}"), ("pulls_url", "/pulls{/number}"),
    ("labels_url", "/labels{/name}"), ("milestones_url", "/milestones{/number}"),
  ]

  static func permissions(_ role: String) -> JSONNode {
    let rank = ["none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5][role] ?? 1
    return [
      "admin": .bool(rank >= 5), "maintain": .bool(rank >= 4), "push": .bool(rank >= 3), "triage": .bool(rank >= 2),
      "pull": .bool(rank >= 1),
    ]
  }

  func label(_ label: RepositoryModel.Label, of model: RepositoryModel, _ writer: inout JSONWriter) {
    writer.raw("{")
    writer.member("id", label.id)
    writer.member("node_id", NodeID.label(model.id, label.id))
    writer.member("url", "\(api(model))/labels/\(percentEncoded(label.name))")
    writer.member("name", label.name)
    writer.member("color", label.color)
    writer.member("default", false)
    writer.member("description", label.description)
    writer.raw("}")
  }

  func labels(_ item: RepositoryModel.Item, of model: RepositoryModel, _ writer: inout JSONWriter) {
    writer.raw("[")
    for name in item.labels {
      writer.separate()
      let known = model.labels.first { $0.name == name }
      label(known ?? RepositoryModel.Label(id: 0, name: name), of: model, &writer)
    }
    writer.raw("]")
  }

  func users(_ accounts: [RepositoryModel.Account], _ writer: inout JSONWriter) {
    writer.raw("[")
    for account in accounts {
      writer.separate()
      user(account, &writer)
    }
    writer.raw("]")
  }

  func reactions(_ reactions: [RepositoryModel.Reaction], _ url: String, _ writer: inout JSONWriter) {
    writer.key("reactions")
    writer.raw("{")
    writer.member("url", url + "/reactions")
    writer.member("total_count", reactions.count)
    for name in RepositoryModel.Reaction.contents {
      writer.key(name)
      writer.write(reactions.isEmpty ? 0 : Int64(reactions.count { $0.content == name }))
    }
    writer.raw("}")
  }

  /// An item as the issues endpoints and events show it; only what is asked for by number says who closed it.
  func issue(
    _ item: RepositoryModel.Item, of model: RepositoryModel, isWhole: Bool = false, _ writer: inout JSONWriter
  ) {
    let api = "\(api(model))/issues/\(item.number)"
    let page = "\(Self.web)/\(model.fullName)/\(item.isPullRequest ? "pull" : "issues")/\(item.number)"
    writer.raw("{")
    writer.member("url", api)
    writer.member("repository_url", self.api(model))
    writer.member("labels_url", api + "/labels{/name}")
    writer.member("comments_url", api + "/comments")
    writer.member("events_url", api + "/events")
    writer.member("html_url", page)
    writer.member("id", item.id)
    writer.member(
      "node_id",
      item.isPullRequest ? NodeID.pullRequest(model.id, item.number) : NodeID.issue(model.id, item.number))
    writer.member("number", item.number)
    writer.member("title", item.title)
    writer.key("user")
    user(item.author ?? .ghost, &writer)
    writer.key("labels")
    labels(item, of: model, &writer)
    writer.member("state", item.state)
    writer.member("locked", item.isLocked)
    writer.key("assignee")
    user(item.assignees.first, &writer)
    writer.key("assignees")
    users(item.assignees, &writer)
    writer.key("milestone")
    milestone(model.milestone(item.milestone), of: model, &writer)
    writer.member("comments", item.comments.count)
    writer.member("created_at", moment: item.createdAt)
    writer.member("updated_at", moment: item.updatedAt)
    writer.member("closed_at", moment: item.closedAt)
    writer.member("author_association", Self.association(item.author, model))
    writer.member("active_lock_reason", item.lockReason)
    if let pull = item.pull {
      writer.member("draft", pull.isDraft)
      writer.key("pull_request")
      writer.raw("{")
      writer.member("url", "\(self.api(model))/pulls/\(item.number)")
      writer.member("html_url", page)
      writer.member("diff_url", page + ".diff")
      writer.member("patch_url", page + ".patch")
      writer.member("merged_at", moment: pull.mergedAt)
      writer.raw("}")
    }
    writer.member("body", item.body)
    if isWhole {
      writer.key("closed_by")
      user(item.closedBy, &writer)
    }
    reactions(item.reactions, api, &writer)
    writer.member("timeline_url", api + "/timeline")
    writer.member("performed_via_github_app", nil as String?)
    writer.member("state_reason", item.isPullRequest ? nil : item.stateReason)
    writer.raw("}")
  }

  func comment(
    _ comment: RepositoryModel.Comment, on item: RepositoryModel.Item, of model: RepositoryModel,
    isTimeline: Bool = false, _ writer: inout JSONWriter
  ) {
    let url = "\(api(model))/issues/comments/\(comment.id)"
    writer.raw("{")
    writer.member("url", url)
    writer.member(
      "html_url",
      "\(Self.web)/\(model.fullName)/\(item.isPullRequest ? "pull" : "issues")/\(item.number)#issuecomment-\(comment.id)"
    )
    writer.member("issue_url", "\(api(model))/issues/\(item.number)")
    writer.member("id", comment.id)
    writer.member("node_id", NodeID.comment(model.id, item.number, comment.id))
    writer.key("user")
    user(comment.author ?? .ghost, &writer)
    writer.member("created_at", moment: comment.createdAt)
    writer.member("updated_at", moment: comment.updatedAt)
    writer.member("body", comment.body)
    writer.member("author_association", Self.association(comment.author, model))
    reactions(comment.reactions, url, &writer)
    writer.member("performed_via_github_app", nil as String?)
    if isTimeline {
      writer.member("event", "commented")
      writer.key("actor")
      user(comment.author ?? .ghost, &writer)
    }
    writer.raw("}")
  }

  static func association(_ account: RepositoryModel.Account?, _ model: RepositoryModel) -> String {
    guard let account else { return "NONE" }
    if let known = model.associations[account.login.lowercased()] { return known }
    if account.login.lowercased() == model.owner.login.lowercased() { return "OWNER" }
    return model.collaborators[account.login.lowercased()].map { $0 == "read" ? "NONE" : "COLLABORATOR" } ?? "NONE"
  }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      out.append(byte)
    default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}
