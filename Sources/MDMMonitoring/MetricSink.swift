/// Where a host's own metrics library takes values: four methods, which those of swift-metrics fit.
///
/// The library has no dependency, so the host writes the few lines between; the page on monitoring
/// in Documentation shows them.
public protocol MetricSink {
  /// A counter has grown by this much since it was published last; not called for nothing.
  mutating func count(_ name: String, _ labels: [MetricLabel], by amount: Double)
  /// A gauge has this value now.
  mutating func gauge(_ name: String, _ labels: [MetricLabel], is value: Double)
  /// So many observations of about this size were made since the last time: the bound of their
  /// bucket, twice the largest bound for what is larger.
  mutating func record(_ name: String, _ labels: [MetricLabel], value: Double, times: UInt64)
  /// So many times of about this length were taken since the last time.
  mutating func time(_ name: String, _ labels: [MetricLabel], nanoseconds: Int64, times: UInt64)
}

/// Publishes metrics to a sink, which takes differences where the engine keeps totals.
public struct MetricsPublisher: Sendable {
  /// What was published last of a series that only grows.
  private struct Seen: Sendable {
    let name: String
    let labels: [MetricLabel]
    var total: MetricValue
    var buckets: [UInt64]
  }

  private var seen: [Seen] = []

  /// A publisher that has published nothing.
  public init() {}

  /// Publishes a page. A total that is less than last time began anew, as after a restart, and all
  /// of it counts.
  ///
  /// - Complexity: O(series) while they come in the same order as last time.
  public mutating func publish(_ page: MetricsPage, to sink: inout some MetricSink) {
    var place = 0
    for family in page.families {
      switch family.values {
      case .counters(let all):
        for series in all { self.publish(family.name, series, at: &place, to: &sink) }
      case .gauges(let all):
        for series in all { sink.gauge(family.name, series.labels, is: series.value.approximate) }
      case .histograms(let all):
        for distribution in all { self.publish(family.name, distribution, at: &place, to: &sink) }
      }
    }
  }

  private mutating func publish(
    _ name: String, _ series: MetricFamily.Series, at place: inout Int,
    to sink: inout some MetricSink
  ) {
    let index = self.find(name, series.labels, at: &place)
    let (old, new) = (self.seen[index].total, series.value)
    self.seen[index].total = new
    let isGrown = new.units >= old.units
    let grown = MetricValue(
      units: isGrown ? new.units - old.units : new.units, decimals: new.decimals)
    if grown.units > 0 { sink.count(name, series.labels, by: grown.approximate) }
  }

  private mutating func publish(
    _ name: String, _ distribution: MetricFamily.Distribution, at place: inout Int,
    to sink: inout some MetricSink
  ) {
    let index = self.find(name, distribution.labels, at: &place)
    let new = distribution.buckets.map { $0.count } + [distribution.overflow]
    var old = self.seen[index].buckets
    self.seen[index].buckets = new
    if old.count != new.count || zip(old, new).contains(where: { $0 > $1 }) {
      old = Array(repeating: 0, count: new.count)
    }
    for bucket in new.indices where new[bucket] > old[bucket] {
      let times = new[bucket] - old[bucket]
      let isOver = bucket == distribution.buckets.count
      let bound = distribution.buckets[isOver ? bucket - 1 : bucket].bound
      let value = MetricValue(units: bound.units * (isOver ? 2 : 1), decimals: bound.decimals)
      if distribution.isTime {
        sink.time(name, distribution.labels, nanoseconds: value.nanoseconds, times: times)
      } else {
        sink.record(name, distribution.labels, value: value.approximate, times: times)
      }
    }
  }

  /// Where the series stands among those seen; a new one is added. Looks at `place` first.
  private mutating func find(
    _ name: String, _ labels: [MetricLabel], at place: inout Int
  ) -> Int {
    func isIt(_ seen: Seen) -> Bool { seen.name == name && seen.labels == labels }
    let index: Int
    if place < self.seen.count, isIt(self.seen[place]) {
      index = place
    } else if let found = self.seen.firstIndex(where: { isIt($0) }) {
      index = found
    } else {
      index = self.seen.count
      self.seen.append(Seen(name: name, labels: labels, total: .count(0), buckets: []))
    }
    place = index + 1
    return index
  }
}
