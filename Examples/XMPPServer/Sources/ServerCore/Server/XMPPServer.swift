import Glibc
import MDM
import MDMXMPP
import ServerStorage
import StreamSecurity
import XMLStream

/// The server: one thread that reads, decides, stores and writes, in turns.
///
/// A turn handles what has come on every connection that has something, within bounds. What it has
/// decided is then committed to the store, and only after that is anything written to a socket: a
/// client never sees a message, nor an acknowledgement, that a crash could undo.
///
/// The messaging service decides who gets what; everything here belongs to its one thread.
public final class XMPPServer: @unchecked Sendable {
  let log: ServerLog
  let domain: String
  let binding: XMPPBinding
  let store: ServerStore
  let loop: EventLoop
  let parsers: ParserPool
  let tlsContext: TLSContext?
  /// What hides which accounts there are (see `DecoySecret`).
  let decoySecret: DecoySecret
  let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  var settings: ServerSettings
  var guardian = AuthenticationGuard()
  var deadlines = DeadlineQueue<Connection>()

  /// The engine's side.
  ///
  /// One shard, since there is one thread; accounts stay open, since the store and not a scope says
  /// where their archives end.
  private(set) lazy var service = MessagingService(
    configuration: self.serviceConfiguration, engine: self.settings.engine,
    clock: ServiceClock(
      now: { ServerTime.monotonic() }, sleep: { _ in throw CancellationError() }),
    router: HostRouter(), host: ServerHost(self))
  private let serviceConfiguration: ServiceConfiguration

  /// Whether Multiple Device Messaging is in force; another switch may be staged (B18).
  lazy var isMDMInForce = self.settings.engine.values.enabled
  /// The instant of this turn.
  private(set) var now = ServerTime.monotonic()
  /// What time of day the turn's instants are.
  private(set) var wallClock = WallClock(originNanoseconds: 0)

  var accounts: [AccountName: Account] = [:]
  var sessions: [DeviceHandle: ClientSession] = [:]
  private(set) var connections: [Int32: Connection] = [:]
  private var connectionsByPeer: [String: Int] = [:]
  private var dirty: [Connection] = []
  private var unread: [Connection] = []
  /// Sessions that have room for more of what the store keeps for them.
  private var backlogged: [ClientSession] = []
  private var listeners: [Listener] = []
  /// When connections are taken in again, after there were no descriptors left for them.
  private var listensAgain: MonotonicInstant?
  private var signals: SignalWatch?
  private var idCounter: UInt64 = 0
  private var isStopping = false

  /// When old messages are removed, and of whom next.
  var pruning = ArchivePruning()
  /// Accounts that a device has left in this turn, perhaps with something for the others.
  var bereaved: [Account] = []
  /// Messages of which only devices of negative priority have copies, of this turn (B49).
  var untaken: [(account: Account, position: UInt64)] = []
  /// What this turn is to store.
  var turn = ArchiveTurn()
  /// The message that is being sent, for the host's part in routing it.
  var sending: ClientMessage?
  /// The same for messages that wait for the archive (`ArchivePolicy.refuse`).
  var waitingForArchive: [WaitingForArchive.Key: WaitingForArchive] = [:]
  var capabilities = CapabilityCache()
  var totals = ServerTotals()
  /// How busy the machine is.
  var nodeMeter = NodeMeter()
  /// Writes down what passes, while an administrator wants it to.
  var recorder: TrafficRecorder?

  /// A server with these settings, which listens but does not run yet.
  ///
  /// - Throws: whatever makes a start impossible, in words.
  public init(settings: ServerSettings, log: ServerLog) throws {
    self.settings = settings
    self.log = log
    self.domain = settings.domain
    var configuration = XMPPBinding.Configuration(domains: [settings.domain])
    configuration.annotatesNotifications = true
    configuration.archivesMarkers = settings.archiveMarkers
    // The node of read marks is one of the account's nodes, with all that goes for them.
    configuration.features.remove(.displayedSync)
    configuration.scanner = StanzaScanner(depthLimit: settings.limits.depth)
    self.binding = try XMPPBinding(configuration)
    self.store = try ServerStore(
      path: settings.databasePath, durability: settings.durability == .full ? .power : .process)
    self.tlsContext = settings.tls == .off ? nil : try Self.certificate(settings, log)
    self.decoySecret = try DecoySecret(
      try self.store.secret(named: "decoy") { SecureRandom.bytes(32) })
    self.loop = try EventLoop()
    self.parsers = ParserPool()
    self.serviceConfiguration = try ServiceConfiguration {
      $0.shards = 1
      $0.idleAccounts = .keep
      $0.effectLimit = 1 << 20
    }
    self.readClocks()
    _ = self.nodeMeter.usage(at: self.now)
  }

