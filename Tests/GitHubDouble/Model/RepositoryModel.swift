/// One repository as the double holds it: a value, so a test can keep a copy and compare.
public struct RepositoryModel: Sendable {
  public var owner: Account
  public var name: String
  public var id: Int64
  public var defaultBranch = "main"
  public var isPrivate = false
  public var createdAt: Int64 = 1_600_000_000
  /// Files of the default branch by path.
  public var contents: [String: [UInt8]] = [:]
  /// Roles by login in lower case: `admin`, `maintain`, `write`, `triage`, `read`, `none`. Anyone else may read a
  /// public repository; the owner is `admin`.
  public var collaborators: [String: String] = [:]
  /// Logins in lower case that belong to nobody: their permission answers 404.
  public var missingAccounts: Set<String> = []
  public var labels: [Label] = []
  /// In the order of their numbers.
  public var milestones: [Milestone] = []
  /// `author_association` by login in lower case, where it is another than roles make it.
  public var associations: [String: String] = [:]
  /// Numbers that are taken by something else than an issue or a pull request.
  public var gone: [Int: Gone] = [:]
  /// `owner/name` that lead here with a 301.
  public var formerNames: [String] = []
  /// Issues and pull requests in the order of their numbers.
  public private(set) var items: [Item] = []

  private var positions: [Int: Int] = [:]
  private var lastID: Int64 = 3_000_000_000

  public init(owner: String, name: String, id: Int64 = 724_201_001) {
    self.owner = .user(owner)
    self.name = name
    self.id = id
  }

  public var fullName: String { "\(owner.login)/\(name)" }

  /// The issue or pull request of a number; setting one that is there replaces it.
  public subscript(number: Int) -> Item? {
    get { positions[number].map { items[$0] } }
    set {
      guard var item = newValue else {
        guard let position = positions[number] else { return }
        items.remove(at: position)
        reindex()
        return
      }
      item.number = number
      if let position = positions[number] {
        items[position] = item
      } else if let last = items.last, last.number > number {
        let position = items.firstIndex { $0.number > number } ?? items.endIndex
        items.insert(item, at: position)
        reindex()
      } else {
        positions[number] = items.count
        items.append(item)
      }
    }
  }

  private mutating func reindex() {
    positions = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.number, $0) })
  }

  func position(of number: Int) -> Int? { positions[number] }

  /// Changes an item in place.
  public mutating func update<Result>(_ number: Int, _ change: (inout Item) -> Result) -> Result? {
    guard let position = positions[number] else { return nil }
    return change(&items[position])
  }

  /// The number that the next issue or pull request gets.
  public var nextNumber: Int { max(items.last?.number ?? 0, gone.keys.max() ?? 0) + 1 }

  /// A new id, above 32 bits.
  public mutating func nextID() -> Int64 {
    lastID += 1
    return lastID
  }

  mutating func reserve(_ count: Int) { items.reserveCapacity(count) }

  /// Adds an open issue and returns its number.
  @discardableResult
  public mutating func addIssue(
    title: String, body: String? = nil, author: Account? = .user("alice"), labels: [String] = [],
    at moment: Int64 = 1_700_000_000
  ) -> Int {
    let number = nextNumber
    let item = Item(number: number, id: nextID(), title: title, body: body, author: author, createdAt: moment)
    self[number] = item
    for label in labels { apply(.addLabel(label), to: number, by: author, at: moment) }
    return number
  }

  /// Adds an open pull request of one changed file and returns its number.
  @discardableResult
  public mutating func addPullRequest(
    title: String, body: String? = nil, author: Account? = .user("alice"), at moment: Int64 = 1_700_000_000
  ) -> Int {
    let number = nextNumber
    let id = nextID()
    var pull = Pull(
      id: nextID(), baseRef: defaultBranch, headRef: "topic-\(number)", headSHA: Self.sha(id, 1),
      baseSHA: Self.sha(id, 2))
    pull.files = [File(path: "README.md", additions: 1, deletions: 0, change: .modified)]
    self[number] = Item(
      number: number, id: id, title: title, body: body, author: author, createdAt: moment, pull: pull)
    return number
  }

  /// Adds a comment to an item that is there, and returns the comment's id.
  @discardableResult
  public mutating func addComment(
    on number: Int, body: String, author: Account? = .user("alice"), at moment: Int64 = 1_700_000_100
  ) -> Int64 {
    let comment = Comment(id: nextID(), body: body, author: author, createdAt: moment)
    _ = update(number) { item in
      item.comments.append(comment)
      item.updatedAt = max(item.updatedAt, moment)
    }
    return comment.id
  }

  /// The label of that name whatever its case, made where there is none.
  mutating func label(named name: String) -> Label {
    if let label = labels.first(where: { $0.name.lowercased() == name.lowercased() }) { return label }
    let label = Label(id: nextID(), name: name)
    labels.append(label)
    return label
  }

  /// The role of a login, or nil where no such account exists.
  func role(of login: String) -> String? {
    let login = login.lowercased()
    if missingAccounts.contains(login) { return nil }
    if let role = collaborators[login] { return role }
    if login == owner.login.lowercased() { return "admin" }
    return isPrivate ? "none" : "read"
  }

  /// Whoever has this login somewhere in the repository, or a new user.
  func account(_ login: String) -> Account {
    login.hasSuffix("[bot]") ? .bot(String(login.dropLast(5))) : .user(login)
  }

  static func sha(_ id: Int64, _ salt: UInt64) -> String {
    var random = SeededGenerator(seed: UInt64(id) &* 31 &+ salt)
    return random.hexadecimal(40)
  }
}
