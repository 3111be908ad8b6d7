import COpenSSL
import Glibc
import MDMXMPP
import StreamSecurity
import XMLStream

@testable import ServerCore

/// A minimal client: the other end of a connection, read only when the harness says so.
final class TestClient {
  /// What has gone wrong in a test's own script.
  struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private unowned let harness: ServerHarness
  private var descriptor: Int32
  private let parser = StreamParser(pool: ParserPool())
  /// What has come and was not asked for yet.
  private var heard: [Element] = []
  /// Whether the server has closed its stream.
  private(set) var isClosed = false
  /// Stanzas that have come since stream management was enabled.
  private(set) var handled: UInt32 = 0
  private var countsStanzas = false
  /// What the stream can be resumed by.
  private(set) var resumptionID: String?
  var address = ""
  /// Whether nothing is read, so that the server's output fills up.
  var isDeaf = false
  /// Whether questions for acknowledgements are answered at once.
  var acknowledges = true

  init(_ descriptor: Int32, _ harness: ServerHarness) {
    self.descriptor = descriptor
    self.harness = harness
  }

  deinit { self.disconnect() }

  // MARK: - Talking

  /// Sends bytes and lets the server do everything that follows from them.
  func say(_ xml: String) throws {
    try self.write(xml)
    try self.harness.settle()
  }

