import StreamSecurity
import Testing

struct SCRAMTests {
  @Test("The exchange of RFC 5802 §5")
  func sha1Vector() throws {
    var exchange = try SASLTestServer(serverNonce: "3rfcNHYJY1ZVvWVs7j").exchange(.scramSHA1)
    #expect(
      exchange.respond(Array("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL".utf8)).challengeText
        == "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")
    let final =
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    #expect(
      exchange.respond(Array(final.utf8))
        == .success(
          username: "user", authorizationID: nil,
          additionalData: Array("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=".utf8)))
    #expect(exchange.respond(Array(final.utf8)).condition == .malformedRequest)
  }

  @Test("The exchange of RFC 7677 §3")
  func sha256Vector() throws {
    var exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(nil) == .challenge([]))
    #expect(
      exchange.respond(Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8)).challengeText
        == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    let final =
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    #expect(
      exchange.respond(Array(final.utf8))
        == .success(
          username: "user", authorizationID: nil,
          additionalData: Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8)))
  }

  /// What the server says in the end, and what it had to say in case of success.
  private func run(
    _ mechanism: SASLMechanism, _ client: SCRAMTestClient,
    server: SASLTestServer = SASLTestServer(), extensions: String = ""
  ) throws -> (step: SASLStep, expected: String) {
    var exchange = try server.exchange(mechanism)
    let challenge = exchange.respond(client.first)
    guard let serverFirst = challenge.challengeBytes else { return (challenge, "") }
    let (message, answer) = client.final(serverFirst, extensions: extensions)
    return (exchange.respond(message), answer)
  }

  @Test("An identity to act as, an escaped name and extensions are understood")
  func details() throws {
    let client = SCRAMTestClient(header: "n,a=b=2Cc=3D@example.org,", username: "us=2Ce=3Dr")
    let (step, expected) = try self.run(.scramSHA256, client, extensions: ",x=1,Y=a=b")
    #expect(
      step
        == .success(
          username: "us,e=r", authorizationID: "b,c=@example.org",
          additionalData: Array(expected.utf8)))
    var exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(Array("n,,n=user,r=abc,x=é,z==".utf8)).challengeText != nil)
  }

  @Test("Every binding binds, and only to the right data", arguments: ChannelBindingType.allCases)
  func binding(type: ChannelBindingType) throws {
    let data = [UInt8](0...255)
    let server = SASLTestServer(bindings: [type: data])
    let header = "p=\(type.rawValue),,"
    for (mechanism, hash) in [
      (SASLMechanism.scramSHA256Plus, SCRAMHash.sha256), (.scramSHA1Plus, .sha1),
    ] {
      let right = SCRAMTestClient(hash: hash, header: header, bindingData: data)
      let (step, expected) = try self.run(mechanism, right, server: server)
      #expect(
        step
          == .success(
            username: "user", authorizationID: nil, additionalData: Array(expected.utf8)))
      for wrongData in [[], Array(data.dropLast()), data + [0], data.reversed()] {
        let wrong = SCRAMTestClient(hash: hash, header: header, bindingData: wrongData)
        #expect(try self.run(mechanism, wrong, server: server).step.condition == .notAuthorized)
      }
      for other in ChannelBindingType.allCases where other != type {
        let wrong = SCRAMTestClient(
          hash: hash, header: "p=\(other.rawValue),,", bindingData: data)
        #expect(try self.run(mechanism, wrong, server: server).step.condition == .notAuthorized)
      }
    }
  }

  @Test("A bound mechanism needs a client that binds and a stream to bind to")
  func bindingMismatch() throws {
    let bound = SASLTestServer(bindings: [.tlsExporter: [1]])
    for header in ["n,,", "y,,"] {
      let client = SCRAMTestClient(header: header)
      #expect(
        try self.run(.scramSHA256Plus, client, server: bound).step.condition == .malformedRequest)
    }
    let client = SCRAMTestClient(header: "p=tls-exporter,,", bindingData: [1])
    #expect(try self.run(.scramSHA256, client, server: bound).step.condition == .malformedRequest)
    #expect(try self.run(.scramSHA256Plus, client).step.condition == .invalidMechanism)
    let unknown = SCRAMTestClient(header: "p=tls-other,,", bindingData: [1])
    #expect(
      try self.run(.scramSHA256Plus, unknown, server: bound).step.condition == .notAuthorized)
  }

  @Test("Who was not told of channel binding has met somebody in the middle (RFC 5802 §6)")
  func downgrade() throws {
    let client = SCRAMTestClient(header: "y,,")
    let bound = SASLTestServer(bindings: [.tlsExporter: [1]])
    #expect(try self.run(.scramSHA256, client, server: bound).step.condition == .notAuthorized)
    let unadvertised = SASLTestServer(
      bindings: [.tlsExporter: [1]], advertisesChannelBinding: false)
    for server in [SASLTestServer(), unadvertised] {
      let (step, expected) = try self.run(.scramSHA256, client, server: server)
      #expect(
        step
          == .success(
            username: "user", authorizationID: nil, additionalData: Array(expected.utf8)))
    }
    // The flag is signed: to change it on the way does not help either.
    var exchange = try unadvertised.exchange(.scramSHA256)
    let serverFirst = exchange.respond(SCRAMTestClient(header: "n,,").first).challengeBytes ?? []
    #expect(exchange.respond(client.final(serverFirst).message).condition == .notAuthorized)
  }

  @Test("An unknown user is asked like a known one, always for the same, and fails in the end")
  func unknownUser() throws {
    func ask(_ name: String, _ mechanism: SASLMechanism, _ hash: SCRAMHash) throws -> [String] {
      let client = SCRAMTestClient(hash: hash, username: name)
      var exchange = try SASLTestServer().exchange(mechanism)
      let challenge = exchange.respond(client.first)
      let step = exchange.respond(client.final(challenge.challengeBytes ?? []).message)
      #expect(step == .failure(SASLFailure(.notAuthorized, "The credentials are not valid.")))
      return challenge.challengeText?.split(separator: ",").map(String.init) ?? []
    }
    let nobody = try ask("nobody", .scramSHA256, .sha256)
    #expect(nobody.count == 3)
    #expect(nobody[1].count == "s=W22ZaJ0SNY7soEsUEjb6gQ==".count)
    #expect(nobody[2] == "i=4096")
    #expect(try ask("nobody", .scramSHA256, .sha256) == nobody)
    #expect(try ask("NoBody", .scramSHA256, .sha256) == nobody)
    let long = String(repeating: "a\u{300}\u{316}", count: 300)
    #expect(try ask(long, .scramSHA256, .sha256).count == 3)
    #expect(try ask("somebody", .scramSHA256, .sha256)[1] != nobody[1])
    #expect(try ask("nobody", .scramSHA1, .sha1)[1] != nobody[1])
  }
}
