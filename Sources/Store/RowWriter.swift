import Domain

/// A captured record that can write itself as a JSON object whose members are named like the table's columns.
protocol CapturedRow {
  func write(to writer: inout RowWriter)
}

/// Writes a page's rows as one JSON array, byte by byte: a general encoder would be the slowest part of a capture.
struct RowWriter {
  private(set) var document: [UInt8] = []
  private var isFirstMember = true

  init(_ rows: [some CapturedRow]) {
    document.reserveCapacity(rows.count * 256)
    document.append(UInt8(ascii: "["))
    for (index, row) in rows.enumerated() {
      document.append(contentsOf: index == 0 ? "{".utf8 : ",{".utf8)
      isFirstMember = true
      row.write(to: &self)
      document.append(UInt8(ascii: "}"))
    }
    document.append(UInt8(ascii: "]"))
  }

  /// One row, as an object of its own.
  init(object row: some CapturedRow) {
    document.append(UInt8(ascii: "{"))
    row.write(to: &self)
    document.append(UInt8(ascii: "}"))
  }

  mutating func member(_ name: StaticString, _ value: String?) {
    begin(name)
    if let value { string(value) } else { document.append(contentsOf: "null".utf8) }
  }

  mutating func member(_ name: StaticString, _ value: Int64?) {
    begin(name)
    document.append(contentsOf: (value.map { String($0) } ?? "null").utf8)
  }

  mutating func member(_ name: StaticString, _ value: Int) { member(name, Int64(value)) }

  mutating func member(_ name: StaticString, _ value: Bool) {
    begin(name)
    document.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// JSON has no infinities: what is not finite becomes 0.
  mutating func member(_ name: StaticString, _ value: Double) {
    begin(name)
    document.append(contentsOf: (value.isFinite ? "\(value)" : "0").utf8)
  }

  mutating func member(_ name: StaticString, _ values: [String]) {
    begin(name)
    document.append(UInt8(ascii: "["))
    for (index, value) in values.enumerated() {
      if index > 0 { document.append(UInt8(ascii: ",")) }
      string(value)
    }
    document.append(UInt8(ascii: "]"))
  }

  /// Names are columns, which need no escapes.
  private mutating func begin(_ name: StaticString) {
    document.append(contentsOf: isFirstMember ? "\"".utf8 : ",\"".utf8)
    isFirstMember = false
    name.withUTF8Buffer { document.append(contentsOf: $0) }
    document.append(contentsOf: "\":".utf8)
  }

  private mutating func string(_ text: String) {
    document.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      var copied = 0
      for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C {
        document.append(contentsOf: bytes[copied..<index])
        escape(bytes[index])
        copied = index + 1
      }
      document.append(contentsOf: bytes[copied...])
    }
    document.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x0A: document.append(contentsOf: "\\n".utf8)
    case 0x0D: document.append(contentsOf: "\\r".utf8)
    case 0x22: document.append(contentsOf: "\\\"".utf8)
    case 0x5C: document.append(contentsOf: "\\\\".utf8)
    default:
      let digits = String(byte, radix: 16)
      document.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
      document.append(contentsOf: digits.utf8)
    }
  }
}

extension PullRequestRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("github_id", githubID)
    writer.member("title", title)
    writer.member("body", body)
    writer.member("state", state)
    writer.member("is_draft", isDraft)
    writer.member("author_login", authorLogin)
    writer.member("created_at", createdAt)
    writer.member("updated_at", updatedAt)
    writer.member("closed_at", closedAt)
    writer.member("merged_at", mergedAt)
    writer.member("additions", additions)
    writer.member("deletions", deletions)
    writer.member("changed_files", changedFiles)
    writer.member("base_ref", baseRef)
    writer.member("head_ref", headRef)
    writer.member("head_sha", headSHA)
    writer.member("merge_commit_sha", mergeCommitSHA)
  }
}

extension IssueRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("github_id", githubID)
    writer.member("title", title)
    writer.member("body", body)
    writer.member("state", state)
    writer.member("state_reason", stateReason)
    writer.member("author_login", authorLogin)
    writer.member("created_at", createdAt)
    writer.member("updated_at", updatedAt)
    writer.member("closed_at", closedAt)
  }
}

extension ReviewRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("github_id", githubID)
    writer.member("pull_number", pullNumber)
    writer.member("author_login", authorLogin)
    writer.member("state", state)
    writer.member("body", body)
    writer.member("submitted_at", submittedAt)
  }
}

extension ReviewCommentRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("github_id", githubID)
    writer.member("pull_number", pullNumber)
    writer.member("review_id", reviewID)
    writer.member("author_login", authorLogin)
    writer.member("path", path)
    writer.member("body", body)
    writer.member("created_at", createdAt)
    writer.member("updated_at", updatedAt)
  }
}

extension IssueCommentRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("github_id", githubID)
    writer.member("issue_number", issueNumber)
    writer.member("author_login", authorLogin)
    writer.member("body", body)
    writer.member("created_at", createdAt)
    writer.member("updated_at", updatedAt)
  }
}

extension FileRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("pull_number", pullNumber)
    writer.member("path", path)
    writer.member("additions", additions)
    writer.member("deletions", deletions)
    writer.member("change_type", changeType)
  }
}

extension ContributorRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("login", login)
    writer.member("github_id", githubID)
    writer.member("account_type", accountType)
  }
}
