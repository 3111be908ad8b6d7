import MDM
import MDMMonitoring
import MDMSession
import MDMStanza
import MDMTestKit
import Testing

@Suite("Metrics")
struct MetricsTests {
  /// A page with every family that the library has.
  private static func fullPage(of counters: Counters = Counters()) -> MetricsPage {
    let alarm = CapacityAlarm(.group("g"), model: CapacityModel(.users5K))
    let report = SessionReport(generatedAt: CalendarTime(seconds: 0), nodes: [])
    var page = MetricsPage()
    page.add(counters.metrics())
    page.add(SessionCounts().metrics())
    page.add(JSMCounters().metrics())
    page.add(alarm.metrics(at: .origin))
    page.add(report.metrics)
    page.add(ServiceCounters().metrics())
    return page
  }

  @Test("names keep to the conventions, are used once, and counters alone end in _total")
  func conventions() {
    let page = Self.fullPage()
    let names = page.families.map { $0.name }
    #expect(Set(names).count == names.count && names.count > 50)
    for family in page.families {
      #expect(family.name.hasPrefix("mdm_") && family.help.hasSuffix("."))
      #expect(family.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") })
      switch family.values {
      case .counters: #expect(family.name.hasSuffix("_total"))
      case .gauges, .histograms:
        #expect(!["_total", "_sum", "_count", "_bucket"].contains { family.name.hasSuffix($0) })
      }
    }
  }

  @Test("R-049…R-056, R-064…R-067, R-193…R-200: each documented name is in a help text")
  func documentedNames() {
    let helps = Self.fullPage().families.map { $0.help }
    let documented =
      CounterName.allCases.map { $0.rawValue } + JSMCounterName.allCases.map { $0.rawValue }
      + [CapacityAlert.name]
    for name in documented { #expect(helps.contains { $0.hasPrefix("\(name): ") }, "\(name)") }
  }

  @Test("text format 0.0.4: help, type, values, escaped labels")
  func text() {
    var page = MetricsPage()
    let odd = [MetricLabel("node name", "a\"b\\c\nd")]
    page.add([
      MetricFamily("mdm_a_total", "A \\ b\nc \"d\".", .counters([.init(.count(3), labels: odd)])),
      MetricFamily("mdm_b", "B.", .gauges([.init(.seconds(.milliseconds(1_500)))])),
    ])
    page.add([MetricFamily("mdm_b", "B.", .gauges([.init(.count(-2), labels: [.init("9", "")])]))])
    #expect(
      PrometheusText.text(of: page) == """
        # HELP mdm_a_total A \\\\ b\\nc "d".
        # TYPE mdm_a_total counter
        mdm_a_total{node_name="a\\"b\\\\c\\nd"} 3
        # HELP mdm_b B.
        # TYPE mdm_b gauge
        mdm_b 1.5
        mdm_b{_9=""} -2

        """)
    #expect(PrometheusText.contentType == "text/plain; version=0.0.4; charset=utf-8")
  }

  @Test("histograms: buckets add up, bounds are the largest value of a bucket, in seconds")
  func histograms() {
    var counters = Counters()
    for milliseconds in [0, 1, 2, 3, 4, 1_023, 1_024, 1 << 40] as [Int64] {
      counters.totals.holdMilliseconds.add(milliseconds)
      counters.totals.queuedNanoseconds.add(milliseconds * 1_000_000)
    }
    var page = MetricsPage()
    page.add(counters.metrics(labels: [MetricLabel("node", "n")]))
    let lines = PrometheusText.text(of: page).split(separator: "\n")
      .filter { $0.hasPrefix("mdm_buffer_queued_time_seconds") }
    func count(_ bound: String) -> String? {
      let head = "mdm_buffer_queued_time_seconds_bucket{node=\"n\",le=\"\(bound)\"} "
      return lines.first { $0.hasPrefix(head) }.map { String($0.dropFirst(head.count)) }
    }
    #expect(count("0") == "1" && count("0.001") == "2" && count("0.003") == "4")
    #expect(count("1.023") == "6" && count("2.047") == "7" && count("+Inf") == "8")
    #expect(lines[lines.count - 1] == "mdm_buffer_queued_time_seconds_count{node=\"n\"} 8")
    #expect(lines[lines.count - 2].hasSuffix("_sum{node=\"n\"} 1099511629.833"))
  }

