public import MDMMonitoring
public import MDMQuietMode
import MDMStanza

extension Counters {
  /// The seven documented counters by name, with both time slices.
  public var snapshot: CounterSnapshot {
    CounterSnapshot(self, limitFlushes: self.limitFlushes)
  }

  /// Everything that the engine counts, as metrics.
  ///
  /// - Parameter labels: what tells this node from others.
  public func metrics(labels: [MetricLabel] = []) -> [MetricFamily] {
    let documented = CounterName.allCases.map { self.family(of: $0, labels) }
    return documented + self.bufferFamilies(labels) + self.gaugeFamilies(labels)
      + self.totalFamilies(labels)
  }

  private func family(of name: CounterName, _ labels: [MetricLabel]) -> MetricFamily {
    let value = self.snapshot.value(of: name)
    let series = [MetricFamily.Series(value, labels: labels)]
    let help = "\(name.rawValue): \(name.meaning)."
    switch name {
    case .mdmSessions, .mdmSilentModeSessions, .mdmQuietModeSessions, .mdmBufferFlushPacketCount,
      .mdmBufferAvgQueuedTime:
      return MetricFamily(name.metric, help, .gauges(series))
    case .mdmBufferFlushesLimitReached: return MetricFamily(name.metric, help, .counters(series))
    case .mdmBufferFlushes:
      return MetricFamily(
        name.metric, help,
        .counters(
          FlushReason.allCases.map { reason in
            MetricFamily.Series(
              .count(self.flushes(because: reason)),
              labels: labels + [MetricLabel("reason", reason.label)])
          }))
    }
  }

  private func bufferFamilies(_ labels: [MetricLabel]) -> [MetricFamily] {
    let totals = self.totals
    let queued = Int128(totals.queuedNanoseconds.high) << 64 | Int128(totals.queuedNanoseconds.low)
    return [
      MetricFamily(
        "mdm_buffer_flush_packets_current_slice", "Packets flushed in the running time slice.",
        .gauges([MetricFamily.Series(.count(self.slices.current), labels: labels)])),
      MetricFamily(
        "mdm_buffer_flush_packets", "Packets of a flush.",
        .histograms([
          totals.flushSize.distribution(
            bounds: 18, sum: .count(totals.flushedPackets), isTime: false, labels: labels)
        ])),
      MetricFamily(
        "mdm_buffer_queued_time_seconds", "How long a flushed packet had waited.",
        .histograms([
          totals.holdMilliseconds.distribution(
            bounds: 29, decimals: 3, sum: MetricValue(units: queued, decimals: 9), isTime: true,
            labels: labels)
        ])),
    ]
  }

  private func gaugeFamilies(_ labels: [MetricLabel]) -> [MetricFamily] {
    let gauges = self.gauges
    let all: [(String, String, Int)] = [
      ("mdm_accounts", "Accounts open.", gauges.accounts),
      (
        "mdm_signed_in_sessions", "Sessions signed in, whether or not they use MDM.",
        gauges.sessions
      ),
      (
        "mdm_detached_sessions", "Sessions that may resume a lost connection.",
        gauges.detachedSessions
      ),
      ("mdm_suspended_sessions", "Sessions behind a push service.", gauges.suspendedSessions),
      ("mdm_held_stanzas", "Stanzas held, once for each device that waits.", gauges.heldStanzas),
      ("mdm_held_bytes", "Payload bytes held.", gauges.heldBytes),
    ]
    return all.map { name, help, value in
      MetricFamily(name, help, .gauges([MetricFamily.Series(.count(value), labels: labels)]))
    }
  }

  private func totalFamilies(_ labels: [MetricLabel]) -> [MetricFamily] {
    let totals = self.totals
    let all: [(String, String, UInt64)] = [
      ("mdm_archived_total", "Messages archived, both sides.", totals.archived),
      (
        "mdm_archive_failures_total", "Messages the archive could not store.",
        totals.archiveFailures
      ),
      ("mdm_delivered_total", "Stanzas delivered live.", totals.delivered),
      ("mdm_held_total", "Stanzas held, once for each device.", totals.held),
      ("mdm_coalesced_total", "Held stanzas replaced by a newer one.", totals.coalesced),
      ("mdm_dropped_total", "Stanzas not worth holding for a quiet device.", totals.dropped),
      ("mdm_notified_total", "Deliveries that ring, live or late, and pushes.", totals.notified),
      ("mdm_pushed_total", "Pushes.", totals.pushed),
      (
        "mdm_undelivered_total", "Held stanzas that did not reach their device.", totals.undelivered
      ),
      ("mdm_unroutable_total", "Stanzas that found no device.", totals.unroutable),
      ("mdm_markers_total", "Read markers accepted.", totals.markers),
      (
        "mdm_markers_not_forward_total", "Read markers that did not move forward.",
        totals.markersNotForward
      ),
      (
        "mdm_markers_unknown_total", "Read markers at positions never handed out.",
        totals.markersUnknown
      ),
      (
        "mdm_conversations_forgotten_total", "Conversations forgotten for want of room.",
        totals.conversationsForgotten
      ),
      (
        "mdm_unread_runs_merged_total", "Times that unread positions became inexact.",
        totals.unreadRunsMerged
      ),
      ("mdm_refusals_total", "Commands refused because of a limit.", totals.refusals),
      (
        "mdm_overflowed_total", "Stanzas of absent devices given up because of a limit.",
        totals.overflowed
      ),
    ]
    return all.map { name, help, value in
      MetricFamily(name, help, .counters([MetricFamily.Series(.count(value), labels: labels)]))
    }
  }
}

extension CounterName {
  /// The name of the metric.
  public var metric: String {
    switch self {
    case .mdmSessions: "mdm_sessions"
    case .mdmSilentModeSessions: "mdm_silent_mode_sessions"
    case .mdmQuietModeSessions: "mdm_quiet_mode_sessions"
    case .mdmBufferFlushes: "mdm_buffer_flushes_total"
    case .mdmBufferFlushesLimitReached: "mdm_buffer_flushes_limit_reached_total"
    case .mdmBufferFlushPacketCount: "mdm_buffer_flush_packets_last_slice"
    case .mdmBufferAvgQueuedTime: "mdm_buffer_average_queued_time_seconds"
    }
  }

  fileprivate var meaning: String {
    switch self {
    case .mdmSessions: "sessions with MDM in effect"
    case .mdmSilentModeSessions: "sessions in silent mode"
    case .mdmQuietModeSessions: "sessions in quiet mode"
    case .mdmBufferFlushes: "buffer flushes by reason"
    case .mdmBufferFlushesLimitReached: "buffer flushes because a limit was reached"
    case .mdmBufferFlushPacketCount: "packets flushed in the last complete time slice"
    case .mdmBufferAvgQueuedTime: "mean time that a flushed packet had waited"
    }
  }
}

extension FlushReason {
  /// The reason as a metric's label has it.
  public var label: String {
    switch self {
    case .request: "request"
    case .noOtherActiveClient: "no_other_active_client"
    case .sessionLimit: "session_limit"
    case .overallLimit: "overall_limit"
    case .clientActive: "client_active"
    case .clientTraffic: "client_traffic"
    case .resumed: "resumed"
    case .featureDisabled: "feature_disabled"
    case .activityExpired: "activity_expired"
    case .urgent: "urgent"
    }
  }
}
