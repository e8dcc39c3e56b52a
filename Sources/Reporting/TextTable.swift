import Markup

extension LogText {
  /// Rows of cells as lines: columns padded to their widest cell, two spaces apart.
  static func aligned(_ rows: [[LogText]]) -> [LogText] {
    let widths = rows.reduce(into: [Int]()) { widths, row in
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.text.count)
      }
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let isLast = column == row.count - 1
        return isLast
          ? cell : cell + LogText(trusted: String(repeating: " ", count: widths[column] - cell.text.count + 2))
      }.joined()
    }
  }
}
