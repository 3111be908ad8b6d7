import MDM

/// The rows of a timeline as text, with columns of one width in both versions.
struct TimelineTable {
  var header: [String]
  var rows: [[String]] = []

  /// One space between words, none at the ends, the one-character sign for at most.
  static func normalised(_ text: some StringProtocol) -> String {
    let words = text.split { $0 == " " || $0 == "\t" }
    return words.map { $0 == "<=" ? "≤" : String($0) }.joined(separator: " ")
  }

  /// The widest cell of each column.
  func widths() -> [Int] {
    self.header.indices.map { column in
      ([self.header] + self.rows).map { $0[column].count }.max() ?? 0
    }
  }

  /// The table with columns of at least these widths.
  func text(widths: [Int]) -> String {
    ([self.header] + self.rows).map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: max(0, width - cell.count))
      }
      var line = cells.joined(separator: " | ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// What a timeline came to.
public struct TimelineResult: CustomStringConvertible {
  /// The table with what really happened in its cells.
  public let actual: String
  /// The table as it was written, in the same layout.
  public let expected: String
  /// The scenario at the end, for further questions.
  public let scenario: Scenario

  /// Whether everything happened as written.
  public var matches: Bool { self.actual == self.expected }

  /// The table, or both of them when they differ.
  public var description: String {
    self.matches
      ? self.actual : "Expected:\n\(self.expected)\n\nActual:\n\(self.actual)"
  }
}
