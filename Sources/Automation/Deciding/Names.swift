/// Names that GitHub compares without regard to case: labels and logins. Keeps the order and the first spelling.
struct Names: Hashable {
  private(set) var list: [String] = []
  private var folded: Set<String> = []

  init(_ names: some Sequence<String> = []) {
    for name in names { insert(name) }
  }

  func contains(_ name: String) -> Bool { folded.contains(name.lowercased()) }

  /// Whether the name was not there yet.
  @discardableResult
  mutating func insert(_ name: String) -> Bool {
    guard folded.insert(name.lowercased()).inserted else { return false }
    list.append(name)
    return true
  }

  /// The name as it was spelled in the list, where it was there.
  @discardableResult
  mutating func remove(_ name: String) -> String? {
    let key = name.lowercased()
    guard folded.remove(key) != nil, let index = list.firstIndex(where: { $0.lowercased() == key }) else { return nil }
    return list.remove(at: index)
  }
}