  @Test("numbers are exact, with their decimals")
  func numbers() {
    let values: [(MetricValue, String)] = [
      (.count(0), "0"), (.count(UInt64.max), "18446744073709551615"), (.flag(true), "1"),
      (.seconds(.nanoseconds(1)), "0.000000001"), (.seconds(.seconds(60)), "60"),
      (MetricValue(units: -1_050, decimals: 3), "-1.05"),
      (MetricValue(units: 5, decimals: -1), "5"),
      (MetricValue(units: 12_345, decimals: 4), "1.2345"),
    ]
    for (value, text) in values {
      #expect(value.text == text)
      #expect(value.approximate == Double(text))
    }
  }

  @Test("R-049: the snapshot has the seven by name, and both slices")
  func snapshot() {
    var counters = Counters()
    counters.gauges.mdmSessions = 7
    counters.gauges.quietSessions = 3
    counters.gauges.silentSessions = 2
    counters.totals = Counters.Totals(reasons: 10)
    counters.totals.flushesByReason = Array(1...10)
    counters.totals.flushedPackets = 4
    counters.totals.queuedNanoseconds.add(5_000_000_000)
    counters.slices.last = 11
    counters.slices.current = 12
    let snapshot = counters.snapshot
    #expect(snapshot.named.map { $0.text } == ["7", "2", "3", "55", "7", "11", "1.250"])
    #expect(snapshot.named.map { $0.name } == CounterName.allCases)
    #expect(snapshot.slices.current == 12)
    #expect(snapshot.value(of: .mdmBufferAvgQueuedTime).text == "1.25")
  }

  @Test("B15: an engine's slices roll on the clock, without traffic and without a timer")
  func idleSlices() throws {
    let story = Scenario()
    story.signIn("laptop", "phone")
    story.at("0:00").available("phone")
    story.at("0:01").available("laptop")
    story.quiet("phone")
    story.at("0:30").receive("m", from: "bob")
    story.at("0:40").active("phone")
    func slices(_ seconds: Int64) -> [UInt64] {
      let now = MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
      let slices = story.engine.counters(at: now).snapshot.slices
      return [slices.last, slices.current]
    }
    #expect(
      [59, 60, 119, 120, 9_000].map { slices($0) } == [[0, 1], [1, 0], [1, 0], [0, 0], [0, 0]])
  }
}

@Suite("MetricsPublisher")
struct MetricsPublisherTests {
  /// A sink that writes down what it is told.
  private struct Recorder: MetricSink {
    var lines: [String] = []

    private func text(_ name: String, _ labels: [MetricLabel]) -> String {
      ([name] + labels.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }
    mutating func count(_ name: String, _ labels: [MetricLabel], by amount: Double) {
      self.lines.append("\(self.text(name, labels)) +\(amount)")
    }
    mutating func gauge(_ name: String, _ labels: [MetricLabel], is value: Double) {
      self.lines.append("\(self.text(name, labels)) =\(value)")
    }
    mutating func record(
      _ name: String, _ labels: [MetricLabel], value: Double, times: UInt64
    ) {
      self.lines.append("\(self.text(name, labels)) \(value) x\(times)")
    }
    mutating func time(
      _ name: String, _ labels: [MetricLabel], nanoseconds: Int64, times: UInt64
    ) {
      self.lines.append("\(self.text(name, labels)) \(nanoseconds)ns x\(times)")
    }
  }

  private func page(_ counts: [(String, Int)], sizes: [Int64] = [], waits: [Int64] = [])
    -> MetricsPage
  {
    var (counters, page) = (Counters(), MetricsPage())
    for size in sizes { counters.totals.flushSize.add(size) }
    for wait in waits { counters.totals.holdMilliseconds.add(wait) }
    page.add(
      counters.metrics().filter { family in
        if case .histograms = family.values { return true }
        return false
      })
    for (node, count) in counts {
      let labels = [MetricLabel("node", node)]
      page.add([MetricFamily("c_total", "C.", .counters([.init(.count(count), labels: labels)]))])
      page.add([MetricFamily("g", "G.", .gauges([.init(.count(count), labels: labels)]))])
    }
    return page
  }

