import MDM
import Testing

/// What the monitoring page says is what the library does.
struct MonitoringPageTests {
  private let page = Repository.own.text(of: "Documentation/Monitoring.md")

  private static var everything: MetricsPage {
    let alarm = CapacityAlarm(.node("n"), model: CapacityModel(.users5K))
    let report = SessionReport(generatedAt: CalendarTime(seconds: 0), nodes: [])
    var page = MetricsPage()
    page.add(Counters().metrics())
    page.add(SessionCounts().metrics())
    page.add(JSMCounters().metrics())
    page.add(alarm.metrics(at: .origin))
    page.add(NodeUsage(memoryUsed: 0, memoryTotal: 1).metrics())
    page.add(report.metrics)
    page.add(ServiceCounters().metrics())
    return page
  }

  @Test("the table of metrics is the one that the code makes, row by row")
  func metricsTable() {
    let rows = Self.everything.families.map { family in
      let type =
        switch family.values {
        case .counters: "counter"
        case .gauges: "gauge"
        case .histograms: "histogram"
        }
      return "| `\(family.name)` | \(type) | \(family.help) |"
    }
    let written = self.page.split(separator: "\n").map { String($0) }.filter {
      $0.hasPrefix("| `mdm_")
    }
    #expect(written == rows, "\(rows.joined(separator: "\n"))")
  }

  @Test("R-083: the page has the report by its documented name")
  func reportName() {
    #expect(self.page.contains("\"\(SessionReport.name)\""))
  }

  @Test("the bridge on the page is the one that is compiled here")
  func bridgeIsCompiled() {
    let blocks = self.page.split(separator: "```")
    let bridge = blocks.first { $0.hasPrefix("swift\nstruct SwiftMetricsSink") }
    let compiled = Repository.own.text(of: "Tests/RepositoryTests/MetricsBridgeExample.swift")
    #expect(bridge.map { compiled.hasSuffix($0.dropFirst("swift\n".count)) } == true)
  }

  @Test("the bridge publishes a service, and the second time only what has changed")
  func bridgeWorks() throws {
    let service = MessagingService(host: PrintingHost())
    let account = try service.open("alice", at: .origin)
    let phone = try service.signIn(SignIn(device: "phone"), to: account, at: .origin).device
    try service.signIn(SignIn(device: "laptop"), to: account, at: .origin)
    service.setMode(.quiet, of: phone, at: .origin)
    service.receive(Stanza(.presence, coalescingKey: "bob"), for: account, at: .origin)
    service.noteRequest(from: phone)
    var publisher = MetricsPublisher()
    var sink = SwiftMetricsSink()
    publish(service, node: "n1", by: &publisher, to: &sink)
    let first = StandIn.take()
    for line in [
      "gauge mdm_sessions node=n1 =2.0",
      "counter mdm_buffer_flushes_total node=n1 reason=request +1.0",
      "recorder mdm_buffer_flush_packets node=n1 1.0",
      "timer mdm_buffer_queued_time_seconds node=n1 ",
    ] {
      #expect(first.contains { $0.hasPrefix(line) }, "\(line)")
    }
    publish(service, node: "n1", by: &publisher, to: &sink)
    #expect(StandIn.take().allSatisfy { $0.hasPrefix("gauge ") })
  }
}
