public import Domain

extension LaneTable: CustomStringConvertible {
  /// The table in columns, for a terminal.
  public var description: String {
    let header = ["row", "what", "trigger", "reaches back", "items", "repository", "rollout", "lane"]
    var cells = [header]
    for (index, row) in rows.enumerated() {
      let conditions = row.conditions
      let items =
        conditions.fewerItemsThan.map { "< \($0)" } ?? conditions.itemsFrom.map { "≥ \($0)" } ?? Self.anything
      cells.append([
        String(index + 1), row.name, conditions.trigger?.rawValue ?? Self.anything,
        conditions.hoursUpTo.map { "≤ \(Int($0)) h" } ?? Self.anything, items,
        conditions.repositoryBelow.map { "< \($0)" } ?? Self.anything,
        conditions.isInRollout.map { $0 ? "yes" : "no" } ?? Self.anything, row.lane.rawValue,
      ])
    }
    let rest = Array(repeating: Self.anything, count: 5)
    cells.append([String(rows.count + 1), LaneRow.otherwise] + rest + [otherwise.rawValue])
    let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      var line = row.enumerated().map { column, text in
        text + String(repeating: " ", count: widths[column] - text.count)
      }.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  private static let anything = "any"

  /// The table for machines: rows with the conditions that they have, in order.
  public var json: JSONValue {
    func members(_ name: String, _ conditions: LaneConditions, _ lane: Lane) -> JSONValue {
      var members: [String: JSONValue] = ["name": .string(name), "lane": .string(lane.rawValue)]
      members["processor_type"] = .string(lane.processor.rawValue)
      members["trigger"] = conditions.trigger.map { .string($0.rawValue) }
      members["hours_up_to"] = conditions.hoursUpTo.map { .integer(Int64($0)) }
      members["fewer_items_than"] = conditions.fewerItemsThan.map { .integer(Int64($0)) }
      members["items_from"] = conditions.itemsFrom.map { .integer(Int64($0)) }
      members["repository_below"] = conditions.repositoryBelow.map { .integer(Int64($0)) }
      members["rollout"] = conditions.isInRollout.map { .bool($0) }
      return .object(members)
    }
    return .array(
      rows.map { members($0.name, $0.conditions, $0.lane) }
        + [members(LaneRow.otherwise, LaneConditions(), otherwise)])
  }
}
