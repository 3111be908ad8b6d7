import MDMSession
import MDMStanza
import MDMStorage
import Testing

@Suite("SessionSets")
struct SessionSetsTests {
  private static func session(
    _ traits: DeviceSession.Traits, refusal: MDMRefusal? = nil, mode: SessionMode = .normal,
    phase: SessionPhase = .connected, priority: Int8 = 0
  ) -> DeviceSession {
    var session = DeviceSession(
      generation: 0, name: .empty, kind: .desktop, traits: traits, refusal: refusal)
    session.requestedMode = mode
    session.phase = phase
    session.priority = priority
    return session
  }

  @Test("B18, B23: MDM is in effect when it is on, asked for and not refused")
  func effectiveMDM() {
    for isEnabled in [false, true] {
      for asks in [false, true] {
        for refusal in [nil, MDMRefusal.clientVersionTooOld] {
          for mode in SessionMode.allCases {
            var sets = SessionSets()
            sets.update(
              3, from: Self.session(asks ? .requestsMDM : [], refusal: refusal, mode: mode),
              mdmEnabled: isEnabled)
            let isEffective = isEnabled && asks && refusal == nil
            #expect(sets.mdm.contains(3) == isEffective)
            #expect(sets.quiet.contains(3) == (isEffective && mode == .quiet))
            #expect(sets.silent.contains(3) == (isEffective && mode == .silent))
          }
        }
      }
    }
  }

  @Test("B14, B19: phase, presence and priority are each a set of their own")
  func properties() {
    for phase in SessionPhase.allCases {
      for isAvailable in [false, true] {
        for priority: Int8 in [-128, -1, 0, 1, 127] {
          var sets = SessionSets()
          sets.update(
            31,
            from: Self.session(isAvailable ? .available : [], phase: phase, priority: priority),
            mdmEnabled: true)
          #expect(sets.occupied == [31])
          #expect(sets.connected.contains(31) == (phase == .connected))
          #expect(sets.suspended.contains(31) == (phase == .suspended))
          #expect(sets.present.contains(31) == isAvailable)
          #expect(sets.nonNegative.contains(31) == (priority >= 0))
        }
      }
    }
  }

  @Test("updating twice is updating once, and clearing undoes it without touching others")
  func clearing() {
    var sets = SessionSets()
    sets.update(0, from: Self.session([.requestsMDM, .available], mode: .quiet), mdmEnabled: true)
    let one = sets
    sets.update(5, from: Self.session([.available], phase: .suspended), mdmEnabled: true)
    let two = sets
    sets.update(5, from: Self.session([.available], phase: .suspended), mdmEnabled: true)
    #expect(sets == two)
    sets.clear(5)
    #expect(sets == one)
    sets.clear(0)
    #expect(sets == SessionSets())
  }

  @Test("a session remembers why it was refused MDM, every reason")
  func refusals() {
    #expect(Self.session([]).refusal == nil)
    for reason in MDMRefusal.allCases {
      #expect(Self.session([], refusal: reason).refusal == reason)
    }
  }

  @Test("R-091, R-092, B25: the report's device types")
  func deviceTypes() {
    let names = DeviceKind.allCases.map { $0.reportName }
    #expect(names == ["Desktop", "iPhone", "iPad", "Android", "Desktop", "Web", "Other"])
  }
}
