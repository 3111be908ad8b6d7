public import MDMStanza

// What the families of this module are called, beside those of the engine's counters.

extension SessionCounts {
  /// The sessions by kind and the load, as metrics.
  ///
  /// - Parameter labels: what tells this node from others.
  public func metrics(labels: [MetricLabel] = []) -> [MetricFamily] {
    [
      MetricFamily(
        "mdm_sessions_by_kind",
        "Sessions by kind: composed, client (on-premise, off-premise), phantom, hybrid, inactive.",
        .gauges(
          SessionKind.allCases.map { kind in
            MetricFamily.Series(
              .count(self[kind]), labels: labels + [MetricLabel("kind", kind.label)])
          })),
      MetricFamily(
        "mdm_session_load", "Sessions that count against the capacity: client, phantom, hybrid.",
        .gauges([MetricFamily.Series(.count(self.load), labels: labels)])),
    ]
  }
}

extension JSMCounterName {
  /// The name of the metric.
  public var metric: String {
    switch self {
    case .jsmClientSessionsActive: "mdm_jsm_client_sessions_active"
    case .jsmPhantomSessionsActive: "mdm_jsm_phantom_sessions_active"
    case .jsmHybridSessionsActive: "mdm_jsm_hybrid_sessions_active"
    case .jsmSessionsComposed: "mdm_jsm_sessions_composed"
    case .jsmSessionsClient: "mdm_jsm_sessions_client"
    case .jsmSessionsClientInactive: "mdm_jsm_sessions_client_inactive"
    case .activeJsmSessions: "mdm_active_jsm_sessions"
    case .inactiveJsmSessions: "mdm_inactive_jsm_sessions"
    }
  }

  private var meaning: String {
    switch self {
    case .jsmClientSessionsActive: "client sessions"
    case .jsmPhantomSessionsActive: "phantom sessions, of push-enabled clients"
    case .jsmHybridSessionsActive: "hybrid sessions"
    case .jsmSessionsComposed: "composed sessions"
    case .jsmSessionsClient: "active connections of clients"
    case .jsmSessionsClientInactive: "connections of clients that stand by"
    case .activeJsmSessions: "users served here who are at home on the publisher"
    case .inactiveJsmSessions: "users served here who are at home on a subscriber"
    }
  }

  fileprivate var help: String { "\(self.rawValue): \(self.meaning)." }
}

extension JSMCounters {
  /// Both documented families, as metrics.
  ///
  /// - Parameter labels: what tells this node from others.
  public func metrics(labels: [MetricLabel] = []) -> [MetricFamily] {
    JSMCounterName.allCases.map { name in
      MetricFamily(
        name.metric, name.help, .gauges([MetricFamily.Series(.count(self[name]), labels: labels)]))
    }
  }
}

extension CapacityAlarm {
  /// Capacity, load, limit and state of the alarm at `now`, as metrics with the labels `scope`
  /// (`node` or `group`) and `name`.
  public func metrics(at now: MonotonicInstant, labels: [MetricLabel] = []) -> [MetricFamily] {
    let subject: [MetricLabel]
    switch self.subject {
    case .node(let name): subject = [MetricLabel("scope", "node"), MetricLabel("name", name)]
    case .group(let name): subject = [MetricLabel("scope", "group"), MetricLabel("name", name)]
    }
    func gauge(_ name: String, _ help: String, _ value: MetricValue) -> MetricFamily {
      MetricFamily(name, help, .gauges([MetricFamily.Series(value, labels: labels + subject)]))
    }
    return [
      gauge(
        "mdm_session_capacity", "Sessions there is room for, by OVA size and availability mode.",
        .count(self.level.capacity)),
      gauge(
        "mdm_jsm_sessions_threshold_ratio",
        "JSMSessionsExceedsThreshold: the part of the capacity that is in use.",
        MetricValue(units: Int128(self.level.basisPoints), decimals: 4)),
      gauge(
        "mdm_capacity_limit_ratio", "The part of the capacity above which the alarm counts.",
        MetricValue(units: Int128(self.settings.limitPercent), decimals: 2)),
      gauge(
        "mdm_capacity_over_limit_seconds", "How long the load has been over the limit, or 0.",
        .seconds(self.timeOver(at: now) ?? .zero)),
      gauge(
        "mdm_capacity_alarm_raised", "1 while the alarm JSMSessionsExceedsThreshold is raised.",
        .flag(self.isRaised)),
      MetricFamily(
        "mdm_capacity_alerts_total", "Alerts JSMSessionsExceedsThreshold, repeats included.",
        .counters([
          MetricFamily.Series(.count(self.totalAlerts), labels: labels + subject)
        ])),
    ]
  }
}

extension SessionReport {
  /// The lines of the report as metrics with the labels `level`, `group` and `node`.
  public var metrics: [MetricFamily] {
    func gauge(
      _ name: String, _ help: String, _ value: (SessionReport.Line) -> Int
    ) -> MetricFamily {
      MetricFamily(
        name, help,
        .gauges(
          self.lines.map { line in
            MetricFamily.Series(
              .count(value(line)),
              labels: [
                MetricLabel("level", line.level.rawValue), MetricLabel("group", line.group),
                MetricLabel("node", line.node),
              ])
          }))
    }
    return [
      gauge("mdm_report_users", "Users logged in from one or more devices, each once.") {
        $0.users
      },
      gauge("mdm_report_sessions", "Total number of sessions.") { $0.sessions },
      gauge("mdm_report_inactive_connections", "Connections that stand by, no sessions.") {
        $0.inactiveConnections
      },
    ]
  }
}
