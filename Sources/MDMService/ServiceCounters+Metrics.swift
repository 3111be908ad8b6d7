public import MDMMonitoring

extension ServiceCounters {
  /// What the service counts of itself, as metrics.
  ///
  /// - Parameter labels: what tells this node from others.
  public func metrics(labels: [MetricLabel] = []) -> [MetricFamily] {
    let gauges: [(String, String, Int)] = [
      ("mdm_service_scopes", "Scopes entered and not left.", self.gauges.scopes),
      (
        "mdm_service_waiting_effects", "Effects decided and not taken up to be performed.",
        self.gauges.waitingEffects
      ),
      (
        "mdm_service_largest_batch_effects",
        "The most effects decided while others were performed.",
        self.totals.largestBatch
      ),
      (
        "mdm_service_longest_stream_events", "The most events that waited in one stream.",
        self.totals.longestStream
      ),
    ]
    let totals: [(String, String, UInt64)] = [
      ("mdm_service_effects_total", "Effects performed.", self.totals.performed),
      ("mdm_service_batches_total", "Lists of effects performed.", self.totals.batches),
      (
        "mdm_service_refused_for_backlog_total", "Stanzas refused because too many effects waited.",
        self.totals.refusedForBacklog
      ),
      ("mdm_service_routed_total", "Stanzas routed within the service.", self.totals.routed),
      (
        "mdm_service_routed_foreign_total", "Stanzas handed to the host to route.",
        self.totals.routedForeign
      ),
      ("mdm_service_scopes_total", "Scopes entered.", self.totals.scopesEntered),
      ("mdm_service_streamed_total", "Events put into streams.", self.totals.streamed),
      (
        "mdm_service_streams_paused_total", "Streams paused because they were full.",
        self.totals.streamsPaused
      ),
      (
        "mdm_service_streams_resumed_total", "Paused streams that went on.",
        self.totals.streamsResumed
      ),
      (
        "mdm_service_unread_total", "Events that a left scope had not read.", self.totals.unread
      ),
    ]
    return gauges.map { name, help, value in
      MetricFamily(name, help, .gauges([MetricFamily.Series(.count(value), labels: labels)]))
    }
      + totals.map { name, help, value in
        MetricFamily(name, help, .counters([MetricFamily.Series(.count(value), labels: labels)]))
      }
  }
}
