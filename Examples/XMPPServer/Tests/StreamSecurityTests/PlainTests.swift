import StreamSecurity
import Testing

struct PlainTests {
  private func respond(
    _ message: [UInt8], server: SASLTestServer = SASLTestServer()
  ) throws -> SASLStep {
    var exchange = try server.exchange(.plain)
    return exchange.respond(message)
  }

  @Test("The right password succeeds, with either hash and with an identity to act as")
  func success() throws {
    for hashes in [[.sha256], [.sha1], [.sha1, .sha256]] as [[SCRAMHash]] {
      let server = SASLTestServer(hashes: hashes)
      #expect(
        try self.respond(Array("\0user\0pencil".utf8), server: server)
          == .success(username: "user", authorizationID: nil, additionalData: []))
    }
    #expect(
      try self.respond(Array("user@example.org\0user\0pencil".utf8))
        == .success(
          username: "user", authorizationID: "user@example.org", additionalData: []))
  }

  @Test("A message may come after an empty challenge")
  func emptyChallenge() throws {
    var exchange = try SASLTestServer().exchange(.plain)
    #expect(exchange.respond(nil) == .challenge([]))
    #expect(
      exchange.respond(Array("\0user\0pencil".utf8))
        == .success(username: "user", authorizationID: nil, additionalData: []))
    #expect(exchange.respond(Array("\0user\0pencil".utf8)).condition == .malformedRequest)
  }

  @Test("A wrong password and an unknown user get the same answer")
  func wrong() throws {
    let wrong = try self.respond(Array("\0user\0pen".utf8))
    #expect(wrong.condition == .notAuthorized)
    #expect(try self.respond(Array("\0nobody\0pencil".utf8)) == wrong)
    #expect(try self.respond(Array("\0user\0\u{7}".utf8)) == wrong)
    #expect(
      try self.respond(Array("\0user\0pencil".utf8), server: SASLTestServer(hashes: [])) == wrong)
  }

  @Test(
    "What is not three fields of UTF-8 is malformed",
    arguments: [
      [], [0], [0, 0], Array("user\0pencil".utf8), Array("\0user\0pencil\0".utf8),
      Array("\0\0pencil".utf8), Array("\0user\0".utf8), [0, 0xFF, 0, 0x61], [0, 0x61, 0, 0xC3],
      [0xED, 0xA0, 0x80, 0, 0x61, 0, 0x61],
      Array("\0user\0\(String(repeating: "x", count: 4_091))".utf8),
    ] as [[UInt8]])
  func malformed(message: [UInt8]) throws {
    #expect(try self.respond(message).condition == .malformedRequest)
  }

  @Test("Without TLS there is no PLAIN")
  func unencrypted() throws {
    let server = SASLTestServer(isEncrypted: false)
    #expect(
      try self.respond(Array("\0user\0pencil".utf8), server: server).condition
        == .encryptionRequired)
    var exchange = try server.exchange(.plain)
    #expect(exchange.respond(nil).condition == .encryptionRequired)
  }

  @Test("What the store throws ends the attempt as it is")
  func storeFailure() {
    let failure = SASLFailure(.temporaryAuthFailure, "The store is out of order.")
    let policy = SASLPolicy(isEncrypted: true, decoySecret: SASLTestServer.decoySecret)
    for (mechanism, message) in [
      (SASLMechanism.plain, "\0user\0pencil"), (.scramSHA256, "n,,n=user,r=abc"),
    ] {
      var exchange = SASLExchange(mechanism: mechanism, policy: policy) {
        (_, _) throws(SASLFailure) in throw failure
      }
      #expect(exchange.respond(Array(message.utf8)) == .failure(failure))
    }
  }
}
