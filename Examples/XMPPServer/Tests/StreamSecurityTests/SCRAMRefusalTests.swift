import StreamSecurity
import Testing

struct SCRAMRefusalTests {
  @Test(
    "A first message that is not in the grammar is malformed",
    arguments: [
      "", "n", "n,", "n,,", "n,,n=user", "n,n=user,r=abc", "x,,n=user,r=abc", "N,,n=user,r=abc",
      "nn,,n=user,r=abc", ",,n=user,r=abc", "p=,,n=user,r=abc", "p,,n=user,r=abc",
      "p=tls_unique,,n=user,r=abc", "n,a=,n=user,r=abc", "n,b=x,n=user,r=abc",
      "n,a=x=2c,n=user,r=abc", "n,a=x=,n=user,r=abc", "n,,n=,r=abc", "n,,n=a=b,r=abc",
      "n,,n=a=2,r=abc", "n,,n=a=3d,r=abc", "n,,n=a=,r=abc", "n,,u=user,r=abc", "n,,n=user,r=",
      "n,,n=user,r=a b", "n,,n=user,r=é", "n,,n=user,n=user,r=abc", "n,,r=abc,n=user",
      "n,,n=user,r=abc,r=abc", "n,,n=user,r=abc,n=other", "n,,n=user,r=abc,", "n,,n=user,r=abc,x",
      "n,,n=user,r=abc,x=", "n,,n=user,r=abc,1=x", "n,,n=user,r=abc,xy=z",
      "n,,n=user,r=abc,x=1,x=2",
      "n,,n=user,r=abc,m=x", "n,,m=x,n=user,r=abc", "n,,m=x,r=abc", "n,,n=us\0er,r=abc",
      "n,,n=user,r=abc\0", " n,,n=user,r=abc",
    ])
  func first(message: String) throws {
    var exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(Array(message.utf8)).condition == .malformedRequest)
    #expect(exchange.respond(Array("n,,n=user,r=abc".utf8)).condition == .malformedRequest)
  }

  @Test("What is not UTF-8, too long or missing is malformed")
  func bytes() throws {
    var exchange = try SASLTestServer().exchange(.scramSHA256)
    let prefix = Array("n,,n=".utf8)
    #expect(
      exchange.respond(prefix + [0xC0, 0x80] + Array(",r=abc".utf8)).condition
        == .malformedRequest)
    let fitting = prefix + Array(repeating: 0x61, count: 4_096 - 11) + Array(",r=abc".utf8)
    exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(fitting).challengeText != nil)
    #expect(exchange.respond(nil).condition == .malformedRequest)
    exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(fitting + [0x61]).condition == .malformedRequest)
    exchange = try SASLTestServer().exchange(.scramSHA256)
    #expect(exchange.respond(nil) == .challenge([]))
    #expect(exchange.respond(nil).condition == .malformedRequest)
  }

  @Test("Only what tests a password may be a guess")
  func guesses() throws {
    var server = SASLTestServer()
    var exchange = try server.exchange(.scramSHA256)
    let client = SCRAMTestClient()
    _ = exchange.respond(client.first)
    let (right, _) = client.final([])
    #expect(exchange.respond(right).mayBeGuess == false)
    exchange = try server.exchange(.plain)
    #expect(exchange.respond(Array("\0user\0wrong".utf8)).mayBeGuess == true)
    exchange = try server.exchange(.plain)
    #expect(exchange.respond(Array("\0nobody\0pencil".utf8)).mayBeGuess == true)
    server.bindings = [.tlsExporter: [1]]
    for (mechanism, first) in [
      (SASLMechanism.scramSHA256Plus, "p=tls-unique,,n=user,r=abc"),
      (.scramSHA256, "y,,n=user,r=abc"),
    ] {
      exchange = try server.exchange(mechanism)
      let step = exchange.respond(Array(first.utf8))
      #expect(step.condition == .notAuthorized)
      #expect(step.mayBeGuess == false)
    }
  }

  /// The condition for a last message that `change` makes of the right one's fields.
  private func condition(
    _ change: (inout [String]) -> Void
  ) throws -> SASLFailure.Condition? {
    let client = SCRAMTestClient()
    var exchange = try SASLTestServer().exchange(.scramSHA256)
    let (right, _) = client.final(exchange.respond(client.first).challengeBytes ?? [])
    var fields = String(decoding: right, as: UTF8.self).split(separator: ",").map(String.init)
    change(&fields)
    return exchange.respond(Array(fields.joined(separator: ",").utf8)).condition
  }

  @Test("A last message that is not in the grammar is malformed")
  func final() throws {
    let changes: [(inout [String]) -> Void] = [
      { $0 = [] },
      { $0.removeFirst() },
      { $0.removeLast() },
      { $0.remove(at: 1) },
      { $0.swapAt(0, 1) },
      { $0.swapAt(1, 2) },
      { $0.append("x=1") },
      { $0.append($0[2]) },
      { $0.insert($0[1], at: 1) },
      { $0.insert("x=1", at: 0) },
      { $0.insert("m=1", at: 2) },
      { $0.insert("a=1", at: 2) },
      { $0.insert("x", at: 2) },
      { $0.insert("", at: 2) },
      { $0[0] = "c=" },
      { $0[0] = "c=biw" },
      { $0[0] = "c=b*ws" },
      { $0[1] = "r=" },
      { $0[1] += "\u{7F}" },
      { $0[2] = "p=" },
      { $0[2] = "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=" },
      { $0[2].removeLast() },
      { $0[2] += "\n" },
      { $0[2] += "\0" },
    ]
    for (index, change) in changes.enumerated() {
      #expect(try self.condition(change) == .malformedRequest, "change \(index)")
    }
  }

  @Test("A last message that proves nothing is not authorized")
  func unproved() throws {
    let changes: [(inout [String]) -> Void] = [
      { $0[0] = "c=eSws" },
      { $0[0] = "c=biwsAA==" },
      { $0[1] += "x" },
      { $0[1].removeLast() },
      { $0[1] = "r=rOprNGfwEbeRWgbNEkqO" },
      { $0.insert("x=1", at: 2) },
      { $0[2] = "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVU=" },
    ]
    for (index, change) in changes.enumerated() {
      #expect(try self.condition(change) == .notAuthorized, "change \(index)")
    }
    #expect(try self.condition { _ in } == nil)
  }

  @Test("No last message that differs in a byte or is cut authenticates")
  func changedBytes() throws {
    let client = SCRAMTestClient()
    var challenged = try SASLTestServer().exchange(.scramSHA256)
    let (right, _) = client.final(challenged.respond(client.first).challengeBytes ?? [])
    for index in right.indices {
      var exchange = challenged
      #expect(exchange.respond(Array(right[..<index])).condition != nil)
      for mask in [0x01, 0x02, 0x20, 0x80] as [UInt8] {
        var message = right
        message[index] ^= mask
        exchange = challenged
        #expect(exchange.respond(message).condition != nil, "byte \(index)")
      }
    }
    #expect(challenged.respond(right).condition == nil)
  }

  @Test("Another password does not do, and says no more than an unknown user")
  func wrongPassword() throws {
    for (mechanism, hash) in [(SASLMechanism.scramSHA256, SCRAMHash.sha256), (.scramSHA1, .sha1)] {
      let client = SCRAMTestClient(hash: hash, password: "Pencil")
      var exchange = try SASLTestServer().exchange(mechanism)
      let challenge = exchange.respond(client.first).challengeBytes ?? []
      #expect(
        exchange.respond(client.final(challenge).message)
          == .failure(SASLFailure(.notAuthorized, "The credentials are not valid.")))
    }
  }
}
