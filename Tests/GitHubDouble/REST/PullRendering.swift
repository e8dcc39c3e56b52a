extension RESTRendering {
  private func api(_ model: RepositoryModel) -> String { "\(base)/repos/\(model.fullName)" }

  /// A pull request as its own endpoints show it; lists leave out what `isWhole` adds.
  func pull(
    _ item: RepositoryModel.Item, _ pull: RepositoryModel.Pull, of model: RepositoryModel, isWhole: Bool,
    _ writer: inout JSONWriter
  ) {
    let url = "\(api(model))/pulls/\(item.number)"
    let page = "\(Self.web)/\(model.fullName)/pull/\(item.number)"
    writer.raw("{")
    writer.member("url", url)
    writer.member("id", pull.id)
    writer.member("node_id", NodeID.pullRequest(model.id, item.number))
    writer.member("html_url", page)
    writer.member("diff_url", page + ".diff")
    writer.member("patch_url", page + ".patch")
    writer.member("issue_url", "\(api(model))/issues/\(item.number)")
    writer.member("number", item.number)
    writer.member("state", item.state)
    writer.member("locked", item.isLocked)
    writer.member("title", item.title)
    writer.key("user")
    user(item.author ?? .ghost, &writer)
    writer.member("body", item.body)
    writer.member("created_at", moment: item.createdAt)
    writer.member("updated_at", moment: item.updatedAt)
    writer.member("closed_at", moment: item.closedAt)
    writer.member("merged_at", moment: pull.mergedAt)
    writer.member("merge_commit_sha", pull.mergeSHA)
    writer.key("assignee")
    user(item.assignees.first, &writer)
    writer.key("assignees")
    users(item.assignees, &writer)
    writer.key("requested_reviewers")
    writer.raw("[]")
    writer.key("requested_teams")
    writer.raw("[]")
    writer.key("labels")
    labels(item, of: model, &writer)
    writer.key("milestone")
    milestone(model.milestone(item.milestone), of: model, &writer)
    writer.member("draft", pull.isDraft)
    writer.member("commits_url", url + "/commits")
    writer.member("review_comments_url", url + "/comments")
    writer.member("review_comment_url", "\(api(model))/pulls/comments{/number}")
    writer.member("comments_url", "\(api(model))/issues/\(item.number)/comments")
    writer.member("statuses_url", "\(api(model))/statuses/\(pull.headSHA)")
    writer.key("head")
    side(pull.headRef, pull.headSHA, of: model, &writer)
    writer.key("base")
    side(pull.baseRef, pull.baseSHA, of: model, &writer)
    writer.member("author_association", Self.association(item.author, model))
    writer.member("auto_merge", nil as String?)
    writer.member("active_lock_reason", item.lockReason)
    if isWhole {
      writer.member("merged", pull.mergedAt != nil)
      writer.member("mergeable", nil as String?)
      writer.member("rebaseable", nil as String?)
      writer.member("mergeable_state", "unknown")
      writer.member("merged_by", nil as String?)
      writer.member("comments", item.comments.count)
      writer.member("review_comments", pull.reviewComments.count)
      writer.member("maintainer_can_modify", false)
      writer.member("commits", 1)
      writer.member("additions", pull.additions)
      writer.member("deletions", pull.deletions)
      writer.member("changed_files", pull.files.count)
    }
    writer.raw("}")
  }

  private func side(_ ref: String, _ sha: String, of model: RepositoryModel, _ writer: inout JSONWriter) {
    writer.raw("{")
    writer.member("label", "\(model.owner.login):\(ref)")
    writer.member("ref", ref)
    writer.member("sha", sha)
    writer.key("user")
    user(model.owner, &writer)
    writer.key("repo")
    repository(model, permission: nil, &writer)
    writer.raw("}")
  }

  func review(
    _ review: RepositoryModel.Review, on item: RepositoryModel.Item, _ pull: RepositoryModel.Pull,
    of model: RepositoryModel, _ writer: inout JSONWriter
  ) {
    writer.raw("{")
    writer.member("id", review.id)
    writer.member("node_id", NodeID.review(model.id, item.number, review.id))
    writer.key("user")
    user(review.author, &writer)
    writer.member("body", review.body)
    writer.member("state", review.state)
    writer.member("html_url", "\(Self.web)/\(model.fullName)/pull/\(item.number)#pullrequestreview-\(review.id)")
    writer.member("pull_request_url", "\(api(model))/pulls/\(item.number)")
    writer.member("author_association", Self.association(review.author, model))
    writer.member("submitted_at", moment: review.submittedAt)
    writer.member("commit_id", pull.headSHA)
    writer.raw("}")
  }

  func reviewComment(
    _ comment: RepositoryModel.ReviewComment, on item: RepositoryModel.Item, _ pull: RepositoryModel.Pull,
    of model: RepositoryModel, _ writer: inout JSONWriter
  ) {
    let url = "\(api(model))/pulls/comments/\(comment.id)"
    writer.raw("{")
    writer.member("url", url)
    writer.member("pull_request_review_id", comment.reviewID)
    writer.member("id", comment.id)
    writer.member("node_id", NodeID.reviewComment(model.id, item.number, comment.id))
    writer.member("diff_hunk", "@@ -1,3 +1,4 @@\n let a = 1\n+let b = 2")
    writer.member("path", comment.path)
    writer.member("commit_id", pull.headSHA)
    writer.member("original_commit_id", pull.headSHA)
    writer.key("user")
    user(comment.author, &writer)
    writer.member("body", comment.body)
    writer.member("created_at", moment: comment.createdAt)
    writer.member("updated_at", moment: comment.updatedAt)
    writer.member("html_url", "\(Self.web)/\(model.fullName)/pull/\(item.number)#discussion_r\(comment.id)")
    writer.member("pull_request_url", "\(api(model))/pulls/\(item.number)")
    writer.member("author_association", Self.association(comment.author, model))
    reactions([], url, &writer)
    writer.member("start_line", nil as String?)
    writer.member("original_start_line", nil as String?)
    writer.member("start_side", nil as String?)
    writer.member("line", 2)
    writer.member("original_line", 2)
    writer.member("side", "RIGHT")
    writer.member("original_position", 2)
    writer.member("position", 2)
    writer.member("subject_type", "line")
    if let replyTo = comment.replyTo { writer.member("in_reply_to_id", replyTo) }
    writer.raw("}")
  }

  func file(
    _ file: RepositoryModel.File, _ pull: RepositoryModel.Pull, of model: RepositoryModel,
    _ writer: inout JSONWriter
  ) {
    let path = file.path.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/")
    writer.raw("{")
    writer.member("sha", pull.headSHA)
    writer.member("filename", file.path)
    writer.member("status", file.change.restName)
    writer.member("additions", file.additions)
    writer.member("deletions", file.deletions)
    writer.member("changes", file.additions + file.deletions)
    writer.member("blob_url", "\(Self.web)/\(model.fullName)/blob/\(pull.headSHA)/\(path)")
    writer.member("raw_url", "\(Self.web)/\(model.fullName)/raw/\(pull.headSHA)/\(path)")
    writer.member("contents_url", "\(api(model))/contents/\(path)?ref=\(pull.headSHA)")
    writer.member("patch", "@@ -1,3 +1,4 @@\n let a = 1\n+let b = 2")
    if file.change == .renamed { writer.member("previous_filename", "old/" + file.path) }
    writer.raw("}")
  }
}
