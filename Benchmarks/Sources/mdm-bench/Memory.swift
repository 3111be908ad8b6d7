import BenchmarkKit
import MDM

/// What the process has grown by while something was made.
struct Growth {
  private let inUse = Machine.bytesInUse
  private let resident: Int?

  init() {
    Machine.trim()
    self.resident = Machine.bytesResident
  }

  /// Bytes that malloc has handed out since.
  var bytesInUse: Int? {
    guard let now = Machine.bytesInUse, let inUse = self.inUse else { return nil }
    return now - inUse
  }

  /// Bytes that have become resident since.
  var bytesResident: Int? {
    guard let now = Machine.bytesResident, let resident = self.resident else { return nil }
    return now - resident
  }
}

extension Benchmark {
  static let idleSession = Benchmark(
    "idle-session", "the memory of an idle session, two to an account with a name of 30 bytes",
    size: "sessions", of: [10_000, 1_000_000]
  ) { size, recorder in
    let growth = Growth()
    let now = MonotonicInstant(nanoseconds: 1)
    var engine = MessagingEngine(startingAt: now)
    var effects = Effects()
    for number in 0..<(size / 2) {
      let digits = String(String(number + 1_000_000_000).dropFirst())
      let account = expect("an account") {
        try engine.open(
          AccountName("users-\(digits)@im.example.org"), at: now, into: &effects)
      }
      for device in ["desk-0", "phone-0"] {
        _ = expect("a device") {
          try engine.signIn(
            SignIn(device: DeviceName(device)), to: account, at: now, into: &effects)
        }
      }
      effects.removeAll()
    }
    let each = { (bytes: Int?) in bytes.map { Double($0) / Double(size) } }
    recorder.record(
      Value("bytes", each(growth.bytesInUse), "bytes", .bytes, limit: .atMost(160)))
    recorder.record(Value("bytes-resident", each(growth.bytesResident), "bytes"))
    consume(engine.counters(at: now).gauges.accounts)
  }

  static let heldStanza = Benchmark(
    "held-stanza", "the memory of a held stanza beside the stanza itself", size: "quiet devices",
    of: [1, 8]
  ) { size, recorder in
    var scene = Scene(
      quiet: size,
      configuration: configuration {
        $0.perSessionLimit = 1_000_000
        $0.perSessionByteLimit = 1 << 30
      })
    let count = recorder.isSmoke ? 1_000 : 200_000
    let stanza = chat(0)
    // The account has its read state before anything is counted.
    scene.receive(stanza, for: scene.accounts[0])
    let growth = Growth()
    for _ in 0..<count { scene.receive(stanza, for: scene.accounts[0]) }
    let bytes = growth.bytesInUse.map { Double($0) / Double(count) }
    recorder.record(Value("bytes", bytes, "bytes", .bytes, limit: .atMost(32)))
    consume(scene.engine.counters(at: scene.now).gauges.heldStanzas)
  }
}
