import MDMMonitoring
import MDMStanza
import MDMTestKit
import Testing

@Suite("CapacityModel")
struct CapacityModelTests {
  @Test(
    "R-073…R-077: one and a half sessions a user, half of it where both nodes serve",
    arguments: [
      (OVASize.users5K, 7_500, 3_750), (.users15K, 22_500, 11_250), (.users25K, 37_500, 18_750),
    ])
  func documentedCapacities(size: OVASize, alone: Int, halved: Int) {
    #expect(CapacityModel(size).capacity == alone)
    #expect(CapacityModel(size, mode: .activeStandby).capacity == alone)
    #expect(CapacityModel(size, mode: .activeActive).capacity == halved)
    #expect(CapacityModel(size, mode: .alone, scope: .pair).capacity == 2 * alone)
    #expect(CapacityModel(size, mode: .activeStandby, scope: .pair).capacity == alone)
    #expect(CapacityModel(size, mode: .activeActive, scope: .pair).capacity == alone)
  }

  @Test(
    "B24: thresholds at 80 %, and halved",
    arguments: [
      (OVASize.users5K, 6_000, 3_000), (.users15K, 18_000, 9_000), (.users25K, 30_000, 15_000),
    ])
  func documentedThresholds(size: OVASize, alone: Int, halved: Int) {
    for (mode, threshold) in [(ServingMode.alone, alone), (.activeActive, halved)] {
      let model = CapacityModel(size, mode: mode)
      #expect(model.threshold(limitPercent: 80) == threshold)
      #expect(!model.exceeds(limitPercent: 80, load: threshold))
      #expect(model.exceeds(limitPercent: 80, load: threshold + 1))
      #expect(model.level(of: threshold).percentText == "80.00")
    }
  }

  @Test("any other size: the threshold is the last load that does not exceed, and loses nothing")
  func oddSizes() throws {
    var random = SeededGenerator(seed: 24)
    for step in 0..<2_000 {
      let size = try OVASize(users: step < 12 ? step + 1 : 1 + random.below(9_999_999))
      let mode = random.pick(ServingMode.allCases)
      let scope = random.pick(CapacityModel.Scope.allCases)
      let model = CapacityModel(size, mode: mode, scope: scope)
      let limit = 1 + random.below(100)
      let threshold = model.threshold(limitPercent: limit)
      #expect(!model.exceeds(limitPercent: limit, load: threshold))
      #expect(model.exceeds(limitPercent: limit, load: threshold + 1))
    }
    #expect(!CapacityModel(.users5K).exceeds(limitPercent: 1, load: -5))
    #expect(CapacityModel(.users5K).exceeds(limitPercent: 100, load: .max))
    #expect(CapacityModel(.users5K).level(of: -1).load == 0)
  }

  @Test("a size has a range, and the error says which")
  func sizes() throws {
    for users in [0, -1, 10_000_001] {
      #expect(throws: CapacityError.self) { try OVASize(users: users) }
    }
    let error = #expect(throws: CapacityError.self) { try OVASize(users: 0) }
    #expect(error?.description == "users is 0, allowed is 1…10000000")
    #expect(try OVASize(users: 5_000) == .users5K)
    #expect(OVASize.users5K < .users15K)
  }

  @Test("R-070…R-072: every value of an alarm's settings out of range is named at once")
  func settingErrors() {
    let error = #expect(throws: CapacityError.self) {
      try AlarmSettings { values in
        values.limitPercent = 101
        values.holdTime = .seconds(-1)
        values.repeatInterval = .seconds(59)
        values.window = DailyWindow(
          from: .seconds(86_400), to: .seconds(86_400), midnight: .origin)
      }
    }
    #expect(
      error?.violations == [
        .limitPercent(101), .holdTime(.seconds(-1)), .repeatInterval(.seconds(59)),
        .windowStart(.seconds(86_400)), .windowEmpty(.seconds(86_400)),
      ])
    #expect(error?.description.split(separator: ";").count == 5)
    #expect(AlarmSettings.standard.limitPercent == 80)
    #expect(AlarmSettings.standard.holdTime == .seconds(600))
    #expect(AlarmSettings.standard.repeatInterval == .seconds(600))
  }

  @Test("R-072: a window opens every day, over midnight too, whenever midnight was")
  func windows() {
    let hour: Int64 = 3_600
    func at(_ seconds: Int64) -> MonotonicInstant {
      MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
    }
    for midnight in [0, 5 * 86_400 + 7, -3 * 86_400 - 1] as [Int64] {
      let office = DailyWindow(
        from: .seconds(8 * hour), to: .seconds(18 * hour), midnight: at(midnight))
      let night = DailyWindow(
        from: .seconds(22 * hour), to: .seconds(6 * hour), midnight: at(midnight))
      let edges = [6, 8, 18, 22].flatMap { [$0 * hour - 1, $0 * hour, $0 * hour - 86_400] }
      for second in Array(stride(from: -2 * 86_400, through: 2 * 86_400, by: 1_799)) + edges {
        let time = ((second % 86_400) + 86_400) % 86_400
        let now = at(midnight + second)
        #expect(office.isOpen(at: now) == (time >= 8 * hour && time < 18 * hour))
        #expect(night.isOpen(at: now) == (time >= 22 * hour || time < 6 * hour))
        for window in [office, night] {
          let opening = window.opening(from: now)
          #expect(window.isOpen(at: opening) && opening >= now)
          #expect(opening == now || !window.isOpen(at: opening.advanced(byNanoseconds: -1)))
          #expect(opening.nanoseconds(since: now) < 86_400_000_000_000)
        }
      }
    }
    let window = DailyWindow(from: .seconds(1), to: .seconds(2), midnight: .distantPast)
    #expect(window.opening(from: .distantFuture) == .distantFuture)
    #expect(window.opening(from: .distantPast) > .distantPast)
  }
}
