import MDMMonitoring
import Testing

@Suite("Counters of several engines")
struct CountersSumTests {
  /// Every number below a value with its path, wherever it is nested.
  private static func numbers(in value: Any, _ path: String = "") -> [String: UInt64] {
    if let number = value as? UInt64 { return [path: number] }
    if let number = value as? Int { return [path: UInt64(number)] }
    var found: [String: UInt64] = [:]
    for (place, child) in Mirror(reflecting: value).children.enumerated() {
      let name = child.label ?? String(place)
      found.merge(Self.numbers(in: child.value, "\(path).\(name)")) { $0 + $1 }
    }
    return found
  }

  /// Counters in which every number is another one.
  private static func makeCounters(_ factor: Int) -> Counters {
    var counters = Counters()
    counters.totals = Counters.Totals(reasons: 3)
    let gauges: [WritableKeyPath<Counters.Gauges, Int>] = [
      \.accounts, \.sessions, \.mdmSessions, \.quietSessions, \.silentSessions,
      \.suspendedSessions, \.detachedSessions, \.heldStanzas, \.heldBytes,
    ]
    let totals: [WritableKeyPath<Counters.Totals, UInt64>] = [
      \.flushedPackets, \.archived, \.archiveFailures, \.delivered, \.held, \.coalesced, \.dropped,
      \.notified, \.pushed, \.undelivered, \.unroutable, \.markers, \.markersNotForward,
      \.markersUnknown, \.conversationsForgotten, \.unreadRunsMerged, \.refusals, \.overflowed,
    ]
    for (place, total) in totals.enumerated() {
      counters.totals[keyPath: total] = UInt64((place + 20) * factor)
    }
    for (place, gauge) in gauges.enumerated() {
      counters.gauges[keyPath: gauge] = (place + 1) * factor
    }
    counters.totals.flushesByReason = [50, 51, 52].map { $0 * UInt64(factor) }
    counters.totals.queuedNanoseconds = WideCount(high: UInt64(60 * factor), low: 61)
    for value in 0..<Int64(factor) {
      counters.totals.flushSize.add(value)
      counters.totals.holdMilliseconds.add(value * 8)
    }
    counters.slices.last = UInt64(70 * factor)
    counters.slices.current = UInt64(71 * factor)
    return counters
  }

  @Test("R-049: every number of both is added, none is forgotten")
  func everyNumber() {
    let (one, two) = (Self.makeCounters(1), Self.makeCounters(3))
    var sum = one
    sum.add(two)
    let (left, right) = (Self.numbers(in: one), Self.numbers(in: two))
    #expect(left.count > 100)
    #expect(Self.numbers(in: sum) == left.merging(right) { $0 + $1 })
  }

  @Test("what no engine has flushed yet is added as well as what one has")
  func missingReasons() {
    var sum = Counters()
    sum.add(Self.makeCounters(2))
    #expect(sum == Self.makeCounters(2))
  }

  @Test("sums of nanoseconds carry into the upper half")
  func carry() {
    var sum = WideCount(high: 1, low: .max)
    sum.add(WideCount(high: 2, low: 1))
    #expect(sum == WideCount(high: 4, low: 0))
  }
}
