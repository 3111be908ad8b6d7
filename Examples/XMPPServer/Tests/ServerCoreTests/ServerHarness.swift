import Glibc
import MDMXMPP
import ServerStorage
import StreamSecurity

@testable import ServerCore

/// A whole server in the test's process, which works only while a test waits for it: no threads,
/// no ports, no time that has to pass.
final class ServerHarness {
  static let password = "secret"

  /// Of the fewest rounds that are allowed, for many accounts sign in here.
  private static let credentials: [StoredCredential] = {
    let keys = try? SCRAMKeys(
      password: ServerHarness.password, hash: .sha1, salt: Array(0..<16), iterations: 4_096)
    return keys.map {
      [
        StoredCredential(
          mechanism: SCRAMHash.sha1.mechanismName, salt: $0.salt, iterations: $0.iterations,
          storedKey: $0.storedKey, serverKey: $0.serverKey)
      ]
    } ?? []
  }()

  let directory = TemporaryDirectory()
  private let settings: ServerSettings
  private(set) var server: XMPPServer
  private var clients: [TestClient] = []
  /// How much a connection takes that nobody reads, in bytes; nil for what the system gives.
  var sendBuffer: Int32?

  /// A server with these settings beside those of the harness, and with these accounts.
  init(
    _ settings: KeyValuePairs<String, String> = [:], accounts: [String] = ["alice", "bob"]
  ) throws {
    var assignments = [("tls", "off"), ("data", self.directory.path)]
    assignments += settings.map { ($0.key, $0.value) }
    self.settings = try ServerSettings(
      text: "", name: "", overrides: assignments.map { SettingAssignment($0.0, $0.1) })
    self.server = try XMPPServer(settings: self.settings, log: Self.log)
    for name in accounts {
      _ = try self.server.store.createAccount(name, credentials: Self.credentials)
    }
    try self.server.store.commit()
  }

  deinit { self.closeConnections() }

  private static var log: ServerLog {
    ServerLog(level: .error, now: { timespec() }, sink: { $0.count })
  }

  // MARK: - Turns

  /// Lets the server work until nobody has anything more to read.
  func settle() throws {
    for _ in 0..<10_000 {
      try self.server.takeTurn(waiting: 0)
      var isBusy = false
      for client in self.clients where try client.receive() { isBusy = true }
      if !isBusy, !self.hasInput { return }
    }
    throw TestClient.Unexpected("the server and its clients do not come to rest")
  }

  /// Whether something has come that the server has not read, but will.
  var hasInput: Bool {
    self.server.connectionsInOrder.contains { connection in
      if connection.delayedAnswer != nil { return false }
      var request = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 0) > 0
    }
  }

  // MARK: - Clients

  /// A client that is connected and has said nothing.
  func connect(from peer: String = "192.0.2.1") throws -> TestClient {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Descriptors.streamSocketType, 0, &ends) == 0 else {
      throw SystemError("socketpair")
    }
    if var size = self.sendBuffer {
      setsockopt(
        ends[0], SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    let client = TestClient(ends[1], self)
    self.clients.append(client)
    self.server.accept(ends[0], from: peer, secured: false)
    return client
  }

  /// A device that is bound and has sent no presence.
  func bound(_ username: String, _ resource: String) throws -> TestClient {
    let client = try self.connect()
    try client.authenticate(username)
    try client.bind(resource)
    return client
  }

  /// A device that is signed in; it is available, and has heard what that brings.
  func device(
    _ username: String, _ resource: String, resumption: Bool = false,
    presence: String = "<presence/>"
  ) throws -> TestClient {
    let client = try self.bound(username, resource)
    if resumption { try client.enableResumption() }
    try client.say(presence)
    for client in self.clients { _ = client.hear() }
    return client
  }

  /// Two accounts that are each other's contacts.
  func subscribe(_ left: String, _ right: String) throws {
    let store = self.server.store
    for (owner, contact) in [(left, right), (right, left)] {
      guard let account = try store.account(named: owner) else { continue }
      try store.setRosterItem(
        RosterItem(contact: "\(contact)@localhost", subscription: .both), of: account)
    }
    try store.commit()
  }

  // MARK: - The end of the process

  /// The process dies where it stands, and another begins with what is on the disk.
  func crashAndRestart() throws {
    weak let gone = self.server
    self.closeConnections()
    for client in self.clients { client.disconnect() }
    self.clients = []
    self.server = try XMPPServer(settings: self.settings, log: Self.log)
    guard gone == nil else { throw TestClient.Unexpected("something keeps the server") }
  }

  private func closeConnections() {
    for connection in self.server.connectionsInOrder {
      self.server.loop.remove(connection.descriptor)
      Glibc.close(connection.descriptor)
    }
  }
}

extension Element {
  /// The stanza in a line, such as `message alice@localhost/phone: hello`; copies and answers show
  /// what they are about.
  var line: String {
    let type = self.attribute("type").map { "[\($0)]" } ?? ""
    let from = self.attribute("from").map { " \($0)" } ?? ""
    let inner = self.elements.compactMap(\.summary).joined(separator: " ")
    return "\(self.name)\(type)\(from)\(inner.isEmpty ? "" : ": \(inner)")"
  }

  private var summary: String? {
    switch self.name {
    case "body": self.text
    case "sent", "received":
      "\(self.name)(\(self.elements.first?.elements.first { $0.name == "message" }?.line ?? ""))"
    case "stanza-id", "delay", "notify": nil
    case "error": self.elements.map(\.name).joined(separator: " ")
    case "query", "block", "unblock", "blocklist":
      "\(self.name)(\(self.elements.map(\.itemSummary).joined(separator: ", ")))"
    default: self.name
    }
  }

  private var itemSummary: String {
    [self.attribute("jid"), self.attribute("subscription"), self.attribute("ask")]
      .compactMap { $0 }.joined(separator: " ")
  }
}
