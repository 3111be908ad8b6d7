import MDM
import Testing

@testable import ServerCore

struct AuthenticationGuardTests {
  @Test("Two failures are free; then the wait doubles up to sixteen seconds")
  func delays() {
    var guardian = AuthenticationGuard()
    let delays = (0..<12).map { guardian.noteFailure(from: "192.0.2.1", at: instant($0)) }
    let milliseconds = [0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]
    #expect(delays == milliseconds.map { .milliseconds($0) })
  }

  @Test("However many there are, the wait stays what it is")
  func manyFailures() {
    var guardian = AuthenticationGuard()
    var delay = Duration.zero
    for _ in 0..<5_000 { delay = guardian.noteFailure(from: "192.0.2.1", at: instant(0)) }
    #expect(delay == .seconds(16))
  }

  @Test("Addresses are counted apart")
  func apart() {
    var guardian = AuthenticationGuard()
    for _ in 0..<5 { _ = guardian.noteFailure(from: "192.0.2.1", at: instant(0)) }
    let delay = guardian.noteFailure(from: "192.0.2.2", at: instant(0))
    #expect(delay == .zero)
  }

  @Test("Failures are forgotten more than ten minutes after the latest of them")
  func forgetting() {
    var guardian = AuthenticationGuard()
    for second: Int64 in [0, 100, 200] {
      _ = guardian.noteFailure(from: "192.0.2.1", at: instant(second))
    }
    let remembered = guardian.noteFailure(from: "192.0.2.1", at: instant(800))
    #expect(remembered == .milliseconds(500))
    let forgotten = guardian.noteFailure(from: "192.0.2.1", at: instant(1_401))
    #expect(forgotten == .zero)
  }

  @Test("Whoever signs in begins anew")
  func success() {
    var guardian = AuthenticationGuard()
    for _ in 0..<6 { _ = guardian.noteFailure(from: "192.0.2.1", at: instant(0)) }
    guardian.noteSuccess(from: "192.0.2.1")
    let delay = guardian.noteFailure(from: "192.0.2.1", at: instant(1))
    #expect(delay == .zero)
  }

  @Test("A flood of addresses pushes old ones out first, and never fills the memory")
  func flood() {
    var guardian = AuthenticationGuard()
    for _ in 0..<4 { _ = guardian.noteFailure(from: "192.0.2.1", at: instant(700)) }
    for index in 0..<9_999 { _ = guardian.noteFailure(from: "old \(index)", at: instant(0)) }
    // All ten thousand places are taken; those of an hour before make room, the others stay.
    _ = guardian.noteFailure(from: "new", at: instant(701))
    let kept = guardian.noteFailure(from: "192.0.2.1", at: instant(701))
    #expect(kept == .milliseconds(1_000))
    for index in 0..<10_000 { _ = guardian.noteFailure(from: "young \(index)", at: instant(702)) }
    let pushedOut = guardian.noteFailure(from: "192.0.2.1", at: instant(703))
    #expect(pushedOut == .zero)
  }

  @Test("Registering is slowed down with the same count")
  func registering() {
    var guardian = AuthenticationGuard()
    let allowed = (0..<10).map { guardian.mayRegister(from: "192.0.2.1", at: instant($0)) }
    #expect(allowed == (0..<10).map { $0 < 8 })
    let isForgotten = guardian.mayRegister(from: "192.0.2.1", at: instant(700))
    #expect(isForgotten)
  }
}
