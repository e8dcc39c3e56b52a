import Domain

extension ItemsQuery {
  /// Where the answers to a call's questions stand.
  ///
  /// `n0`, … are items by number and `d0`, … discussions, below `repository`. Owners of lists stand in groups: `p31`, …
  /// are the pull requests and `i5`, … the issues of which the same first pages are asked for (the number says which),
  /// `o0`, … single owners of lists that go on. A list's response name is its name in `CapturedList`. So an error's path
  /// names the question that it concerns.
  struct Layout: Sendable {
    /// By alias: `n0` of a head, `n0` and `d0` of an absent number.
    private(set) var numbers: [Question] = []
    /// What is asked of each owner. An owner of which some lists go on and others begin is here twice.
    private(set) var owners: [[ListQuestion]] = []
    private(set) var groups: [Group] = []

    struct Group: Sendable {
      var alias: String
      /// Positions in `owners`, in the order of the ids.
      var owners: [Int]
      /// Whether it is asked for by `node`, not `nodes`.
      var isSingle: Bool
    }

    init(_ questions: [Question]) {
      var positions: [Owner: Int] = [:]
      for question in questions {
        guard case .list(let list) = question else {
          numbers.append(question)
          continue
        }
        let owner = Owner(number: list.number, isBegun: list.page.after != nil)
        if let position = positions[owner] {
          owners[position].append(list)
        } else {
          positions[owner] = owners.count
          owners.append([list])
        }
      }
      group()
    }

    private struct Owner: Hashable {
      var number: Int
      var isBegun: Bool
    }

    private mutating func group() {
      var singles = 0
      var places: [String: Int] = [:]
      for (position, lists) in owners.enumerated() {
        guard let first = lists.first else { continue }
        // Alone, an owner that is gone cannot take others along, whatever GitHub makes of an id that leads nowhere.
        if first.page.after != nil || owners.count == 1 {
          groups.append(Group(alias: "o\(singles)", owners: [position], isSingle: true))
          singles += 1
          continue
        }
        let letter = first.isPullRequest ? "p" : "i"
        var mask = lists.reduce(0) { $0 | $1.page.list.bit }
        while let place = places["\(letter)\(mask)"], groups[place].owners.count == maximumIDs {
          mask += CapturedList.allBits
        }
        if let place = places["\(letter)\(mask)"] {
          groups[place].owners.append(position)
        } else {
          places["\(letter)\(mask)"] = groups.count
          groups.append(Group(alias: "\(letter)\(mask)", owners: [position], isSingle: false))
        }
      }
      for index in owners.indices { owners[index].sort { $0.page.list.bit < $1.page.list.bit } }
      groups.sort { ($0.alias.count, $0.alias) < ($1.alias.count, $1.alias) }
    }

    /// The place of a question that an error's path leads to or into, and how long the path to it is.
    func place(of path: [String]) -> (Complaints.Place, depth: Int)? {
      guard let first = path.first else { return nil }
      if first == "repository" {
        guard path.count > 1, let slot = Alias.slot(of: path[1]) else { return nil }
        return (path[1].hasPrefix("d") ? .discussion(slot) : .item(slot), 2)
      }
      guard let group = groups.first(where: { $0.alias == first }) else { return nil }
      let depth = group.isSingle ? 1 : 2
      guard path.count >= depth else { return nil }
      let index = group.isSingle ? 0 : Int(path[1]) ?? -1
      guard group.owners.indices.contains(index) else { return nil }
      guard path.count > depth, let list = CapturedList(rawValue: path[depth]) else {
        return (.owner(group.owners[index]), depth)
      }
      return (.list(group.owners[index], list), depth + 1)
    }
  }
}

extension CapturedList {
  /// Its place in the number of a group, and in the document.
  fileprivate var bit: Int {
    switch self {
    case .labels: 1
    case .comments: 2
    case .reviews: 4
    case .files: 8
    case .closes: 16
    case .closer: 32
    case .reviewThreads: 64
    case .reviewComments: 128
    }
  }

  fileprivate static let allBits = 256
}
