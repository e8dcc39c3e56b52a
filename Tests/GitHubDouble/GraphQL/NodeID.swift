/// GraphQL's opaque ids, in the style of GitHub's: a prefix for the type, then what finds the object.
enum NodeID {
  static func repository(_ id: Int64) -> String { "R_kgDO\(id)" }
  static func issue(_ repository: Int64, _ number: Int) -> String { "I_kwDO\(repository)_\(number)" }
  static func pullRequest(_ repository: Int64, _ number: Int) -> String { "PR_kwDO\(repository)_\(number)" }
  static func comment(_ repository: Int64, _ number: Int, _ id: Int64) -> String {
    "IC_kwDO\(repository)_\(number)_\(id)"
  }
  static func review(_ repository: Int64, _ number: Int, _ id: Int64) -> String {
    "PRR_kwDO\(repository)_\(number)_\(id)"
  }
  static func reviewComment(_ repository: Int64, _ number: Int, _ id: Int64) -> String {
    "PRRC_kwDO\(repository)_\(number)_\(id)"
  }
  static func thread(_ repository: Int64, _ number: Int, _ id: Int64) -> String {
    "PRRT_kwDO\(repository)_\(number)_\(id)"
  }
  static func milestone(_ repository: Int64, _ id: Int64) -> String { "MI_kwDO\(repository)_\(id)" }
  static func event(_ repository: Int64, _ event: RepositoryModel.TimelineEvent) -> String {
    "\(event.kind.typeName.filter(\.isUppercase))_kwDO\(repository)_\(event.id)"
  }
  static func label(_ repository: Int64, _ id: Int64) -> String { "LA_kwDO\(repository)_\(id)" }

  /// The prefix and the numbers of an id.
  static func parts(_ id: String) -> (prefix: String, numbers: [Int64])? {
    guard let mark = id.firstIndex(of: "_") else { return nil }
    // `_kwDO` or `_kgDO`.
    let rest = id[mark...].dropFirst(5)
    let numbers = rest.split(separator: "_").compactMap { Int64($0) }
    return numbers.isEmpty ? nil : (String(id[..<mark]), numbers)
  }
}
