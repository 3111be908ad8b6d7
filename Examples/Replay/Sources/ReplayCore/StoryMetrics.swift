import MDM

extension Story {
  /// What was counted, as a page that Prometheus reads: every family of a node of 5,000 users.
  ///
  /// - Parameter node: the node's name.
  public func metrics(node: String) -> String {
    let labels = [MetricLabel("node", node)]
    var said: [CapacityAlarmEffect] = []
    var alarm = CapacityAlarm(.node(node), model: CapacityModel(.users5K))
    alarm.note(load: self.sessions.load, at: self.end, into: &said)
    let report = SessionReport(
      generatedAt: CalendarTime(seconds: self.end.nanoseconds / 1_000_000_000),
      nodes: [NodeSessions(name: node, users: self.users)])
    var page = MetricsPage()
    page.add(self.counters.metrics(labels: labels))
    page.add(self.sessions.metrics(labels: labels))
    page.add(JSMCounters(self.sessions, users: self.users.count).metrics(labels: labels))
    page.add(alarm.metrics(at: self.end))
    page.add(report.metrics)
    return PrometheusText.text(of: page)
  }
}
