extension RepositoryModel {
  /// The tables that a capture of the repository fills.
  public enum TruthTable: String, CaseIterable, Sendable {
    case pullRequests = "pull_requests"
    case issues
    case reviews
    case reviewComments = "review_comments"
    case issueComments = "issue_comments"
    case files = "pull_request_files"
    /// What a pull request closes, and the commit that closed an issue. They have no `deleted_at`.
    case links
  }

  /// What a complete capture holds in that table: one JSON object a row, with the columns' names, in the order of
  /// numbers. U+0000, which Postgres cannot store, is U+FFFD here; App logins end in `[bot]`; deleted authors are null.
  public func truth(_ table: TruthTable) -> [JSONNode] {
    truthLines(table).compactMap { JSONNode(bytes: $0) }
  }

  /// The same as bytes, a line a row.
  func truthLines(_ table: TruthTable) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for item in items {
      switch table {
      case .pullRequests: if let pull = item.pull { lines.append(Self.row(item, pull)) }
      case .issues: if item.pull == nil { lines.append(Self.row(item)) }
      case .reviews: for review in item.pull?.reviews ?? [] { lines.append(Self.row(review, item.number)) }
      case .reviewComments:
        for comment in item.pull?.reviewComments ?? [] { lines.append(Self.row(comment, item.number)) }
      case .issueComments: for comment in item.comments { lines.append(Self.row(comment, item.number)) }
      case .files: for file in item.pull?.files ?? [] { lines.append(Self.row(file, item.number)) }
      case .links: lines += links(from: item)
      }
    }
    return lines
  }

  private static func line(_ fill: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.raw("{")
    fill(&writer)
    writer.raw("}")
    return writer.bytes
  }

  private static func storable(_ text: String) -> String {
    guard text.utf8.contains(0) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
  }

  private static func labels(_ names: [String], _ writer: inout JSONWriter) {
    writer.key("labels")
    writer.write(.array(names.map { .string(storable($0)) }))
  }

  private static func row(_ item: Item, _ pull: Pull) -> [UInt8] {
    line {
      $0.member("number", item.number)
      $0.member("github_id", pull.id)
      $0.member("title", storable(item.title))
      $0.member("body", storable(item.body ?? ""))
      $0.member("state", pull.mergedAt != nil ? "merged" : item.state)
      $0.member("is_draft", pull.isDraft)
      $0.member("author_login", item.author?.login)
      $0.member("created_at", moment: item.createdAt)
      $0.member("updated_at", moment: item.updatedAt)
      $0.member("closed_at", moment: item.closedAt)
      $0.member("merged_at", moment: pull.mergedAt)
      $0.member("additions", pull.additions)
      $0.member("deletions", pull.deletions)
      $0.member("changed_files", pull.files.count)
      $0.member("base_ref", pull.baseRef)
      $0.member("head_ref", pull.headRef)
      $0.member("head_sha", pull.headSHA)
      $0.member("merge_commit_sha", pull.mergeSHA)
      labels(item.labels, &$0)
    }
  }

  private static func row(_ item: Item) -> [UInt8] {
    line {
      $0.member("number", item.number)
      $0.member("github_id", item.id)
      $0.member("title", storable(item.title))
      $0.member("body", storable(item.body ?? ""))
      $0.member("state", item.state)
      $0.member("state_reason", item.stateReason)
      $0.member("author_login", item.author?.login)
      $0.member("created_at", moment: item.createdAt)
      $0.member("updated_at", moment: item.updatedAt)
      $0.member("closed_at", moment: item.closedAt)
      labels(item.labels, &$0)
    }
  }

  private static func row(_ review: Review, _ number: Int) -> [UInt8] {
    line {
      $0.member("github_id", review.id)
      $0.member("pull_number", number)
      $0.member("author_login", review.author?.login)
      $0.member("state", review.state)
      $0.member("body", storable(review.body))
      $0.member("submitted_at", moment: review.submittedAt)
    }
  }

  private static func row(_ comment: ReviewComment, _ number: Int) -> [UInt8] {
    line {
      $0.member("github_id", comment.id)
      $0.member("pull_number", number)
      $0.member("review_id", comment.reviewID)
      $0.member("author_login", comment.author?.login)
      $0.member("path", storable(comment.path))
      $0.member("body", storable(comment.body))
      $0.member("created_at", moment: comment.createdAt)
      $0.member("updated_at", moment: comment.updatedAt)
    }
  }

  private static func row(_ comment: Comment, _ number: Int) -> [UInt8] {
    line {
      $0.member("github_id", comment.id)
      $0.member("issue_number", number)
      $0.member("author_login", comment.author?.login)
      $0.member("body", storable(comment.body))
      $0.member("created_at", moment: comment.createdAt)
      $0.member("updated_at", moment: comment.updatedAt)
    }
  }

  private func links(from item: Item) -> [[UInt8]] {
    let issues = (item.pull?.closes ?? []).filter { position(of: $0) != nil }.map { Int64($0) }
    let commits = item.isClosed ? [item.closingCommit].compactMap(\.self) : []
    return issues.map { link(from: item, to: $0, nil) } + commits.map { link(from: item, to: nil, $0) }
  }

  private func link(from item: Item, to number: Int64?, _ commit: String?) -> [UInt8] {
    Self.line {
      $0.member("from_number", item.number)
      $0.member("to_repository", fullName)
      $0.member("to_number", number)
      $0.member("to_commit", commit)
      $0.member("kind", "closes")
    }
  }

  private static func row(_ file: File, _ number: Int) -> [UInt8] {
    line {
      $0.member("pull_number", number)
      $0.member("path", storable(file.path))
      $0.member("additions", file.additions)
      $0.member("deletions", file.deletions)
      $0.member("change_type", file.change.rawValue.lowercased())
    }
  }
}
