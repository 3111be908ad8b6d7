import COpenSSL
import StreamSecurity
import Testing

struct ChannelBindingTests {
  private let directory: TestDirectory
  private let context: TLSContext

  init() throws {
    self.directory = try TestDirectory()
    self.context = try self.directory.context()
  }

  private func clientExporter(_ pair: TLSTestPair) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    let label = "EXPORTER-Channel-Binding"
    SSL_export_keying_material(pair.client, &output, 32, label, label.utf8.count, [], 0, 1)
    return output
  }

  private func clientCertificateHash(_ pair: TLSTestPair) throws -> [UInt8] {
    let certificate = try #require(SSL_get1_peer_certificate(pair.client))
    defer { X509_free(certificate) }
    var output = [UInt8](repeating: 0, count: 32)
    X509_digest(certificate, EVP_sha256(), &output, nil)
    return output
  }

  /// The client's own Finished message, or the server's.
  private func clientFinished(_ pair: TLSTestPair, own: Bool) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 64)
    let count =
      own
      ? SSL_get_finished(pair.client, &output, 64)
      : SSL_get_peer_finished(pair.client, &output, 64)
    return Array(output.prefix(count))
  }

  @Test("Before the handshake there is nothing to bind to")
  func before() throws {
    let pair = try TLSTestPair(self.context)
    #expect(pair.server.channelBindings.isEmpty)
  }

  @Test("TLS 1.3 has the exporter and the certificate, equal on both sides")
  func version13() throws {
    let pair = try TLSTestPair(self.context)
    try #require(pair.handshake() == .done)
    #expect(
      pair.server.channelBindings == [
        .tlsExporter: self.clientExporter(pair),
        .tlsServerEndPoint: try self.clientCertificateHash(pair),
      ])
    #expect(pair.server.channelBinding(.tlsUnique) == nil)
    let other = try TLSTestPair(self.context)
    try #require(other.handshake() == .done)
    #expect(
      other.server.channelBinding(.tlsExporter) != pair.server.channelBinding(.tlsExporter))
  }

  @Test("TLS 1.2 also has the first Finished message, whose it is in a resumed session as well")
  func version12() throws {
    let pair = try TLSTestPair(self.context, TLSClientOptions(version: TLS1_2_VERSION))
    try #require(pair.handshake() == .done)
    let unique = self.clientFinished(pair, own: true)
    #expect(unique.count == 12)
    #expect(
      pair.server.channelBindings == [
        .tlsExporter: self.clientExporter(pair), .tlsUnique: unique,
        .tlsServerEndPoint: try self.clientCertificateHash(pair),
      ])
    let session = SSL_get1_session(pair.client)
    defer { SSL_SESSION_free(session) }
    let resumed = try TLSTestPair(
      self.context, TLSClientOptions(version: TLS1_2_VERSION, resumed: session))
    try #require(resumed.handshake() == .done)
    #expect(SSL_session_reused(resumed.client) == 1)
    #expect(
      resumed.server.channelBinding(.tlsUnique) == self.clientFinished(resumed, own: false))
    #expect(resumed.server.channelBinding(.tlsUnique) != unique)
    #expect(resumed.server.channelBinding(.tlsExporter) == self.clientExporter(resumed))
  }

  @Test("Without an extended master secret, only the certificate is left")
  func noExtendedMasterSecret() throws {
    let pair = try TLSTestPair(self.context, TLSClientOptions(version: TLS1_2_VERSION))
    shim_SSL_turn_off_extended_master_secret(pair.client)
    try #require(pair.handshake() == .done)
    #expect(Array(pair.server.channelBindings.keys) == [.tlsServerEndPoint])
  }

  @Test("An authentication over TLS is bound to its connection")
  func authentication() throws {
    let (pair, other) = (try TLSTestPair(self.context), try TLSTestPair(self.context))
    try #require(pair.handshake() == .done)
    try #require(other.handshake() == .done)
    let server = SASLTestServer(bindings: pair.server.channelBindings)
    for (client, isSame) in [(pair, true), (other, false)] {
      var exchange = try server.exchange(.scramSHA256Plus)
      let scram = SCRAMTestClient(
        header: "p=tls-exporter,,", bindingData: self.clientExporter(client))
      let (message, answer) = scram.final(
        exchange.respond(scram.first).challengeBytes ?? [])
      let step = exchange.respond(message)
      if isSame {
        #expect(
          step
            == .success(
              username: "user", authorizationID: nil, additionalData: Array(answer.utf8)))
      } else {
        #expect(step.condition == .notAuthorized)
      }
    }
  }
}
