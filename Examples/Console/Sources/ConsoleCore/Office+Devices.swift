import MDM
import MDMRedundancy

// Devices come, go, and change their minds.
extension Office {
  /// Opens an account on the node that serves its users now, from what its last node left of it.
  ///
  /// - Parameter image: the account as that node last had it; nil when that is lost with the node.
  func seat(_ place: Int, from image: [UInt8]? = nil) {
    guard let node = self.group.server(of: self.people[place].home) else { return }
    let service = self.nodes[node].service
    let name = self.people[place].account
    let restored = image.flatMap { try? service.restoreAccount(from: $0, at: self.now) }
    let opened =
      restored ?? (try? service.open(name, archived: self.archived[place], at: self.now))
    guard let account = opened else { return }
    self.people[place].seat = Person.Seat(node: node, account: account)
    if !self.people[place].isLoad { try? service.explainDecisions(of: name) }
    // The connections went to the other node: here they are lost until the clients come.
    for device in service.devices(of: account) { service.connectionLost(device, at: self.now) }
    self.doErrands()
  }

  /// Closes an account on its node.
  ///
  /// - Returns: the account as it was, for its next node.
  @discardableResult
  func unseat(_ place: Int) -> [UInt8]? {
    guard let seat = self.people[place].seat else { return nil }
    let service = self.nodes[seat.node].service
    let image = service.snapshot(of: seat.account)
    service.close(seat.account, at: self.now)
    self.forgetSeat(place)
    return image
  }

  /// The account is nowhere any more.
  func forgetSeat(_ place: Int) {
    self.people[place].seat = nil
    self.people[place].inUse = nil
    for device in self.people[place].devices.indices {
      self.people[place].devices[device].isConnected = false
      if self.people[place].devices[device].handle != nil {
        self.people[place].devices[device].handle = nil
        self.note(.state(.out), place, device)
      }
    }
  }

  /// Signs a device in as it belongs: a phone in a pocket is quiet at once.
  func logIn(_ place: Int, _ device: Int) {
    self.people[place].devices[device].isWanted = true
    guard let seat = self.people[place].seat else { return }
    let record = self.people[place].devices[device]
    guard record.handle == nil else { return }
    let isPocketed = record.isPhone && self.people[place].inUse != device
    let request = SignIn(
      device: record.name, kind: record.kind,
      capabilities: ClientCapabilities(edgeVersion: record.isOffPremise ? Version(8, 11) : nil),
      pushEnabled: record.isPushEnabled,
      presence: .available(isPocketed ? .away : .available))
    let service = self.nodes[seat.node].service
    guard let signedIn = try? service.signIn(request, to: seat.account, at: self.now) else {
      return
    }
    self.people[place].devices[device].handle = signedIn.device
    self.people[place].devices[device].isConnected = true
    self.people[place].devices[device].mode = .normal
    self.note(.state(.normal), place, device)
    if isPocketed { self.setMode(.quiet, place, device) }
    // Whoever sits in front of a laptop that signs in again looks at it.
    if device == 0, self.people[place].place == .desk { self.use(0, of: place) }
    self.doErrands()
  }

  func signOut(_ place: Int, _ device: Int) {
    self.people[place].devices[device].isWanted = false
    guard let (service, handle) = self.session(place, device) else { return }
    service.signOut(handle, at: self.now)
    self.people[place].devices[device].handle = nil
    self.people[place].devices[device].isConnected = false
    self.note(.state(.out), place, device)
    self.doErrands()
  }

  func setMode(_ mode: SessionMode, _ place: Int, _ device: Int) {
    guard let (service, handle) = self.session(place, device) else { return }
    self.people[place].devices[device].mode = mode
    service.setMode(mode, of: handle, at: self.now)
    self.note(.state(Self.state(of: mode)), place, device)
    self.doErrands()
  }

  private static func state(of mode: SessionMode) -> Journal.DeviceState {
    switch mode {
    case .normal: .normal
    case .quiet: .quiet
    case .silent: .silent
    }
  }

  /// Tells the server, and with it everybody's devices, how somebody is.
  func setPresence(_ presence: DevicePresence, _ place: Int, _ device: Int) {
    guard let (service, handle) = self.session(place, device) else { return }
    service.setPresence(presence, of: handle, at: self.now)
    let source = "\(self.people[place].account)/\(self.people[place].devices[device].name)"
    let stanza = Stanza(.presence, coalescingKey: CoalescingKey(source), source: source)
    for contact in self.people[place].contacts {
      guard let seat = self.people[contact].seat else { continue }
      self.nodes[seat.node].service.receive(stanza, for: seat.account, at: self.now)
    }
    self.doErrands()
  }

  /// A device's connection goes; it waits for the device, or its push service does.
  func lose(_ place: Int, _ device: Int) {
    guard let (service, handle) = self.session(place, device) else { return }
    service.connectionLost(handle, at: self.now)
    self.people[place].devices[device].isConnected = false
    let isPhantom = self.people[place].devices[device].isPushEnabled
    self.note(.state(isPhantom ? .phantom : .lost), place, device)
    self.doErrands()
  }

  /// A connection goes for a while, as in a lift.
  func loseConnection(_ place: Int, _ device: Int, _ seconds: Int) {
    guard self.people[place].devices[device].isUp, self.people[place].inUse != device else {
      return
    }
    self.lose(place, device)
    self.schedule(.reappear(place, device: device), in: seconds...seconds)
  }

  /// A device is back, within its window or as a new session.
  func resume(_ place: Int, _ device: Int) {
    guard !self.people[place].devices[device].isConnected else { return }
    if let (service, handle) = self.session(place, device) {
      self.people[place].devices[device].isConnected = true
      let mode = self.people[place].devices[device].mode
      service.resume(handle, at: self.now)
      self.note(.state(Self.state(of: mode)), place, device)
      self.doErrands()
    } else if self.people[place].devices[device].isWanted {
      self.logIn(place, device)
    }
  }

  /// The device's service and session.
  func session(_ place: Int, _ device: Int) -> (MessagingService, DeviceHandle)? {
    guard let seat = self.people[place].seat,
      let handle = self.people[place].devices[device].handle
    else { return nil }
    return (self.nodes[seat.node].service, handle)
  }

  func note(_ what: Journal.What, _ place: Int, _ device: Int) {
    if case .state = what { self.isChanged = true }
    self.people[place].journal.note(what, device, at: self.now)
  }
}
