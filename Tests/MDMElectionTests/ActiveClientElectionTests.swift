import MDMElection
import MDMStanza
import MDMTestKit
import Testing

/// The election as the documents put it, with every act remembered: argmax over the sessions with
/// an act by (instant, order of processing), active while 0 <= age < window (R-040, B1, B3).
private struct NaiveElection {
  var acts: [Int: (instant: Int64, number: Int)] = [:]
  var counter = 0

  mutating func act(_ index: Int, at now: Int64) {
    self.counter += 1
    self.acts[index] = (now, self.counter)
  }

  func active(at now: Int64, window: Int64) -> Int {
    var best = -1
    for index in self.acts.keys.sorted() {
      guard let act = self.acts[index] else { continue }
      let age = Int128(now) - Int128(act.instant)
      guard age >= 0, age < Int128(window) else { continue }
      guard best >= 0, let found = self.acts[best] else {
        best = index
        continue
      }
      if (act.instant, act.number) > (found.instant, found.number) { best = index }
    }
    return best
  }
}

/// The register with the stamps that the engine keeps beside it.
private struct Register {
  var election = ActiveClientElection()
  var stamps = Array(repeating: ActivityStamp.never, count: 32)
  var occupied = DeviceSet()

  mutating func act(_ index: Int, at now: Int64, window: Int64) {
    self.occupied.insert(index)
    self.stamps[index] = self.election.noteAct(
      .instantMessage, by: index, previous: self.stamps[index],
      at: MonotonicInstant(nanoseconds: now), window: window)
  }

  mutating func withdraw(_ index: Int, at now: Int64) {
    self.stamps[index] = .never
    let stamps = self.stamps
    self.election.withdraw(
      index, candidates: self.occupied - index, at: MonotonicInstant(nanoseconds: now),
      stamp: { stamps[$0] })
    self.occupied.remove(index)
  }

  func active(at now: Int64, window: Int64) -> Int {
    let holder = Int(self.election.holder)
    return self.election.active(
      holderStamp: holder < 0 ? .never : self.stamps[holder],
      at: MonotonicInstant(nanoseconds: now), window: window)
  }
}

@Suite("ActiveClientElection")
struct ActiveClientElectionTests {
  private static let window: Int64 = 300_000_000_000

  @Test("R-040, B1: random acts and departures agree with argmax", arguments: 1...20)
  func agreesWithArgmax(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var register = Register()
    var naive = NaiveElection()
    let window: Int64 = 100
    // Start where sums overflow if they are not watched.
    var now: Int64 = seed % 3 == 0 ? .min : seed % 3 == 1 ? 0 : .max - 40_000
    let devices = 1 + random.below(32)
    for step in 0..<2_000 {
      // A third of the steps happen at one instant, so that ties abound.
      if !random.chance(1, in: 3) { now += Int64(random.below(40)) }
      let index = random.below(devices)
      if random.chance(1, in: 4) {
        register.withdraw(index, at: now)
        naive.acts[index] = nil
      } else {
        register.act(index, at: now, window: window)
        naive.act(index, at: now)
      }
      let later = now + Int64(random.below(150))
      guard register.active(at: now, window: window) == naive.active(at: now, window: window),
        register.active(at: later, window: window) == naive.active(at: later, window: window)
      else {
        Issue.record("seed \(seed), step \(step), now \(now), later \(later)")
        return
      }
    }
  }

  @Test("B3: the window is half-open to the nanosecond")
  func halfOpenWindow() {
    var register = Register()
    register.act(4, at: 1_000, window: Self.window)
    #expect(register.active(at: 1_000, window: Self.window) == 4)
    #expect(register.active(at: 1_000 + Self.window - 1, window: Self.window) == 4)
    #expect(register.active(at: 1_000 + Self.window, window: Self.window) == -1)
    #expect(register.active(at: 999, window: Self.window) == -1)
  }

  @Test("B1: of two acts at one instant the one processed later wins, also after a departure")
  func ties() {
    var register = Register()
    register.act(3, at: 5, window: 10)
    register.act(1, at: 5, window: 10)
    register.act(2, at: 5, window: 10)
    #expect(register.active(at: 5, window: 10) == 2)
    register.withdraw(2, at: 6)
    #expect(register.active(at: 6, window: 10) == 1)
    register.withdraw(1, at: 6)
    #expect(register.active(at: 6, window: 10) == 3)
    register.withdraw(3, at: 6)
    #expect(register.active(at: 6, window: 10) == -1)
  }

  @Test("B1: nobody has acted, nobody is active, at any instant")
  func nobody() {
    let register = Register()
    for now: Int64 in [.min, .min + 1, 0, .max] {
      #expect(register.active(at: now, window: .max) == -1)
    }
  }

  @Test(
    "extreme instants neither trap nor make anyone active for longer than the window",
    arguments: [
      (Int64.min, Int64.min, true), (.min, .min + 9, true), (.min, .min + 10, false),
      (.min, .max, false), (.max, .max, true), (.max, .min, false), (0, .max, false),
      (.max - 5, .max, true),
    ])
  func extremes(instant: Int64, now: Int64, isActive: Bool) {
    var register = Register()
    register.act(0, at: instant, window: 10)
    #expect(register.active(at: now, window: 10) == (isActive ? 0 : -1))
  }

  @Test("since when: an unbroken run of acts keeps its beginning, a gap begins anew")
  func heldSince() {
    var register = Register()
    register.act(0, at: 100, window: 10)
    register.act(0, at: 109, window: 10)
    #expect(register.election.heldSince.nanoseconds == 100)
    register.act(0, at: 119, window: 10)
    #expect(register.election.heldSince.nanoseconds == 119)
    register.act(1, at: 120, window: 10)
    #expect(register.election.heldSince.nanoseconds == 120)
    register.withdraw(1, at: 125)
    #expect(register.election.holder == 0)
    #expect(register.election.heldSince.nanoseconds == 125)
  }

  @Test("a stamp remembers the act and that there was one")
  func stamps() {
    #expect(!ActivityStamp.never.exists)
    var election = ActiveClientElection()
    for act in QualifyingAct.allCases {
      let stamp = election.noteAct(act, by: 0, previous: .never, at: .origin, window: 1)
      #expect(stamp.exists)
      #expect(stamp.act == act)
      #expect(stamp.instant == .origin)
    }
    #expect(election.acts == 3)
  }

  @Test("the number of acts wraps around without ever being none")
  func wrapping() {
    var election = ActiveClientElection(
      holder: -1, acts: 0x1FFF_FFFF, heldSince: .distantPast)
    let stamp = election.noteAct(
      .availablePresence, by: 0, previous: .never, at: .origin, window: 1)
    #expect(stamp.exists)
    #expect(election.acts == 1)
  }
}