  deinit { self.readBuffer.deallocate() }

  private static func certificate(
    _ settings: ServerSettings, _ log: ServerLog
  ) throws -> TLSContext {
    let (chain, key) = (settings.certificatePath, settings.privateKeyPath)
    if settings.makesCertificate, access(chain, F_OK) != 0, access(key, F_OK) != 0 {
      try TLSContext.makeSelfSignedCertificate(
        names: [settings.domain], certificate: chain, key: key, days: 3_650)
      log.warning("tls.self-signed", ["certificate": chain, "domain": settings.domain])
    }
    return try TLSContext(certificateChain: chain, privateKey: key)
  }

  // MARK: - Running

  /// Serves until SIGTERM or SIGINT, then drains: streams are closed, what was held or not
  /// acknowledged is in the archive when this returns.
  public func run() throws {
    let signals = try SignalWatch { [unowned self] in self.stop() }
    self.signals = signals
    try self.loop.add(signals.descriptor, .readable, for: signals)
    let room = DescriptorLimit.makeRoom(forConnections: self.settings.limits.connections)
    if room < self.settings.limits.connections {
      self.log.warning(
        "limit.descriptors", ["connections": self.settings.limits.connections, "room": room])
    }
    let control = try ControlListener(self)
    defer { control.close() }
    try self.listen()
    if self.settings.tls == .off {
      self.log.warning(
        "tls.off", ["text": "passwords and messages are readable by whoever is on the path"])
    }
    while !self.isStopping || !self.connections.isEmpty {
      try self.takeTurn(waiting: self.waitingTime)
    }
    self.service.finish(at: self.now)
    self.endTurn()
    self.log.info("server.stopped")
  }

  private func listen() throws {
    for (addresses, isSecured) in [
      (self.settings.addresses, false), (self.settings.directTLSAddresses, true),
    ] {
      if isSecured, self.tlsContext == nil { continue }
      for address in addresses {
        let listener = try Listener(address, secured: isSecured, server: self)
        try self.loop.add(listener.descriptor, .readable, for: listener)
        self.listeners.append(listener)
        self.announce("listening \(listener.boundAddress)\(isSecured ? " TLS" : "")")
      }
    }
  }

  /// The process has as many descriptors as it may: connections wait for a second.
  func pauseListening() {
    self.log.warning("listening.paused", ["text": "\(SystemError("accept"))"])
    for listener in self.listeners { self.loop.change(listener.descriptor, to: []) }
    self.listensAgain = self.now.advanced(by: .seconds(1))
  }

  private func listenAgain() {
    guard let instant = self.listensAgain, instant <= self.now else { return }
    self.listensAgain = nil
    for listener in self.listeners { self.loop.change(listener.descriptor, to: .readable) }
  }

  /// A line for whoever has started the server, whatever the log's level.
  private func announce(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }

  private var waitingTime: Int32 {
    if !self.unread.isEmpty || !self.backlogged.isEmpty || self.pruning.isBusy { return 0 }
    let deadlines = [
      self.deadlines.next, self.service.nextDeadline, self.pruning.next, self.listensAgain,
    ].compactMap { $0 }
    guard let next = deadlines.min() else { return -1 }
    let nanoseconds = next.nanoseconds(since: ServerTime.monotonic())
    // Rounded up: a turn that comes a little early would come twice.
    return Int32(clamping: max(0, (nanoseconds &+ 999_999) / 1_000_000))
  }

  /// One turn, which begins when something is possible, at the latest after so many milliseconds,
  /// -1 for never: the handlers of the sockets, what is due, what is to be stored and written.
  func takeTurn(waiting milliseconds: Int32) throws(SystemError) {
    // The handlers act at the instant of waking, not at that of the turn before.
    try self.loop.wait(milliseconds: milliseconds) { self.readClocks() }
    self.readClocks()
    let unread = self.unread
    self.unread = []
    for connection in unread { connection.readSome() }
    self.sendBacklogs()
    self.service.expire(at: self.now)
    while let connection = self.deadlines.takeDue(at: self.now) {
      connection.expire()
      self.deadlines.arm(connection)
    }
    self.prune()
    self.listenAgain()
    self.endTurn()
  }

  private func readClocks() {
    self.now = ServerTime.monotonic()
    self.wallClock = WallClock(unixNanoseconds: ServerTime.unixNanoseconds(), at: self.now)
  }

