/// What a metric is told apart by, beside its name.
public struct MetricLabel: Hashable, Sendable {
  /// The label's name.
  public let name: String
  /// Its value; anything.
  public let value: String

  /// A label.
  ///
  /// - Parameters:
  ///   - name: letters, digits and underscores; anything else becomes an underscore.
  ///   - value: anything.
  public init(_ name: String, _ value: String) {
    let safe = String(
      name.map { character in
        let isPlain = character.isASCII && (character.isLetter || character.isNumber)
        return isPlain ? character : "_"
      })
    self.name = safe.first.map { $0.isNumber } ?? true ? "_" + safe : safe
    self.value = value
  }
}

/// A metric with all of its series, as monitoring systems take them.
public struct MetricFamily: Hashable, Sendable {
  /// The name by the conventions of Prometheus: `mdm_`, the unit, and `_total` for what only grows.
  public let name: String
  /// What it counts, with the documented name if it has one.
  public let help: String
  /// Its values.
  public internal(set) var values: Values

  /// The values of a metric, by its type.
  public enum Values: Hashable, Sendable {
    /// What only grows until the process ends.
    case counters([Series])
    /// What goes up and down.
    case gauges([Series])
    /// How many observations were how large.
    case histograms([Distribution])
  }

  /// One number of a metric.
  public struct Series: Hashable, Sendable {
    /// What tells it apart.
    public let labels: [MetricLabel]
    /// The number.
    public let value: MetricValue

    /// A number.
    public init(_ value: MetricValue, labels: [MetricLabel] = []) {
      self.labels = labels
      self.value = value
    }
  }

  /// One distribution of a metric.
  public struct Distribution: Hashable, Sendable {
    /// What tells it apart.
    public let labels: [MetricLabel]
    /// The buckets, ascending; each counts what is in none before it.
    public let buckets: [Bucket]
    /// What is larger than every bucket's bound.
    public let overflow: UInt64
    /// All observations added up.
    public let sum: MetricValue
    /// Whether observations are times in seconds.
    public let isTime: Bool

    /// Observations.
    public var count: UInt64 { self.buckets.reduce(self.overflow) { $0 &+ $1.count } }
  }

  /// Observations up to a bound.
  public struct Bucket: Hashable, Sendable {
    /// The bound, which is part of the bucket.
    public let bound: MetricValue
    /// How many there are that are in no earlier bucket.
    public let count: UInt64
  }

  /// A metric of this name.
  public init(_ name: String, _ help: String, _ values: Values) {
    self.name = name
    self.help = help
    self.values = values
  }
}

extension Histogram {
  /// The counts as a distribution: the bound of a bucket is its largest value.
  ///
  /// - Parameters:
  ///   - bounds: buckets that get a bound; the rest is overflow.
  ///   - decimals: places to move the point of a bound by, 3 for milliseconds as seconds.
  ///   - sum: all values added up.
  package func distribution(
    bounds: Int, decimals: Int = 0, sum: MetricValue, isTime: Bool, labels: [MetricLabel]
  ) -> MetricFamily.Distribution {
    let shown = min(bounds, self.buckets.count - 1)
    let buckets = (0..<shown).map { index in
      MetricFamily.Bucket(
        bound: MetricValue(units: Int128(1) << Int128(index) - 1, decimals: decimals),
        count: self.buckets[index])
    }
    return MetricFamily.Distribution(
      labels: labels, buckets: buckets, overflow: self.buckets[shown...].reduce(0, &+), sum: sum,
      isTime: isTime)
  }
}

/// The metrics of a host: families from several sources, each name once.
public struct MetricsPage: Hashable, Sendable {
  /// The families, in the order in which their names came.
  public private(set) var families: [MetricFamily] = []

  /// No metrics yet.
  public init() {}

  /// Adds families; one whose name is there already, of the same type, adds its series to it.
  ///
  /// Series of one name must differ in their labels: those of two nodes, say, in a label `node`.
  ///
  /// - Complexity: O(families²), of which there are some seventy.
  public mutating func add(_ families: [MetricFamily]) {
    for family in families {
      guard let place = self.families.firstIndex(where: { $0.name == family.name }) else {
        self.families.append(family)
        continue
      }
      switch (self.families[place].values, family.values) {
      case (.counters(let old), .counters(let new)):
        self.families[place].values = .counters(old + new)
      case (.gauges(let old), .gauges(let new)):
        self.families[place].values = .gauges(old + new)
      case (.histograms(let old), .histograms(let new)):
        self.families[place].values = .histograms(old + new)
      case (.counters, .gauges), (.counters, .histograms), (.gauges, .counters),
        (.gauges, .histograms), (.histograms, .counters), (.histograms, .gauges):
        preconditionFailure("\(family.name) is of two types.")
      }
    }
  }
}
