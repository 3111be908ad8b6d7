import MDM

// What an operator watches a server by: the sessions report, metrics, and why a phone was silent.
extension ControlCommands {
  /// The sessions report as lines of comma-separated values; by user when asked so (R-082…R-092).
  func report(byUser: Bool) -> [String] {
    let now = self.server.wallClock.unixNanoseconds(at: self.server.now) / 1_000_000_000
    let report = SessionReport(
      generatedAt: CalendarTime(seconds: now),
      nodes: [self.server.service.nodeSessions(named: self.server.domain)])
    let table = byUser ? report.usersCSV() : report.csv()
    return Self.lines(of: String(decoding: table, as: UTF8.self))
  }

  /// Everything that is counted, in the text format of Prometheus.
  func metrics() -> [String] {
    let service = self.server.service
    var page = MetricsPage()
    page.add(service.counters(at: self.server.now).metrics())
    page.add(service.sessionCounts().metrics())
    page.add(service.jsmCounters().metrics())
    page.add(service.serviceCounters.metrics())
    if let usage = self.server.nodeMeter.usage(at: self.server.now) {
      page.add(usage.metrics())
    }
    if let usage = ProcessUsage.now() { page.add(usage.metrics) }
    return Self.lines(of: PrometheusText.text(of: page))
  }

  /// Keeps what each device of a user gets and why, from now on.
  func watch(_ user: String) -> [String] {
    guard let name = self.accountName(of: user) else { return self.unknown(user) }
    do {
      try self.server.service.explainDecisions(of: name)
      return ["watching \(name.text)"]
    } catch {
      return ["error: \(error)"]
    }
  }

  /// Ends that and forgets what was kept.
  func unwatch(_ user: String) -> [String] {
    guard let name = self.accountName(of: user) else { return self.unknown(user) }
    self.server.service.stopExplaining(name)
    return ["not watching \(name.text)"]
  }

  /// What has been kept, oldest first.
  func decisions(of user: String) -> [String] {
    guard let name = self.accountName(of: user) else { return self.unknown(user) }
    let service = self.server.service
    guard service.explainedAccounts.contains(name) else {
      return ["error: \(name.text) is not watched; there is watch"]
    }
    let start = self.server.wallClock.unixNanoseconds(at: .origin) / 1_000_000_000
    let forgotten = service.forgottenDecisions(of: name)
    let lines = service.decisionLines(of: name, unixSecondsAtOrigin: start)
    return (forgotten > 0 ? ["\(forgotten) older ones are forgotten"] : []) + lines
  }

  /// The lines of a text, whose ends the connection writes in its own way.
  private static func lines(of text: String) -> [String] {
    text.split(whereSeparator: { $0 == "\r\n" || $0 == "\n" }).map { String($0) }
  }
}
