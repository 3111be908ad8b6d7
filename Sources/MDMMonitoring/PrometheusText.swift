/// Metrics in the text format of Prometheus, version 0.0.4.
public enum PrometheusText {
  /// What a response that carries the text says of it in its `Content-Type`.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The page as text.
  ///
  /// - Complexity: O(bytes).
  public static func text(of page: MetricsPage) -> String {
    var text = ""
    for family in page.families { Self.write(family, to: &text) }
    return text
  }

  private static func write(_ family: MetricFamily, to text: inout String) {
    text += "# HELP \(family.name) \(Self.escaped(family.help, quotes: false))\n"
    switch family.values {
    case .counters(let all):
      text += "# TYPE \(family.name) counter\n"
      for series in all { Self.write(family.name, series.labels, series.value.text, to: &text) }
    case .gauges(let all):
      text += "# TYPE \(family.name) gauge\n"
      for series in all { Self.write(family.name, series.labels, series.value.text, to: &text) }
    case .histograms(let all):
      text += "# TYPE \(family.name) histogram\n"
      for distribution in all { Self.write(family.name, distribution, to: &text) }
    }
  }

  private static func write(
    _ name: String, _ distribution: MetricFamily.Distribution, to text: inout String
  ) {
    var count: UInt64 = 0
    for bucket in distribution.buckets {
      count &+= bucket.count
      let bound = MetricLabel("le", bucket.bound.text)
      Self.write(name + "_bucket", distribution.labels + [bound], "\(count)", to: &text)
    }
    let all = "\(distribution.count)"
    Self.write(
      name + "_bucket", distribution.labels + [MetricLabel("le", "+Inf")], all, to: &text)
    Self.write(name + "_sum", distribution.labels, distribution.sum.text, to: &text)
    Self.write(name + "_count", distribution.labels, all, to: &text)
  }

  private static func write(
    _ name: String, _ labels: [MetricLabel], _ value: String, to text: inout String
  ) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
      text += "{" + pairs.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Backslashes and line ends, and quotation marks within a label's value, are written with a
  /// backslash.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
      case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
