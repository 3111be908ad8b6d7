import MDM
import MDMTestKit

/// Takes steps out of a failing script, large runs first, as long as the same property fails.
enum PropertyMinimiser {
  /// The most runs spent on one script.
  static let runLimit = 4_000

  static func minimise(_ script: Script, _ violation: AuditViolation) -> Script {
    let explaining = violation.property == "explanations" || violation.property == "twin"
    var runs = 0
    func stillFails(_ candidate: Script) -> Bool {
      runs += 1
      return runs < Self.runLimit
        && EngineAuditor.violation(of: candidate, explaining: explaining)?.property
          == violation.property
    }
    var best = script
    if violation.step >= 0 {
      let cut = Script(
        configuration: script.configuration, steps: Array(script.steps.prefix(violation.step + 1)))
      if stillFails(cut) { best = cut }
    }
    Self.removeSteps(of: &best, while: stillFails)
    best = Self.simplified(best, stillFails)
    // With instants close together more steps have become superfluous.
    Self.removeSteps(of: &best, while: stillFails)
    return best
  }

  private static func removeSteps(of best: inout Script, while stillFails: (Script) -> Bool) {
    var length = max(1, best.steps.count / 2)
    while true {
      var changed = false
      var start = 0
      while start < best.steps.count {
        var candidate = best
        candidate.steps.removeSubrange(start..<min(start + length, candidate.steps.count))
        if stillFails(candidate) {
          best = candidate
          changed = true
        } else {
          start += length
        }
      }
      if length == 1, !changed { return }
      length = max(1, length / 2)
    }
  }

  /// Puts settings back to their defaults and instants close together where that does not matter.
  private static func simplified(_ script: Script, _ stillFails: (Script) -> Bool) -> Script {
    var best = script
    for place in best.steps.indices where best.steps[place].moment != .still {
      var candidate = best
      candidate.steps[place].moment = .still
      if stillFails(candidate) { best = candidate }
    }
    for place in best.steps.indices {
      guard case .configure(let configuration) = best.steps[place].action else { continue }
      var values = configuration.values
      for reset in Self.resets {
        var simpler = values
        reset(&simpler)
        guard simpler != values, let other = try? Configuration(simpler) else { continue }
        var candidate = best
        candidate.steps[place].action = .configure(other)
        if stillFails(candidate) { (best, values) = (candidate, simpler) }
      }
    }
    for reset in Self.resets {
      var values = best.configuration.values
      reset(&values)
      guard let configuration = try? Configuration(values), configuration != best.configuration
      else { continue }
      let candidate = Script(configuration: configuration, steps: best.steps)
      if stillFails(candidate) { best = candidate }
    }
    return best
  }

  private static var resets: [(inout Configuration.Values) -> Void] {
    let plain = Configuration.standard.values
    return [
      { $0.perSessionLimit = plain.perSessionLimit },
      { $0.perSessionByteLimit = plain.perSessionByteLimit },
      { $0.overallLimit = nil },
      { $0.overallByteLimit = plain.overallByteLimit },
      { $0.regroupDelay = plain.regroupDelay },
      { $0.flushOnActivityExpiry = plain.flushOnActivityExpiry },
      { $0.chatStates = plain.chatStates },
      { $0.silentSemantics = plain.silentSemantics },
      { $0.activeSelection = plain.activeSelection },
      { $0.awayEndsActivity = plain.awayEndsActivity },
      { $0.quietPresenceQualifies = plain.quietPresenceQualifies },
      { $0.leavingQuietQualifies = plain.leavingQuietQualifies },
      { $0.groupChat = plain.groupChat },
      { $0.fileTransfer = plain.fileTransfer },
      {
        $0.archiveFailure = plain.archiveFailure
        $0.archiveBacklogLimit = plain.archiveBacklogLimit
      },
      { $0.sendMarksRead = plain.sendMarksRead },
      { $0.conversationLimit = plain.conversationLimit },
      {
        $0.deviceLimit = plain.deviceLimit
        $0.deviceLimitPolicy = plain.deviceLimitPolicy
      },
      { $0.enablement = plain.enablement },
      { $0.activeWindow = plain.activeWindow },
      { $0.resumeWindow = plain.resumeWindow },
      { $0.suspensionWindow = plain.suspensionWindow },
      { $0.stanzaByteLimit = plain.stanzaByteLimit },
      { $0.archiveIgnoresHints = plain.archiveIgnoresHints },
      { $0.timeslice = plain.timeslice },
      { $0.conversationHold = plain.conversationHold },
      { $0.eligibility = plain.eligibility },
    ]
  }
}
