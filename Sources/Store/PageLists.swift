import Domain

/// The lists of which a page holds parts, sorted by what is to be done about them.
struct PageLists {
  private let wholeByList: [CapturedList: [ReadList]]
  /// Parts of lists that take several pages.
  let partial: [ListPart]
  /// Parts that end their list, whole ones among them.
  let last: [ListPart]
  private let begun: [CapturedList: [Int: Timestamp]]

  init(_ page: CapturedPage) {
    var whole: [CapturedList: [ReadList]] = [:]
    var partial: [ListPart] = []
    var last: [ListPart] = []
    var begun: [CapturedList: [Int: Timestamp]] = [:]
    for part in page.lists {
      begun[part.list, default: [:]][part.number] = part.begun
      if part.isFirst, part.isLast {
        whole[part.list, default: []].append(ReadList(number: part.number, begun: part.begun, page))
      } else {
        partial.append(part)
      }
      if part.isLast { last.append(part) }
    }
    wholeByList = whole
    self.partial = partial
    self.last = last
    self.begun = begun
  }

  func whole(_ list: CapturedList) -> [ReadList] { wholeByList[list] ?? [] }

  func begun(_ list: CapturedList, _ number: Int) -> Timestamp? { begun[list]?[number] }

  /// The lists of links that the page says something about, each number once.
  func links(_ page: CapturedPage) -> [LinkList] {
    var read: [Int: LinkList] = [:]
    for link in page.links {
      read[link.fromNumber] = LinkList(number: link.fromNumber, begun: nil, isWhole: false)
    }
    for list in [CapturedList.closes, .closer] {
      for (number, moment) in begun[list] ?? [:] {
        read[number] = LinkList(number: number, begun: moment, isWhole: false)
      }
      for part in whole(list) { read[part.number]?.isWhole = true }
    }
    return read.values.sorted { $0.number < $1.number }
  }

  /// Lists that took several pages and end with this one.
  func ended(_ list: CapturedList, of page: CapturedPage) -> [ReadList] {
    partial.filter { $0.isLast && $0.list == list }.map { ReadList(number: $0.number, begun: $0.begun, page) }
  }

  /// The keys of the page's rows that belong to unfinished lists.
  func sightings(_ page: CapturedPage) -> [Sighting] {
    var open: [CapturedList: Set<Int>] = [:]
    for part in partial { open[part.list, default: []].insert(part.number) }
    var found: [Sighting] = []
    func add<Row>(_ list: CapturedList, _ rows: [Row], _ number: (Row) -> Int, _ key: (Row) -> String) {
      guard let numbers = open[list] else { return }
      for row in rows where numbers.contains(number(row)) {
        found.append(Sighting(number: number(row), list: list, key: key(row)))
      }
    }
    add(.comments, page.issueComments, \.issueNumber) { String($0.githubID) }
    add(.reviews, page.reviews, \.pullNumber) { String($0.githubID) }
    add(.reviewComments, page.reviewComments, \.pullNumber) { String($0.githubID) }
    add(.files, page.files, \.pullNumber, \.path)
    for list in [CapturedList.closes, .closer] {
      add(list, page.links, \.fromNumber) { link in
        "\(link.toRepository.lowercased())#\(link.toNumber.map { String($0) } ?? link.toCommit ?? "")"
      }
    }
    if page.reviewCommentWalk != nil {
      found += page.reviewComments.map { Sighting(number: 0, list: .reviewComments, key: String($0.githubID)) }
    }
    return found
  }
}

/// A list that was read to its end.
struct ReadList: CapturedRow {
  var number: Int
  /// By the database's clock.
  var begun: Timestamp
  /// By GitHub's: what was created before is gone where the list does not have it. Its times are whole seconds, and its
  /// servers do not all know the newest at once.
  var before: Timestamp

  init(number: Int, begun: Timestamp, _ page: CapturedPage) {
    self.number = number
    self.begun = begun
    before = begun + (page.serverAhead - 2)
  }

  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("begun", begun.description)
    writer.member("before", before.description)
  }
}

/// A list of a number, by name.
struct ListName: CapturedRow {
  var number: Int
  var list: CapturedList

  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("list", list.rawValue)
  }
}

/// A row of `list_sightings`.
struct Sighting: CapturedRow {
  var number: Int
  var list: CapturedList
  var key: String

  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("list", list.rawValue)
    writer.member("key", key)
  }
}

struct LabelsRow: CapturedRow {
  var labels: LabelsRecord
  var begun: Timestamp?

  func write(to writer: inout RowWriter) {
    writer.member("number", labels.number)
    writer.member("labels", labels.labels)
    writer.member("begun", begun?.description)
  }
}

/// A list of links, or a part of one.
struct LinkList: CapturedRow {
  var number: Int
  /// nil where nobody knows when it was read.
  var begun: Timestamp?
  var isWhole: Bool

  func write(to writer: inout RowWriter) {
    writer.member("number", number)
    writer.member("begun", begun?.description)
    writer.member("whole", isWhole)
  }
}

extension LinkRecord: CapturedRow {
  func write(to writer: inout RowWriter) {
    writer.member("from_number", fromNumber)
    writer.member("to_repository", toRepository)
    writer.member("to_number", toNumber.map { Int64($0) })
    writer.member("to_commit", toCommit)
  }
}

extension LinkRecord {
  /// What makes two links one, as the unique index has it.
  var key: Key { Key(from: fromNumber, to: toRepository.lowercased(), number: toNumber, commit: toCommit) }

  struct Key: Hashable {
    var from: Int
    var to: String
    var number: Int?
    var commit: String?
  }
}