  /// Sends bytes, of which the server may take what it will.
  func write(_ xml: String) throws {
    var rest = Array(xml.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        try self.harness.server.takeTurn(waiting: 0)
      } else {
        // The server is not there any more; what it said of that can be read.
        return
      }
    }
  }

  /// Everything that has come since the last time.
  func hear() -> [Element] {
    defer { self.heard = [] }
    return self.heard
  }

  /// What has come since the last time, a line for each stanza.
  func transcript() -> [String] { self.hear().map(\.line) }

  /// Says something and hears the answer, whatever else comes before it.
  func ask(_ xml: String) throws -> Element {
    try self.say(xml)
    guard let answer = self.hear().last else { throw Unexpected("no answer to \(xml)") }
    return answer
  }

  /// The cable is cut: nothing is said, nothing more is heard.
  func disconnect() {
    if self.descriptor >= 0 { Glibc.close(self.descriptor) }
    self.descriptor = -1
  }

  /// Takes what is there for it; whether there was anything.
  func receive() throws -> Bool {
    var hasReceived = false
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while self.descriptor >= 0, !self.isDeaf {
      let count = recv(self.descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN { break }
      hasReceived = true
      if count <= 0 {
        self.isClosed = true
        self.disconnect()
        break
      }
      var rest = buffer[..<count]
      while !rest.isEmpty {
        let consumed = try rest.withUnsafeBytes { bytes in
          try self.parser.parse(bytes) { self.take($0) }
        }
        rest = rest.dropFirst(consumed)
        if consumed == 0 { break }
      }
    }
    return hasReceived
  }

  private func take(_ event: StreamEvent) -> Bool {
    switch event {
    case .header:
      break
    case .end:
      self.isClosed = true
    case .element(let element, _):
      return self.take(element)
    }
    return true
  }

  private func take(_ element: Element) -> Bool {
    if element.namespace == Namespaces.client, self.countsStanzas { self.handled &+= 1 }
    if element.namespace == Namespaces.streamManagement {
      switch element.name {
      case "r":
        if self.acknowledges { try? self.acknowledge() }
        return true
      case "enabled":
        self.resumptionID = element.attribute("id")
        self.countsStanzas = true
      case "resumed":
        self.countsStanzas = true
      default:
        break
      }
    }
    self.heard.append(element)
    if element.isNamed("success", namespace: StreamNamespaces.sasl) {
      self.parser.restart()
      return false
    }
    return true
  }

  /// Says how much has been handled, without waiting for what comes of it.
  func acknowledge() throws {
    try self.write("<a xmlns='urn:xmpp:sm:3' h='\(self.handled)'/>")
  }

  // MARK: - Signing in

  static let header = """
    <?xml version='1.0'?><stream:stream xmlns='jabber:client' to='localhost' version='1.0'\
     xmlns:stream='http://etherx.jabber.org/streams'>
    """

  /// Opens a stream and signs in with SCRAM-SHA-1; the server's signature is checked.
  func authenticate(_ username: String, password: String = ServerHarness.password) throws {
    try self.say(Self.header)
    let bare = "n=\(username),r=fyko+d2lbbFgONRv9qkxdawL"
    let first = Base64.encode(Array("n,,\(bare)".utf8))
    _ = self.hear()
    let challenge = try self.ask(
      "<auth xmlns='\(StreamNamespaces.sasl)' mechanism='SCRAM-SHA-1'>\(first)</auth>")
    guard challenge.name == "challenge" else { throw Unexpected(challenge.line) }
    let text = String(decoding: Base64.decode(challenge.text) ?? [], as: UTF8.self)
    let (message, signature) = Self.proof(of: password, bare, text)
    let answer = try self.ask(
      """
      <response xmlns='\(StreamNamespaces.sasl)'>\(Base64.encode(Array(message.utf8)))</response>
      """)
    guard answer.name == "success" else { throw Unexpected(answer.line) }
    guard Base64.decode(answer.text) == Array("v=\(signature)".utf8) else {
      throw Unexpected("the server's signature is wrong")
    }
    try self.say(Self.header)
    _ = self.hear()
  }

  /// The client's last message and the server's signature (RFC 5802 §3).
  private static func proof(
    of password: String, _ bare: String, _ challenge: String
  ) -> (message: String, signature: String) {
    var values: [Character: String] = [:]
    for field in challenge.split(separator: ",") {
      if let name = field.first { values[name] = String(field.dropFirst(2)) }
    }
    let salt = Base64.decode(values["s"] ?? "") ?? []
    var salted = [UInt8](repeating: 0, count: 20)
    PKCS5_PBKDF2_HMAC(
      password, Int32(password.utf8.count), salt, Int32(salt.count),
      Int32(values["i"] ?? "") ?? 1, EVP_sha1(), 20, &salted)
    let withoutProof = "c=biws,r=\(values["r"] ?? "")"
    let message = Array("\(bare),\(challenge),\(withoutProof)".utf8)
    let clientKey = Digest.hmac(.sha1, key: salted, Array("Client Key".utf8))
    let clientSignature = Digest.hmac(.sha1, key: Digest.sha1(clientKey), message)
    let proof = zip(clientKey, clientSignature).map { $0 ^ $1 }
    let serverKey = Digest.hmac(.sha1, key: salted, Array("Server Key".utf8))
    let signature = Base64.encode(Digest.hmac(.sha1, key: serverKey, message))
    return ("\(withoutProof),p=\(Base64.encode(proof))", signature)
  }

  /// Binds a resource; returns the server's answer.
  @discardableResult
  func bind(_ resource: String) throws -> Element {
    let answer = try self.ask(
      """
      <iq type='set' id='bind'><bind xmlns='\(StreamNamespaces.bind)'>\
      <resource>\(resource)</resource></bind></iq>
      """)
    self.address =
      answer.child("bind", namespace: StreamNamespaces.bind)?
      .child("jid", namespace: StreamNamespaces.bind)?.text ?? ""
    return answer
  }

  /// Goes on where another client was cut off, having handled what that one had; what has come is
  /// heard afterwards.
  func resume(_ previous: TestClient) throws {
    self.handled = previous.handled
    self.resumptionID = previous.resumptionID
    self.address = previous.address
    try self.say(
      """
      <resume xmlns='urn:xmpp:sm:3' previd='\(previous.resumptionID ?? "")' h='\(self.handled)'/>
      """)
  }

  /// Asks for copies of what the account's other devices send and get (XEP-0280 §4); returns the
  /// server's answer.
  @discardableResult
  func enableCarbons() throws -> Element {
    try self.ask("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
  }

  /// Asks for stream management with resumption.
  func enableResumption() throws {
    try self.say("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    _ = self.hear()
  }
}
