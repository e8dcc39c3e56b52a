/// Text that has broken tools: whoever stores or shows it must not execute, cut or alter it.
enum HostileText {
  static let titles = [
    "::set-output name=x::y", "##[error]not an error", "Fix ::error::nested command",
    "\u{202E}txt.exe\u{202C} overrides",
    "zero\u{200B}width\u{2060}joiners", "מבחן RTL עם bug", "emoji 👩‍👩‍👧‍👦 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "<script>alert(1)</script>",
    "@everyone ping @octocat #1 GH-2", "Robert'); DROP TABLE pull_requests;--",
    "$(touch /tmp/x) `id` ${{ secrets.TOKEN }}",
    "nul\u{0000}inside", "%0A::warning::percent", "[link](javascript:alert(1)) ![i](http://x)", "| table | break |",
    "\\\" quotes \" and ' and \\", "e\u{301} combining ﬀ ligature", "   leading and trailing   ",
  ]

  static let bodies = [
    "First line\r\nsecond line\r\n\r\n::stop-commands::token\r\n##[add-path]/tmp\r\n",
    "<!-- hidden -->\n<details><summary>x</summary>\n\n```\n/close\n```\n</details>",
    "> /label quoted\n\n`/close`\n\n    /reopen\n", "nul \u{0000} byte and bell \u{0007} and escape \u{001B}[31mred",
    "astral 𠜎 𠜱 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and a BOM \u{FEFF} within", "\u{2028}line separator\u{2029}paragraph separator\u{0085}next line",
    "a,b\t\"c\"\\N\\.\n\\copy", "{\"json\": [1, null, \"\\u0000\"]}", "", "\n\n\n",
    "EOF\nEOF\nghadelimiter_00000000-0000-0000-0000-000000000000\nname=value",
    "@octocat closes #1, fixes acme/widget#2, see https://example.com/?a=1&b=<c>",
  ]

  static let labels = [
    "bug", "enhancement", "good first issue", "area: a,b", "P0 🔥", "needs:info", "::error::x", "wontfix",
  ]

  static let words = [
    "cache", "parser", "retry", "timeout", "index", "session", "renderer", "queue", "socket", "header", "cursor",
    "migration", "label", "release", "worker", "token", "budget", "schema", "pager", "editor",
  ]

  static let verbs = ["Fix", "Add", "Remove", "Refactor", "Document", "Speed up", "Rename", "Test", "Bump", "Revert"]

  static let remarks = [
    "Looks good to me.", "Could this be a `let`?", "Nit: the name hides what it does.",
    "Please add a test for the empty case.",
    "This loses the error: can we keep the cause?", "Agreed, done in the next commit.",
    "I measured it: 12 % faster on my machine.",
    "Why not reuse the parser above?", "Thanks for the quick fix!", "Blocked on the release, see the thread.",
  ]

  /// What people write into a pull request, in several lengths.
  static let paragraphs: [String] = (0..<24).map { index in
    let subject = words[index % words.count]
    let line =
      "The \(subject) kept its state across requests, which made the second one fail. "
      + "This change moves the state into the request and adds a test that runs both orders.\n\n"
    return "## What\n\n" + String(repeating: line, count: index % 4)
      + "- touches the \(subject)\n- no change in behaviour otherwise\n"
  }
}