  /// Goes on for the devices that have room again for what the store keeps for them.
  private func sendBacklogs() {
    let sessions = self.backlogged
    self.backlogged = []
    for session in sessions {
      session.hasRoomNoted = false
      self.continueWaiting(for: session)
    }
  }

  /// There is room again for what the store keeps for the device: the next turn sends some.
  func noteRoom(_ session: ClientSession) {
    if session.hasRoomNoted || session.waitingCursor == nil || !session.hasRoom { return }
    session.hasRoomNoted = true
    self.backlogged.append(session)
  }

  /// Stores, then writes, until neither has anything more to do.
  private func endTurn() {
    repeat {
      self.sendWaitingToOthers()
      let untaken = self.untaken
      self.untaken = []
      for (account, position) in untaken { account.release(position) }
      self.storeTurn()
      let dirty = self.dirty
      self.dirty = []
      for connection in dirty {
        connection.isDirty = false
        connection.session?.askForAcknowledgement()
        connection.flush()
        if let session = connection.session { self.noteRoom(session) }
      }
    } while !self.dirty.isEmpty || self.turn.hasWork || self.store.hasUncommittedWrites
  }

  /// Begins to drain.
  func stop() {
    if self.isStopping { return }
    self.isStopping = true
    self.log.info("server.stopping", ["connections": "\(self.connections.count)"])
    for listener in self.listeners {
      self.loop.remove(listener.descriptor)
      listener.close()
    }
    self.listeners = []
    for connection in self.connectionsInOrder {
      // What is held for a device that is there can still be written.
      if let session = connection.session {
        self.service.setMode(.normal, of: session.device, at: self.now)
      }
      connection.fail(.init(.systemShutdown, ""))
    }
    // Those that wait to be resumed will not be, by this process.
    for session in self.sessionsInOrder { session.end(because: "server stops") }
  }

  // MARK: - Connections

  /// All connections by descriptor, so that nothing hangs on a dictionary's order.
  var connectionsInOrder: [Connection] {
    self.connections.keys.sorted().compactMap { self.connections[$0] }
  }

  var sessionsInOrder: [ClientSession] {
    self.sessions.values.sorted { $0.address.full < $1.address.full }
  }

  /// Takes a new connection, or refuses it for the limits.
  func accept(_ descriptor: Int32, from peer: String, secured: Bool) {
    let fromPeer = self.connectionsByPeer[peer] ?? 0
    guard self.connections.count < self.settings.limits.connections,
      fromPeer < self.settings.limits.connectionsPerAddress
    else {
      self.log.warning("connection.refused", ["peer": peer, "connections": "\(fromPeer)"])
      self.totals.connectionsRefused += 1
      Glibc.close(descriptor)
      return
    }
    let connection = Connection(descriptor, from: peer, secured: secured, server: self)
    do {
      try self.loop.add(descriptor, .readable, for: connection)
    } catch {
      self.log.error("connection.failed", ["text": "\(error)"])
      Glibc.close(descriptor)
      return
    }
    self.connections[descriptor] = connection
    self.connectionsByPeer[peer] = fromPeer + 1
    self.totals.connections += 1
    self.deadlines.arm(connection)
    self.log.debug("connection.accepted", ["peer": peer])
  }

  func noteClosed(_ connection: Connection) {
    self.connections[connection.descriptor] = nil
    let left = (self.connectionsByPeer[connection.peer] ?? 1) - 1
    self.connectionsByPeer[connection.peer] = left > 0 ? left : nil
    self.log.debug("connection.closed", ["peer": connection.peer])
  }

  /// Has something to write at the end of the turn.
  func noteDirty(_ connection: Connection) {
    if connection.isDirty { return }
    connection.isDirty = true
    self.dirty.append(connection)
  }

  /// Has read what a turn may, and there is more that the loop would not tell of.
  func noteUnread(_ connection: Connection) { self.unread.append(connection) }

  /// An id for a request of the server's own.
  func nextID() -> UInt64 {
    self.idCounter += 1
    return self.idCounter
  }
}

/// What the server counts of itself.
struct ServerTotals {
  var connections = 0
  var connectionsRefused = 0
  var stanzas = 0
  var archiveFailures = 0
  /// Read marks that nobody here could resolve; they are kept.
  var unresolvedMarks = 0
  /// Read marks in messages that named another conversation's message or went back.
  var refusedMarks = 0
  /// Messages that were withdrawn because their sender was blocked (B47).
  var withdrawn = 0
}
