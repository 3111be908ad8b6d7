import COpenSSL
import Glibc
import StreamSecurity
import Testing

struct TLSSessionTests {
  private let directory: TestDirectory
  private let context: TLSContext

  init() throws {
    self.directory = try TestDirectory()
    self.context = try self.directory.context()
  }

  private func established(
    _ options: TLSClientOptions = TLSClientOptions()
  ) throws -> TLSTestPair {
    let pair = try TLSTestPair(self.context, options)
    try #require(pair.handshake() == .done)
    return pair
  }

  @Test(
    "TLS 1.2 and 1.3 are spoken, with data both ways",
    arguments: [(TLS1_2_VERSION, "TLSv1.2"), (TLS1_3_VERSION, "TLSv1.3")])
  func versions(version: Int32, name: String) throws {
    let pair = try TLSTestPair(self.context, TLSClientOptions(version: version))
    #expect(!pair.server.isEstablished)
    #expect(pair.server.cipherName.isEmpty)
    #expect(pair.handshake() == .done)
    #expect(pair.server.isEstablished)
    #expect(pair.server.protocolName == name)
    #expect(pair.server.cipherName.contains("GCM") || pair.server.cipherName.contains("CHACHA"))
    #expect(pair.server.applicationProtocol == nil)
    #expect(pair.serverRead() == ([], .wantsRead))
    #expect(pair.clientWrite(Array("<stream>".utf8)[...]) == 8)
    #expect(pair.serverRead() == (Array("<stream>".utf8), .wantsRead))
    #expect(pair.serverWrite(Array("<features/>".utf8)) == .bytes(11))
    #expect(pair.clientRead() == Array("<features/>".utf8))
    #expect(pair.serverWrite([]) == .bytes(0))
    #expect(
      pair.server.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0)) == .bytes(0))
  }

  @Test("TLS 1.0 and 1.1 are refused", arguments: [TLS1_VERSION, TLS1_1_VERSION])
  func oldVersions(version: Int32) throws {
    let pair = try TLSTestPair(self.context, TLSClientOptions(version: version))
    guard case .failed(.protocol(let reason)) = pair.handshake() else {
      Issue.record("The handshake did not fail.")
      return
    }
    #expect(reason == "unsupported protocol")
    #expect(pair.server.handshake() == .failed(.ended))
    #expect(pair.serverRead() == ([], .failed(.ended)))
    #expect(pair.serverWrite([1]) == .failed(.ended))
  }

  @Test("Ciphers without forward secrecy or authenticated encryption are refused")
  func oldCiphers() throws {
    for ciphers in ["AES128-GCM-SHA256@SECLEVEL=0", "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"] {
      let pair = try TLSTestPair(
        self.context, TLSClientOptions(version: TLS1_2_VERSION, ciphers: ciphers))
      #expect(pair.handshake() == .failed(.protocol(reason: "no shared cipher")))
    }
  }

  @Test("What is no TLS at all fails, and so does an end within the handshake")
  func noTLS() throws {
    let pair = try TLSTestPair(self.context)
    #expect(pair.server.handshake() == .wantsRead)
    let text = Array("<?xml version='1.0'?><stream:stream to='localhost'>".utf8)
    #expect(send(pair.clientSocket, text, text.count, 0) == text.count)
    guard case .failed(.protocol) = pair.server.handshake() else {
      Issue.record("The handshake did not fail.")
      return
    }
    let silent = try TLSTestPair(self.context)
    #expect(shutdown(silent.clientSocket, Int32(SHUT_RDWR)) == 0)
    #expect(silent.server.handshake() == .failed(.closedInHandshake))
  }

  @Test("A megabyte goes through in parts, from a buffer that moves and grows")
  func partialWrites() throws {
    for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
      let pair = try self.established(TLSClientOptions(version: version))
      let data = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
      var (sent, blocked, received) = (0, 0, [UInt8]())
      while sent < data.count {
        // A copy, which is elsewhere every time.
        let rest = Array(data[sent..<min(sent + 20_000 + blocked, data.count)])
        switch pair.serverWrite(rest) {
        case .bytes(let count):
          #expect((1...rest.count).contains(count))
          sent += count
        case .wantsWrite:
          blocked += 1
          received += pair.clientRead()
        case .wantsRead, .closed, .failed:
          Issue.record("The server cannot write.")
          return
        }
      }
      received += pair.clientRead()
      #expect(received == data)
      #expect(blocked > 0)

      (sent, received) = (0, [])
      while sent < data.count {
        sent += pair.clientWrite(data[sent...])
        received += pair.serverRead().0
      }
      #expect(received == data)
    }
  }

  @Test("What is decrypted and not read is counted")
  func pending() throws {
    let pair = try self.established()
    #expect(pair.server.pendingBytes == 0)
    #expect(pair.clientWrite([UInt8](repeating: 7, count: 1_000)[...]) == 1_000)
    var small = [UInt8](repeating: 0, count: 10)
    #expect(small.withUnsafeMutableBytes { pair.server.read(into: $0) } == .bytes(10))
    #expect(pair.server.pendingBytes == 990)
    #expect(pair.serverRead().0.count == 990)
    #expect(pair.server.pendingBytes == 0)
  }

  @Test("The end is announced once, and both sides see it")
  func closing() throws {
    let pair = try self.established()
    #expect(pair.serverWrite(Array("</stream>".utf8)) == .bytes(9))
    pair.server.close()
    pair.server.close()
    #expect(pair.serverWrite([1]) == .closed)
    #expect(pair.clientRead() == Array("</stream>".utf8))
    #expect(pair.isClientClosed)
    #expect(pair.clientWrite([1, 2, 3]) == 3)
    SSL_shutdown(pair.client)
    #expect(pair.serverRead() == ([1, 2, 3], .closed))
    #expect(pair.serverRead() == ([], .closed))
  }

  @Test("A connection that is cut counts as closed, and closing is then nothing")
  func cut() throws {
    for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
      let pair = try self.established(TLSClientOptions(version: version))
      #expect(pair.clientWrite([1, 2]) == 2)
      #expect(shutdown(pair.clientSocket, Int32(SHUT_RDWR)) == 0)
      #expect(pair.serverRead() == ([1, 2], .closed))
      pair.server.close()
      let writer = try self.established(TLSClientOptions(version: version))
      #expect(shutdown(writer.clientSocket, Int32(SHUT_RDWR)) == 0)
      #expect(writer.serverWrite([1]) == .closed)
      writer.server.close()
      #expect(writer.serverWrite([1]) == .failed(.ended))
    }
  }

  @Test("A record that was tampered with ends this session and no other")
  func tampering() throws {
    let (pair, other) = (try self.established(), try self.established())
    let record: [UInt8] = [0x17, 3, 3, 0, 32] + [UInt8](repeating: 9, count: 32)
    #expect(send(pair.clientSocket, record, record.count, 0) == record.count)
    guard case ([], .failed(.protocol)) = pair.serverRead() else {
      Issue.record("The record was accepted.")
      return
    }
    #expect(pair.serverRead() == ([], .failed(.ended)))
    #expect(other.serverRead() == ([], .wantsRead))
    #expect(other.serverWrite([1]) == .bytes(1))
  }

  @Test("xmpp-client is selected among others, and other protocols alone are refused")
  func applicationProtocol() throws {
    let http = [UInt8(8)] + Array("http/1.1".utf8)
    let xmpp = [UInt8(11)] + Array("xmpp-client".utf8)
    let pair = try self.established(TLSClientOptions(protocols: http + xmpp))
    #expect(pair.server.applicationProtocol == "xmpp-client")
    let refused = try TLSTestPair(self.context, TLSClientOptions(protocols: http))
    #expect(refused.handshake() == .failed(.protocol(reason: "no application protocol")))
  }
}
