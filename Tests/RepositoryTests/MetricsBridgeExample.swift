// The monitoring page's bridge, word for word; MonitoringPageTests sees to that.
import MDM

struct SwiftMetricsSink: MetricSink {
  private func dimensions(_ labels: [MetricLabel]) -> [(String, String)] {
    labels.map { ($0.name, $0.value) }
  }

  func count(_ name: String, _ labels: [MetricLabel], by amount: Double) {
    FloatingPointCounter(label: name, dimensions: dimensions(labels)).increment(by: amount)
  }

  func gauge(_ name: String, _ labels: [MetricLabel], is value: Double) {
    Gauge(label: name, dimensions: dimensions(labels)).record(value)
  }

  func record(_ name: String, _ labels: [MetricLabel], value: Double, times: UInt64) {
    let recorder = Recorder(label: name, dimensions: dimensions(labels))
    for _ in 0..<times { recorder.record(value) }
  }

  func time(_ name: String, _ labels: [MetricLabel], nanoseconds: Int64, times: UInt64) {
    let timer = Timer(label: name, dimensions: dimensions(labels))
    for _ in 0..<times { timer.recordNanoseconds(nanoseconds) }
  }
}

/// What a host calls every few seconds.
func publish(
  _ service: MessagingService, node: String, by publisher: inout MetricsPublisher,
  to sink: inout some MetricSink
) {
  let labels = [MetricLabel("node", node)]
  var page = MetricsPage()
  page.add(service.counters().metrics(labels: labels))
  page.add(service.sessionCounts().metrics(labels: labels))
  page.add(service.jsmCounters().metrics(labels: labels))
  page.add(service.serviceCounters.metrics(labels: labels))
  publisher.publish(page, to: &sink)
}
