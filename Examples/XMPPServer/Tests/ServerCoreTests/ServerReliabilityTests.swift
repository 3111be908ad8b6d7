import MDMXMPP
import Testing

@testable import ServerCore

/// Random breakdowns between somebody who writes and somebody who reads.
struct ServerReliabilityTests {
  /// What goes wrong in a script.
  private struct Script {
    let harness: ServerHarness
    var random: SeededGenerator
    var alice: TestClient
    var bob: TestClient
    var sent = 0
    var heard: [Int] = []

    init(seed: Int, archive: Bool) throws {
      self.harness = try ServerHarness(["archive": "\(archive)"])
      self.harness.sendBuffer = 4_096
      self.random = SeededGenerator(seed: UInt64(seed))
      self.alice = try self.harness.device("alice", "desk")
      self.bob = try self.harness.device("bob", "phone", resumption: true)
    }

    mutating func send() throws {
      for _ in 0..<(1 + self.random.below(4)) {
        // Some are longer than what a socket takes at once.
        let padding = String(
          repeating: "x", count: self.random.below(3) == 0 ? 10_000 : self.random.below(50))
        try self.alice.write(
          "<message type='chat' to='bob@localhost'><body>\(self.sent) \(padding)</body></message>")
        self.sent += 1
        if self.random.below(2) == 0 { try self.harness.server.takeTurn(waiting: 0) }
      }
    }

    mutating func hear() {
      for element in self.bob.hear() where element.name == "message" {
        let body = element.child("body", namespace: Namespaces.client)?.text ?? ""
        if let number = Int(body.prefix { $0 != " " }) { self.heard.append(number) }
      }
    }

    /// Whatever the client has read so far counts; what is in the socket is lost.
    mutating func cut() throws {
      self.hear()
      self.bob.disconnect()
      if self.random.below(2) == 0 { try self.send() }
      if self.random.below(2) == 0 { try self.harness.settle() }
    }

    mutating func resume() throws {
      let back = try self.harness.connect()
      try back.authenticate("bob")
      try back.resume(self.bob)
      back.acknowledges = self.random.below(2) == 0
      self.bob = back
      self.hear()
    }

    mutating func signIn() throws {
      self.bob = try self.harness.connect()
      try self.bob.authenticate("bob")
      try self.bob.bind("phone")
      try self.bob.enableResumption()
      try self.bob.say("<presence/>")
      self.hear()
    }

    mutating func step() throws {
      switch self.random.below(6) {
      case 0..<3: try self.send()
      case 3: self.bob.isDeaf.toggle()
      case 4: self.bob.acknowledges.toggle()
      default: try self.harness.settle()
      }
    }

    mutating func finish() throws {
      self.bob.isDeaf = false
      try self.harness.settle()
      self.hear()
    }
  }

  @Test(
    "However often the connection is cut, each message comes once and in order", arguments: 0..<6)
  func cuts(seed: Int) throws {
    var script = try Script(seed: seed, archive: seed % 2 == 0)
    for _ in 0..<6 {
      for _ in 0..<script.random.below(8) { try script.step() }
      try script.cut()
      try script.resume()
    }
    try script.finish()
    #expect(script.heard == Array(0..<script.sent))
    #expect(script.sent > 0)
    #expect(script.harness.server.totals.archiveFailures == 0)
  }

  @Test(
    "However often the process dies, each message that it had accepted comes", arguments: 0..<6)
  func crashes(seed: Int) throws {
    var script = try Script(seed: seed, archive: seed % 2 == 0)
    for _ in 0..<4 {
      for _ in 0..<script.random.below(8) { try script.step() }
      // What a turn has taken in is stored by its end.
      while script.harness.hasInput { try script.harness.server.takeTurn(waiting: 0) }
      script.hear()
      try script.harness.crashAndRestart()
      script.alice = try script.harness.device("alice", "desk")
      if script.random.below(2) == 0 { try script.send() }
      try script.signIn()
    }
    try script.finish()
    var first: [Int] = []
    for number in script.heard where !first.contains(number) { first.append(number) }
    #expect(first == Array(0..<script.sent))
    #expect(script.harness.server.totals.archiveFailures == 0)
  }
}