  @Test("counters and histograms come as differences, gauges as they are; a restart counts anew")
  func differences() {
    var (publisher, sink) = (MetricsPublisher(), Recorder())
    func publish(_ page: MetricsPage) -> [String] {
      sink.lines = []
      publisher.publish(page, to: &sink)
      return sink.lines
    }
    #expect(
      publish(self.page([("a", 5)], sizes: [3, 3], waits: [1_000])) == [
        "mdm_buffer_flush_packets 3.0 x2", "mdm_buffer_queued_time_seconds 1023000000ns x1",
        "c_total node=a +5.0", "g node=a =5.0",
      ])
    #expect(
      publish(self.page([("a", 5)], sizes: [3, 3, 1 << 30], waits: [1_000])) == [
        "mdm_buffer_flush_packets 262142.0 x1", "g node=a =5.0",
      ])
    // A series that comes between, and one that began anew.
    #expect(
      publish(self.page([("b", 2), ("a", 4)], sizes: [1], waits: [1_000, 1_000])) == [
        "mdm_buffer_flush_packets 1.0 x1", "mdm_buffer_queued_time_seconds 1023000000ns x1",
        "c_total node=b +2.0", "c_total node=a +4.0", "g node=b =2.0", "g node=a =4.0",
      ])
  }
}

@Suite("SessionCounts")
struct SessionCountsTests {
  @Test("B24: load is clients, phantoms and hybrids; composed and inactive ones are not")
  func load() {
    var counts = SessionCounts()
    for (place, kind) in SessionKind.allCases.enumerated() { counts[kind] = 1 << place }
    #expect(counts.clients == 0b110 && counts.load == 0b11110)
    for kind in SessionKind.allCases {
      var one = SessionCounts()
      one[kind] = 1
      #expect(one.load == (kind.isLoad ? 1 : 0))
    }
    var sum = counts
    sum.add(counts)
    #expect(SessionKind.allCases.map { sum[$0] } == [2, 4, 8, 16, 32, 64])
  }

  @Test("R-064…R-066, R-193…R-200: both families by their documented names")
  func names() {
    var counts = SessionCounts()
    for (place, kind) in SessionKind.allCases.enumerated() { counts[kind] = place + 1 }
    let counters = JSMCounters(counts, users: 9)
    #expect(
      counters.named.map { "\($0.name.rawValue) \($0.value)" } == [
        "JsmClientSessionsActive 5", "JsmPhantomSessionsActive 4", "JsmHybridSessionsActive 5",
        "JsmSessionsComposed 1", "JsmSessionsClient 5", "JsmSessionsClientInactive 6",
        "ActiveJsmSessions 9", "InactiveJsmSessions 0",
      ])
  }

  @Test("R-061…R-063: a service tells the kinds apart, and its part of the report agrees")
  func service() throws {
    let service = MessagingService(host: SilentTestHost())
    let alice = try service.open("alice")
    _ = try service.open("bob")
    let old = ClientCapabilities(edgeVersion: Version(8, 9))
    try service.signIn(SignIn(device: "desk"), to: alice, at: .origin)
    try service.signIn(
      SignIn(device: "road", kind: .iPad, capabilities: old), to: alice, at: .origin)
    let phone = try service.signIn(
      SignIn(device: "phone", kind: .iPhone, pushEnabled: true), to: alice, at: .origin
    ).device
    var joined = SignIn(device: "spark", kind: .other)
    joined.isHybrid = true
    try service.signIn(joined, to: alice, at: .origin)
    let lost = try service.signIn(SignIn(device: "lost"), to: alice, at: .origin).device
    service.connectionLost(phone, at: .origin)
    service.connectionLost(lost, at: .origin)
    let counts = service.sessionCounts(inactiveConnections: 3)
    #expect(SessionKind.allCases.map { counts[$0] } == [2, 2, 1, 1, 1, 3])
    #expect(counts.load == service.counters(at: .origin).gauges.sessions)
    #expect(service.jsmCounters()[.activeJsmSessions] == 1)
    let node = service.nodeSessions(named: "n", group: "g", inactiveConnections: 3)
    #expect(node.users.map { $0.user } == ["alice"] && node.sessions == 5)
    #expect(node.inactiveConnections == 3 && node.group == "g")
    let copy = MessagingService(host: SilentTestHost())
    _ = try copy.restoreAccount(from: try #require(service.snapshot(of: alice)), at: .origin)
    var restored = copy.sessionCounts()
    restored[.composed] = 2
    restored[.inactive] = 3
    #expect(restored == counts)
  }
}

/// A host that wants nothing.
private final class SilentTestHost: MessagingHost {
  func archive(_ request: ArchiveRequest, of account: AccountName) {}
  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName) {}
  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason) {}
  func undelivered(_ item: Undelivered, of account: AccountName) {}
  func unroutable(_ item: Unroutable, of account: AccountName) {}
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName) {}
  func push(_ push: Push, of account: AccountName) {}
}
