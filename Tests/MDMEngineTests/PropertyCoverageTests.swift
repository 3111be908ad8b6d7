import MDM
import MDMQuietMode
import MDMRouting
import MDMTestKit
import Testing

/// Whether random scripts get everywhere: a property that is never put to the test always holds.
struct PropertyCoverageTests {
  private struct Seen {
    var reasons: [FlushReason: Int] = [:]
    var decisions: [NotificationDecision: Int] = [:]
    var ends: [Ended.Reason: Int] = [:]
    var dispositions: [Disposition: Int] = [:]
    var skips: [SkipReason: Int] = [:]
    var holds: [Explanation.HoldReason: Int] = [:]
    var forms: [Delivery.Form: Int] = [:]
    var ignored: [IgnoreReason: Int] = [:]
    var pushes = 0
    var retractions = 0
    var coalesced: UInt64 = 0
    var dropped: UInt64 = 0
    var overflowed: UInt64 = 0
    var refusals: UInt64 = 0

    mutating func note(_ effect: Effect) {
      switch effect {
      case .deliver(let delivery):
        self.decisions[delivery.notification, default: 0] += 1
        self.forms[delivery.form, default: 0] += 1
      case .flush(let flush): self.reasons[flush.reason, default: 0] += 1
      case .ended(let ended): self.ends[ended.reason, default: 0] += 1
      case .undelivered(let undelivered):
        self.dispositions[undelivered.disposition, default: 0] += 1
      case .push: self.pushes += 1
      case .retractNotification: self.retractions += 1
      case .archive, .deliverMarker, .route, .unroutable, .mdmChanged: break
      }
    }

    mutating func note(_ explanation: Explanation) {
      switch explanation.decision {
      case .held(let reason): self.holds[reason, default: 0] += 1
      case .skipped(let reason): self.skips[reason, default: 0] += 1
      case .delivered, .coalesced, .dropped, .flushed, .pushed, .undelivered: break
      }
    }
  }

  @Test("Coverage: two hundred scripts meet every reason that an effect or an explanation can have")
  func everyReasonIsMet() {
    var seen = Seen()
    for seed in UInt64(0)..<200 {
      let script = ScriptGenerator(seed: seed).script(steps: 300)
      var engine = MessagingEngine(configuration: script.configuration)
      var player = ScriptPlayer()
      var effects = Effects(explaining: true)
      for step in script.steps {
        effects.removeAll()
        let outcome = player.play(step, on: &engine, into: &effects)
        if case .ignored(let reason) = outcome { seen.ignored[reason, default: 0] += 1 }
        for effect in effects { seen.note(effect) }
        for explanation in effects.explanations { seen.note(explanation) }
      }
      let totals = engine.counters(at: player.now).totals
      seen.coalesced += totals.coalesced
      seen.dropped += totals.dropped
      seen.overflowed += totals.overflowed
      seen.refusals += totals.refusals
    }
    for reason in FlushReason.allCases {
      #expect(seen.reasons[reason, default: 0] > 3, "\(reason)")
    }
    for decision in NotificationDecision.allCases {
      #expect(seen.decisions[decision, default: 0] > 3, "\(decision)")
    }
    for reason in Ended.Reason.allCases { #expect(seen.ends[reason, default: 0] > 3, "\(reason)") }
    for disposition in Disposition.allCases {
      #expect(seen.dispositions[disposition, default: 0] > 3, "\(disposition)")
    }
    for reason in SkipReason.allCases { #expect(seen.skips[reason, default: 0] > 3, "\(reason)") }
    for reason in Explanation.HoldReason.allCases {
      #expect(seen.holds[reason, default: 0] > 3, "\(reason)")
    }
    for form in Delivery.Form.allCases { #expect(seen.forms[form, default: 0] > 100, "\(form)") }
    for reason in IgnoreReason.allCases {
      #expect(seen.ignored[reason, default: 0] > 3, "\(reason)")
    }
    #expect(seen.pushes > 100)
    #expect(seen.retractions > 20)
    #expect(seen.coalesced > 100)
    #expect(seen.dropped > 100)
    #expect(seen.overflowed > 50)
    #expect(seen.refusals > 50)
  }
}
