extension RepositoryModel {
  /// A repository with the spreads of a real one, the same for the same arguments on every machine.
  ///
  /// Among ten or more pull requests there is one with more than 100 comments, one with more than 100 reviews, one with
  /// more than 100 files and one with a review of more than 100 comments; later about one in 400 is that long. One
  /// title in eight is hostile, one author in 25 deleted, one in eight an App; one number in 30 belongs to nothing or to a
  /// discussion.
  public static func generated(
    owner: String = "acme", name: String = "widget", pullRequests: Int, issues: Int, seed: UInt64 = 1
  ) -> RepositoryModel {
    var generator = RepositoryGenerator(owner: owner, name: name, seed: seed)
    generator.fill(pullRequests: pullRequests, issues: issues)
    return generator.model
  }
}

struct RepositoryGenerator {
  private(set) var model: RepositoryModel
  private var random: SeededGenerator
  private let people: [RepositoryModel.Account]
  private let bots: [RepositoryModel.Account]
  private var pullRequestsMade = 0

  init(owner: String, name: String, seed: UInt64) {
    model = RepositoryModel(owner: owner, name: name)
    random = SeededGenerator(seed: seed)
    people = (0..<60).map { .user("dev-\($0)") } + [.user("alice"), .user("bob"), .user("carol")]
    bots = [.bot("dependabot"), .bot("renovate"), .bot("codecov"), .actions]
    model.collaborators = ["alice": "admin", "bob": "write", "carol": "triage", "dev-0": "maintain"]
    for label in HostileText.labels { _ = model.label(named: label) }
    model.contents["README.md"] = Array("# \(name)\n".utf8)
  }

  mutating func fill(pullRequests: Int, issues: Int) {
    let total = pullRequests + issues
    model.reserve(total)
    var pullsLeft = pullRequests
    var issuesLeft = issues
    var number = 0
    // 2021-01-01 to mid-2026, however many items.
    let step = max(60, min(28_800, 170_000_000 / max(total, 1)))
    var moment: Int64 = 1_609_459_200
    while pullsLeft + issuesLeft > 0 {
      number += 1
      // Two neighbours may share their second.
      moment += Int64(random.chance(5) ? 0 : random.below(2 * step))
      if number > 1, random.below(30) == 0 {
        model.gone[number] = random.chance(30) ? .discussion : .deleted
        continue
      }
      if random.below(pullsLeft + issuesLeft) < pullsLeft {
        pullsLeft -= 1
        addPullRequest(number, at: moment)
      } else {
        issuesLeft -= 1
        addIssue(number, at: moment)
      }
    }
    link()
  }

  /// One pull request in five closes the issue before it, one in fifty two of them; a commit closed one in nine of the
  /// issues that are done. Drawn from the numbers, not at random: what else is generated stays as it is.
  private mutating func link() {
    var issues: [Int] = []
    for item in model.items {
      if item.isPullRequest {
        guard item.number % 5 == 0 else { continue }
        _ = model.update(item.number) { $0.pull?.closes = Array(issues.suffix(item.number % 50 == 0 ? 2 : 1)) }
      } else {
        issues.append(item.number)
        guard item.isClosed, item.stateReason == "completed", item.number % 9 == 0 else { continue }
        _ = model.update(item.number) { $0.closingCommit = RepositoryModel.sha($0.id, 3) }
      }
    }
  }

  private mutating func author() -> RepositoryModel.Account? {
    let draw = random.below(100)
    if draw < 4 { return nil }
    return draw < 16 ? random.pick(bots) : random.pick(people)
  }

  private mutating func title(_ number: Int) -> String {
    if random.below(8) == 0 { return "\(random.pick(HostileText.titles)) \(number)" }
    return "\(random.pick(HostileText.verbs)) the \(random.pick(HostileText.words)) (\(number))"
  }

  private mutating func body() -> String? {
    switch random.below(20) {
    case 0: nil
    case 1, 2: random.pick(HostileText.bodies)
    default: random.pick(HostileText.paragraphs)
    }
  }

  private mutating func remark(_ id: Int64) -> String {
    if random.below(16) == 0 { return random.pick(HostileText.bodies) + "\(id)" }
    return "\(random.pick(HostileText.remarks)) (\(id))"
  }

  private mutating func item(_ number: Int, at moment: Int64) -> RepositoryModel.Item {
    var item = RepositoryModel.Item(
      number: number, id: model.nextID(), title: title(number), body: body(), author: author(), createdAt: moment)
    if random.chance(40) {
      var labels: [String] = []
      for _ in 0...random.below(3) {
        let label = random.pick(HostileText.labels)
        if !labels.contains(label) { labels.append(label) }
      }
      item.labels = labels
    }
    if random.chance(15) { item.assignees = [random.pick(people)] }
    return item
  }

