import MDM
import Testing

@testable import ServerCore

/// The violations of a list of settings, as text.
private func problems(_ assignments: KeyValuePairs<String, String>) -> [String] {
  do {
    _ = try ServerSettings(assignments)
    return []
  } catch {
    return error.violations.map { $0.problem }
  }
}

struct SettingsRuleTests {
  @Test("TLS can be off on loopback addresses only, unless it is allowed anywhere")
  func tlsOff() throws {
    #expect(problems(["tls": "off"]) == [])
    #expect(problems(["tls": "off", "listen": "127.8.8.8:1"]) == [])
    #expect(problems(["tls": "off", "listen": "[::ffff:127.0.0.1]:1"]) == [])
    #expect(problems(["tls": "off", "listen": "127.0.0.1:1", "tlsOffAnywhere": "on"]) == [])
    let reachable = problems(["tls": "off", "listen": "0.0.0.0:1"])
    #expect(reachable.count == 1 && reachable[0].contains("0.0.0.0:1"))
    #expect(problems(["tls": "off", "listen": "[::]:1"]).count == 1)
    #expect(problems(["tls": "off", "listen": "0.0.0.0:1", "tlsOffAnywhere": "on"]) == [])
    #expect(problems(["tls": "optional", "listen": "0.0.0.0:1"]) == [])
    let settings = try ServerSettings(["tls": "off"])
    #expect(settings.directTLSAddresses.isEmpty && !settings.makesCertificate)
    #expect(problems(["tls": "off", "listenTLS": "127.0.0.1:1"]).count == 1)
  }

  @Test("There is an address to listen on, and none is there twice")
  func addresses() {
    #expect(problems(["listen": "none"]) == [])
    #expect(problems(["listen": "none", "listenTLS": "none"]).count == 1)
    #expect(problems(["listen": "none", "tls": "off"]).count == 1)
    #expect(problems(["listen": "127.0.0.1:1", "listenTLS": "127.0.0.1:1"]).count == 1)
    #expect(problems(["listen": "127.0.0.1:1", "listen": "127.0.0.1:1"]).count == 1)
    #expect(problems(["listen": "127.0.0.1:0", "listen": "127.0.0.1:0"]) == [])
    #expect(problems(["listen": "127.0.0.1:1", "listen": "none"]).count == 1)
    #expect(problems(["listen": "none", "listen": "127.0.0.1:1"]).count == 1)
  }

  @Test("A list has at most 64 addresses")
  func tooManyAddresses() {
    let lines = (1...64).map { "listen = 127.0.0.1:\($0)\n" }.joined()
    #expect(throws: Never.self) { try ServerSettings(text: lines, name: "f") }
    let error = #expect(throws: SettingsError.self) {
      try ServerSettings(text: "\(lines)listen = 127.0.0.1:65\n", name: "f")
    }
    #expect(error?.violations.count == 1)
  }

  @Test("Certificate and key come together")
  func certificate() {
    #expect(problems(["certificate": "/c", "key": "/k"]) == [])
    #expect(problems(["certificate": "/c"]).count == 1)
    #expect(problems(["key": "/k"]).count == 1)
  }

  @Test("A certificate is made for localhost, and elsewhere when it is wanted")
  func makesCertificate() throws {
    #expect(try ServerSettings(["domain": "localhost"]).makesCertificate)
    #expect(try !ServerSettings(["domain": "a.example"]).makesCertificate)
    #expect(try ServerSettings(["domain": "a.example", "selfSigned": "on"]).makesCertificate)
  }

  @Test("A directory too long for the socket in it is refused, unless the socket is elsewhere")
  func controlPath() {
    // "/control.sock" has 13 bytes.
    #expect(problems(["data": String(repeating: "d", count: 94)]) == [])
    #expect(problems(["data": String(repeating: "d", count: 95)]).count == 1)
    #expect(problems(["data": String(repeating: "d", count: 95), "control": "/c"]) == [])
  }

  @Test("Sizes go with each other: defaults follow, values that do not are refused")
  func sizes() throws {
    let small = try ServerSettings(["stanzaBytes": "10000"])
    #expect(small.limits.pepItemBytes == 10_000)
    #expect(small.limits.outputBytes == 8 << 20)
    let large = try ServerSettings(["stanzaBytes": "16MiB"])
    #expect(large.limits.outputBytes == 32 << 20)
    #expect(large.engine.values.stanzaByteLimit == 16 << 20)
    #expect(problems(["stanzaBytes": "64KiB", "outputBytes": "128KiB"]) == [])
    #expect(problems(["stanzaBytes": "64KiB", "outputBytes": "131071"]).count == 1)
    #expect(problems(["stanzaBytes": "64KiB", "pepItemBytes": "64KiB"]) == [])
    #expect(problems(["stanzaBytes": "64KiB", "pepItemBytes": "65537"]).count == 1)
    #expect(problems(["stanzaBytes": "64KiB", "engine.stanzaByteLimit": "65536"]) == [])
    #expect(problems(["stanzaBytes": "64KiB", "engine.stanzaByteLimit": "65535"]).count == 1)
    #expect(problems(["engine.stanzaByteLimit": "0"]).count == 1)
  }

  @Test("A path that a file could not say is refused")
  func unsayablePaths() {
    for path in ["a\nlog = debug", " a", "a ", "#a", "a #b", "a\u{0}b", "a\u{7F}"] {
      #expect(problems(["data": path]).count == 1, "\(path.debugDescription)")
    }
    #expect(problems(["data": "a b#c=d"]) == [])
  }

  @Test("An address is bound as it is written")
  func socketAddress() throws {
    for text in ["127.0.0.1:5222", "[::1]:5222", "[2001:db8::7]:65535", "10.255.0.1:0"] {
      let address = try #require(ListenAddress(text))
      #expect("\(address)" == text)
      address.withSocketAddress { pointer, length in
        let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(length))
        // The port stands at the same place for both families; the address does not.
        #expect(UInt16(bytes[2]) << 8 | UInt16(bytes[3]) == address.port)
        let start = address.isIPv6 ? 8 : 4
        #expect(Array(bytes[start..<start + address.bytes.count]) == address.bytes)
      }
    }
    #expect(ListenAddress("[::1]:1")?.isLoopback == true)
    #expect(ListenAddress("[::2]:1")?.isLoopback == false)
    #expect(ListenAddress("[::ffff:10.0.0.1]:1")?.isLoopback == false)
  }
}
