import MDM
import MDMXMPP
import ServerStorage

// Who is who: accounts by name and by address, and devices that sign in and go.
extension XMPPServer {
  /// Whether the address is on this server: the server itself, an account or a device.
  func isLocal(_ address: JID) -> Bool { address.domain == self.domain }

  /// The account with this local part; nil when there is none. Opens it in the engine, with what
  /// the store knows, the first time.
  func account(local: String) throws -> Account? {
    guard let address = try? JID("\(local)@\(self.domain)") else { return nil }
    return try self.account(at: address)
  }

  /// The account of an address; nil when it is not on this server or there is none.
  func account(at address: JID) throws -> Account? {
    guard self.isLocal(address), let local = address.local else { return nil }
    let name = address.accountName
    if let account = self.accounts[name] { return account }
    guard let id = try self.store.account(named: local) else { return nil }
    let handle = try self.service.open(
      name, archived: ArchivePosition(try self.lastPosition(of: id)), at: self.now)
    let account = Account(
      id, address.bare, handle: handle, waiting: try self.store.waitingPositions(of: id),
      server: self)
    account.hasOffline = try self.store.hasOffline(of: id)
    self.accounts[name] = account
    return account
  }

  /// The last position that an account has given to a message.
  ///
  /// Without an archive nobody remembers it. Positions then go on from the time of day, so that no
  /// stable id comes twice, and never from before what has been read.
  private func lastPosition(of account: AccountID) throws -> UInt64 {
    let last = try self.store.lastPosition(of: account)
    let read = try self.store.readMarks(of: account).map(\.position).max() ?? 0
    if self.settings.archive { return max(last, read) }
    return max(last, read, UInt64(clamping: self.wallClock.unixNanoseconds(at: self.now) / 1_000))
  }

  // MARK: - Sessions

  /// A device has to have a resource.
  struct BareAddress: Error {}

  /// Signs a device in. One of the same name that is there already ends first (B14).
  func signIn(
    _ address: JID, to account: Account, on connection: Connection
  ) throws -> ClientSession {
    guard let device = address.deviceName else { throw BareAddress() }
    let facts = self.facts(of: address, in: account)
    let signedIn = try self.service.signIn(
      facts.signIn(by: self.settings.devices, device: device), to: account.handle, at: self.now)
    let session = ClientSession(
      address, of: account, device: signedIn.device, on: connection, server: self)
    session.facts = facts
    account.add(session)
    self.sessions[signedIn.device] = session
    if !account.hasReadMarks {
      account.hasReadMarks = true
      DisplayedNode(server: self, account: account).restore(on: signedIn.device)
    }
    return session
  }

  /// A session is over: whoever knew that the device was there is told.
  func noteEnded(_ session: ClientSession, because reason: String) {
    self.log.info("session.ended", ["user": session.address.full, "why": reason])
    self.announceEnd(of: session)
    session.account.remove(session)
    self.sessions[session.device] = nil
    if !session.account.sessions.isEmpty { self.bereaved.append(session.account) }
  }
}