  private mutating func addComments(_ count: Int, to item: inout RepositoryModel.Item) {
    var moment = item.createdAt
    for _ in 0..<count {
      moment += Int64(random.below(7200))
      let id = model.nextID()
      var comment = RepositoryModel.Comment(id: id, body: remark(id), author: author(), createdAt: moment)
      if random.below(20) == 0 { comment.updatedAt = moment + 60 }
      item.comments.append(comment)
      item.updatedAt = max(item.updatedAt, comment.updatedAt)
    }
  }

  private mutating func addIssue(_ number: Int, at moment: Int64) {
    var issue = item(number, at: moment)
    addComments(random.below(500) == 0 ? 105 + random.below(60) : random.tail(mean: 2, most: 30), to: &issue)
    if random.chance(60) {
      issue.isClosed = true
      issue.closedAt = issue.updatedAt + Int64(random.below(86_400))
      issue.updatedAt = issue.closedAt ?? issue.updatedAt
      issue.stateReason = random.pick(["completed", "completed", "completed", "not_planned", "duplicate"])
    } else if random.chance(3) {
      issue.stateReason = "reopened"
    }
    model[number] = issue
  }

  private mutating func addPullRequest(_ number: Int, at moment: Int64) {
    pullRequestsMade += 1
    // The third to sixth are long for sure, so that a small repository overflows its nested lists too.
    let long = { (place: Int, random: inout SeededGenerator) in random.below(400) == 0 || place == 0 }
    var request = item(number, at: moment)
    addComments(
      long(pullRequestsMade - 3, &random) ? 105 + random.below(140) : random.tail(mean: 1, most: 30), to: &request)
    var pull = RepositoryModel.Pull(
      id: model.nextID(), baseRef: model.defaultBranch, headRef: "topic/\(number)", headSHA: random.hexadecimal(40),
      baseSHA: random.hexadecimal(40))
    let files = long(pullRequestsMade - 4, &random) ? 105 + random.below(250) : 1 + random.tail(mean: 3, most: 40)
    for index in 0..<files {
      pull.files.append(
        RepositoryModel.File(
          path: "Sources/\(HostileText.words[index % 20])/File\(index + random.below(7) * 1000).swift",
          additions: random.below(80), deletions: random.below(40),
          change: random.chance(70) ? .modified : random.pick(RepositoryModel.File.Change.allCases)))
    }
    let reviews = long(pullRequestsMade - 5, &random) ? 105 + random.below(100) : random.tail(mean: 1, most: 30)
    let hasLongReview = long(pullRequestsMade - 6, &random)
    for index in 0..<max(reviews, hasLongReview ? 1 : 0) {
      addReview(
        to: &pull, of: &request, comments: hasLongReview && index == 0 ? 105 + random.below(60) : random.below(3))
    }
    finish(&pull, of: &request)
    request.pull = pull
    model[number] = request
  }

  private mutating func addReview(
    to pull: inout RepositoryModel.Pull, of request: inout RepositoryModel.Item, comments: Int
  ) {
    let moment = request.updatedAt + Int64(random.below(36_000))
    let id = model.nextID()
    let state = random.pick(["APPROVED", "COMMENTED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED"])
    pull.reviews.append(
      RepositoryModel.Review(
        id: id, state: state, body: random.chance(50) ? "" : remark(id), author: author(), submittedAt: moment))
    request.updatedAt = moment
    for _ in 0..<comments {
      let commentID = model.nextID()
      var comment = RepositoryModel.ReviewComment(
        id: commentID, reviewID: random.below(300) == 0 ? nil : id, path: random.pick(pull.files).path,
        body: remark(commentID), author: author(), createdAt: moment)
      // An edited review comment does not always move the pull request.
      if random.below(15) == 0 { comment.updatedAt = moment + Int64(random.below(100_000)) }
      if let last = pull.reviewComments.last, random.chance(20) { comment.replyTo = last.replyTo ?? last.id }
      pull.reviewComments.append(comment)
    }
  }

  private mutating func finish(_ pull: inout RepositoryModel.Pull, of request: inout RepositoryModel.Item) {
    pull.isDraft = random.chance(6)
    guard random.chance(80) else { return }
    let moment = request.updatedAt + Int64(random.below(86_400))
    request.isClosed = true
    request.closedAt = moment
    request.updatedAt = moment
    if random.chance(80) { pull.mergedAt = moment }
  }
}
