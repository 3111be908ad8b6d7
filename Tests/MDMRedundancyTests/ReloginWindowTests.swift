import MDMRedundancy
import MDMStanza
import MDMTestKit
import Testing

@Suite("ReloginWindow")
struct ReloginWindowTests {
  @Test("R-136, R-137: 120 to 537 s, and each node has its own")
  func defaults() throws {
    #expect(ReloginWindow.standard.lower == .seconds(120))
    #expect(ReloginWindow.standard.upper == .seconds(537))
    let configuration = try RedundancyConfiguration {
      $0.reloginLimits.second = ReloginLimits(lower: .seconds(90), upper: .seconds(100))
    }
    #expect(configuration.reloginWindow(of: .first) == .standard)
    #expect(configuration.reloginWindow(of: .second).lower == .seconds(90))
  }

  @Test("B32: lower at most upper, and at least the critical service delay")
  func validation() throws {
    #expect(throws: ReloginWindowError.lowerAboveUpper) {
      try ReloginWindow(lower: .seconds(200), upper: .seconds(199))
    }
    #expect(throws: ReloginWindowError.lowerBelowCriticalServiceDelay(.seconds(90))) {
      try ReloginWindow(lower: .seconds(89), upper: .seconds(199))
    }
    #expect(throws: ReloginWindowError.outOfRange) {
      try ReloginWindow(lower: .seconds(-1), upper: .seconds(199))
    }
    #expect(throws: ReloginWindowError.outOfRange) {
      try ReloginWindow(lower: .seconds(120), upper: .seconds(86_401))
    }
    let shortest = try ReloginWindow(lower: .seconds(90), upper: .seconds(90))
    var random = SeededGenerator(seed: 1)
    #expect(shortest.draw(using: &random) == .seconds(90))
    let hurried = try ReloginWindow(
      lower: .seconds(5), upper: .seconds(9), criticalServiceDelay: .seconds(5))
    #expect(hurried.lower == .seconds(5))
  }

  @Test("B32: 2,500 clients at 6 a second need 120 to 537 s, the documented default")
  func documentedDefault() throws {
    let rate = try #require(LoginRate(6, in: .seconds(1)))
    #expect(try reloginWindow(clients: 2_500, rate: rate) == .standard)
  }

  @Test(
    "B32: the upper limit is the lower plus clients by rate, for the published rates",
    arguments: [
      (500, 3, 2, 334), (1_000, 3, 1, 334), (2_000, 3, 1, 667), (15_000, 15, 1, 1_000),
      (25_000, 9, 1, 2_778), (0, 1, 1, 0),
    ])
  func rates(clients: Int, logins: Int, seconds: Int, spread: Int) throws {
    let rate = try #require(LoginRate(logins, in: .seconds(seconds)))
    let window = try reloginWindow(clients: clients, rate: rate)
    #expect(window.upper == .seconds(120 + spread))
    // What comes back at once is never more than the rate, on average.
    #expect(
      window.loginsPerSecond(clients: clients) <= (logins + seconds - 1) / seconds || clients == 0)
  }

  @Test("B32: two devices each double the clients, and with them the window's width")
  func devicesCount() throws {
    let rate = try #require(LoginRate(15, in: .seconds(1)))
    let one = try reloginWindow(clients: 15_000, rate: rate)
    let two = try reloginWindow(clients: 30_000, rate: rate)
    #expect(two.upper - two.lower == (one.upper - one.lower) * 2)
  }

  @Test("rates and windows beyond reason are refused, not overflowed")
  func extremes() throws {
    #expect(LoginRate(0, in: .seconds(1)) == nil)
    #expect(LoginRate(1, in: .zero) == nil)
    let slow = try #require(LoginRate(1, in: .seconds(86_400)))
    #expect(throws: ReloginWindowError.outOfRange) { try reloginWindow(clients: .max, rate: slow) }
    #expect(throws: ReloginWindowError.outOfRange) { try reloginWindow(clients: -1, rate: slow) }
    #expect(throws: ReloginWindowError.outOfRange) { try reloginWindow(clients: 3, rate: slow) }
    #expect(ReloginWindow.standard.loginsPerSecond(clients: .max) > 0)
  }

  @Test("R-190, B32: draws lie in the window, spread evenly, and follow from the seed")
  func draws() {
    var random = SeededGenerator(seed: 42)
    var again = SeededGenerator(seed: 42)
    var slices = [Int](repeating: 0, count: 10)
    let window = ReloginWindow.standard
    for _ in 0..<41_700 {
      let wait = window.draw(using: &random)
      #expect(wait == window.draw(using: &again))
      #expect(wait >= window.lower && wait <= window.upper)
      slices[min(9, Int((wait - window.lower).wholeNanoseconds / 41_700_000_000))] += 1
    }
    #expect(slices.allSatisfy { $0 > 3_900 && $0 < 4_440 }, "\(slices)")
  }
}
