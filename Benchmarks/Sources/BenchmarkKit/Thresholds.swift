import Foundation

/// What was recorded for one version of Swift, by case and value: `receive/1 instructions`.
///
/// On disk it is JSON with one line for each value, so that a change of a record is one line of a
/// diff. Limits stand beside the records for the reader; they are set where the benchmark is
/// defined, and the gate sees to it that both agree.
public struct Thresholds: Sendable, Equatable {
  /// One value's record.
  public struct Entry: Sendable, Equatable, Codable {
    /// What was measured when it was recorded.
    public var recorded: Double
    /// The limit as text, nil for none.
    public var limit: String?
    /// Why the limit is not reached yet, written by hand; nil where it has to be.
    public var waiver: String?

    /// An entry.
    public init(recorded: Double, limit: String? = nil, waiver: String? = nil) {
      self.recorded = recorded
      self.limit = limit
      self.waiver = waiver
    }
  }

  /// The version of Swift, `major.minor`.
  public var swift: String
  /// The entries by key.
  public var values: [String: Entry]

  /// Thresholds with these entries.
  public init(swift: String, values: [String: Entry] = [:]) {
    self.swift = swift
    self.values = values
  }

  /// The key of a value of a case.
  public static func key(_ result: CaseResult, _ value: Value) -> String {
    "\(result.name) \(value.name)"
  }

  /// Takes results over as the new record.
  ///
  /// - Parameters:
  ///   - results: what was measured. What this machine cannot tell keeps its record.
  ///   - isComplete: whether every benchmark was run, so that other entries are outdated.
  public mutating func record(_ results: [CaseResult], isComplete: Bool) {
    var fresh: [String: Entry] = isComplete ? [:] : self.values
    for result in results {
      for value in result.values {
        guard let tolerance = value.tolerance else { continue }
        let key = Self.key(result, value)
        let old = self.values[key]
        guard let amount = value.amount else {
          fresh[key] = old
          continue
        }
        let isReached = value.limit?.isReached(by: amount, within: tolerance) ?? true
        fresh[key] = Entry(
          recorded: amount, limit: value.limit?.text, waiver: isReached ? nil : old?.waiver)
      }
    }
    self.values = fresh
  }

  // MARK: - JSON

  private struct File: Codable {
    var swift: String
    var values: [String: Entry]
  }

  /// The thresholds in a file's bytes.
  ///
  /// - Throws: `DecodingError` when they are not.
  public init(json: Data) throws {
    let file = try JSONDecoder().decode(File.self, from: json)
    self.init(swift: file.swift, values: file.values)
  }

  /// The file's text.
  public var json: String {
    let lines = self.values.sorted { Self.order($0.key) < Self.order($1.key) }.map { key, entry in
      var fields = ["\"recorded\": \(Value.text(of: entry.recorded))"]
      if let limit = entry.limit { fields.append("\"limit\": \(JSONText.string(limit))") }
      if let waiver = entry.waiver { fields.append("\"waiver\": \(JSONText.string(waiver))") }
      return "    \(JSONText.string(key)): {\(fields.joined(separator: ", "))}"
    }
    return """
      {
        "swift": \(JSONText.string(self.swift)),
        "values": {
      \(lines.joined(separator: ",\n"))
        }
      }

      """
  }

  /// By name, then by size as a number, then by value; all sizes together come last.
  private static func order(_ key: String) -> Order {
    let parts = key.split(separator: " ", maxSplits: 1)
    let place = parts[0].split(separator: "/", maxSplits: 1)
    return Order(
      name: String(place[0]), size: place.count > 1 ? Int(place[1]) ?? .max : .max,
      value: parts.count > 1 ? String(parts[1]) : "")
  }

  private struct Order: Comparable {
    let name: String
    let size: Int
    let value: String

    static func < (left: Self, right: Self) -> Bool {
      (left.name, left.size, left.value) < (right.name, right.size, right.value)
    }
  }
}

/// Text as JSON has it.
enum JSONText {
  static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
