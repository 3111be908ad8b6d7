/// Results as text and as JSON.
public enum Report {
  private static let columns = [
    ("ns", 12), ("ns-median", 12), ("allocations", 13), ("instructions", 14),
  ]

  /// The heading of the table.
  public static var heading: String {
    Self.padded("benchmark", to: 34) + Self.columns.map { Self.padded($0.0, before: $0.1) }.joined()
  }

  /// One result: the common values in columns, the others below.
  public static func text(of result: CaseResult) -> String {
    var lines: [String] = []
    let names = Self.columns.map { $0.0 }
    if result.values.contains(where: { names.contains($0.name) }) {
      let cells = Self.columns.map { name, width in
        Self.padded(result.values.first { $0.name == name }?.text ?? "", before: width)
      }
      lines.append(Self.padded(result.name, to: 34) + cells.joined())
    }
    for value in result.values where !names.contains(value.name) {
      let limit = value.limit.map { "  (wanted \($0.text))" } ?? ""
      lines.append(
        Self.padded(lines.isEmpty ? result.name : "", to: 34)
          + "  \(value.name) = \(value.text) \(value.unit)\(limit)")
    }
    return lines.joined(separator: "\n")
  }

  /// All results as one JSON object.
  public static func json(_ results: [CaseResult], swift: String) -> String {
    let cases = results.map { result in
      let values = result.values.map { value in
        let amount = value.amount == nil ? "null" : value.text
        return "\(JSONText.string(value.name)): "
          + "{\"amount\": \(amount), \"unit\": \(JSONText.string(value.unit))}"
      }
      let size = result.size.map { "\($0)" } ?? "null"
      return "    {\"benchmark\": \(JSONText.string(result.benchmark)), \"size\": \(size), "
        + "\"values\": {\(values.joined(separator: ", "))}}"
    }
    return "{\n  \"swift\": \(JSONText.string(swift)),\n  \"results\": [\n"
      + cases.joined(separator: ",\n") + "\n  ]\n}"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func padded(_ text: String, before width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
