import MDM
import MDMRedundancy

// The hosts of the two machines: what they ask for is done, in the office's time.
extension Office {
  private static let millisecond: Int64 = 1_000_000

  func startGroup() {
    for node in NodeID.allCases {
      self.group.members[node].servicesRun = true
      self.start(node)
    }
  }

  private func start(_ node: NodeID) {
    self.group.members[node].boots += 1
    let member = self.group.members[node]
    var effects: [RedundancyEffect] = []
    self.group.members[node].machine = RedundancyNode(
      node, boot: BootID(member.boots), memory: member.memory, configuration: .standard,
      health: member.health, at: self.now, into: &effects)
    self.group.note("starts", node, at: self.now)
    self.perform(effects, of: node)
  }

  /// Does what the machines' deadlines ask for.
  func expireGroup() {
    for node in NodeID.allCases {
      guard let due = self.group.members[node].machine?.nextDeadline, due <= self.now else {
        continue
      }
      self.apply(.time, to: node)
    }
  }

  private func apply(_ input: RedundancyInput, to node: NodeID) {
    var effects: [RedundancyEffect] = []
    self.group.members[node].machine?.apply(input, at: self.now, into: &effects)
    self.perform(effects, of: node)
  }

  private func after(_ milliseconds: Int64, _ event: OfficeGroup.Event) {
    self.agenda.add(
      .group(event), at: self.now.advanced(byNanoseconds: milliseconds * Self.millisecond))
  }

  func perform(_ event: OfficeGroup.Event) {
    switch event {
    case .heartbeat(let heartbeat, let node):
      guard self.group.members[node].machine != nil else { return }
      self.group.members[node].heard = self.now
      self.apply(.heartbeat(heartbeat), to: node)
    case .answer(let input, let node, let boot):
      guard self.group.members[node].machine?.boot == boot else { return }
      self.apply(input, to: node)
    case .services(let isStart, let node, let operation):
      guard self.group.members[node].machine?.boot == operation.boot else { return }
      self.group.members[node].servicesRun = isStart
      let isBroken = self.group.members[node].isBroken
      self.apply(
        .services(operation, isStart ? (isBroken ? .failed : .started) : .stopped), to: node)
      self.apply(.health(self.group.members[node].health), to: node)
    case .moved(let node, let operation):
      guard self.group.members[node].machine?.boot == operation.boot else { return }
      self.apply(.move(operation, .done), to: node)
    }
  }

  private func perform(_ effects: [RedundancyEffect], of node: NodeID) {
    if !effects.isEmpty { self.isChanged = true }
    for effect in effects { self.perform(effect, of: node) }
  }

  private func perform(_ effect: RedundancyEffect, of node: NodeID) {
    switch effect {
    case .sendHeartbeat(let heartbeat):
      if !self.group.isCut { self.after(20, .heartbeat(heartbeat, to: node.peer)) }
    case .startCriticalServices(let operation):
      self.after(5_000, .services(starting: true, on: node, operation))
    case .stopCriticalServices(let operation):
      self.after(3_000, .services(starting: false, on: node, operation))
    case .moveUsers(_, _, _, let operation): self.after(2_000, .moved(to: node, operation))
    case .acquireLease(let home, let duration, let operation):
      let outcome = self.group.store.acquire(home, for: node, duration, at: self.now)
      self.after(10, .answer(.lease(operation, outcome), to: node, operation.boot))
    case .renewLease(let home, let epoch, let duration, let operation):
      let outcome = self.group.store.renew(home, for: node, epoch, duration, at: self.now)
      self.after(10, .answer(.lease(operation, outcome), to: node, operation.boot))
    case .releaseLease(let home, let epoch, let operation):
      let outcome = self.group.store.release(home, by: node, epoch)
      self.after(10, .answer(.lease(operation, outcome), to: node, operation.boot))
    // The store of leases decides; nobody asks a witness.
    case .askWitness(_, let operation):
      self.after(10, .answer(.witness(operation, .unknown), to: node, operation.boot))
    case .serveUsers(let home, _): self.beginServing(home, on: node)
    case .disconnectUsers(let home): self.endServing(home, on: node)
    case .raiseAlarm(let alarm):
      if !self.group.members[node].alarms.contains(alarm) {
        self.group.members[node].alarms.append(alarm)
      }
    case .clearAlarm(let alarm): self.group.members[node].alarms.removeAll { $0 == alarm }
    case .statusChanged(_, let status):
      let (state, reason) = (status.state.displayName, status.reason.displayName)
      self.group.note(
        state == reason ? "is \(state)" : "is \(state): \(reason)", node, at: self.now)
    case .remember(let memory): self.group.members[node].memory = memory
    // The machine has done its part; there is nothing else here to start anew.
    case .restartRecoveryManager: break
    }
  }

  // MARK: - Users

  private func beginServing(_ home: NodeID, on node: NodeID) {
    self.group.serving[home] = node
    self.group.note("serves the users of \(home.name)", node, at: self.now)
    for place in self.people.indices where self.people[place].home == home {
      self.seat(place, from: self.group.parked.removeValue(forKey: place))
      for device in self.people[place].devices.indices
      where self.people[place].devices[device].isWanted {
        self.agenda.add(
          .logIn(place, device: device),
          at: self.now.advanced(by: self.drawRelogin(of: self.people[place], device)))
      }
    }
  }

  /// When a device that has lost its node logs in on another.
  private func drawRelogin(of person: Person, _ device: Int) -> Duration {
    // A connection that stands by is there already.
    if person.hasStandby(device) { return .seconds(self.random.number(in: 1...5)) }
    // The others do not come all at once (R-135…R-138).
    return ReloginWindow.standard.draw(using: &self.random)
  }

  private func endServing(_ home: NodeID, on node: NodeID) {
    guard self.group.serving[home] == node else { return }
    self.group.serving[home] = nil
    self.group.note("lets the users of \(home.name) go", node, at: self.now)
    for place in self.people.indices
    where self.people[place].home == home && self.people[place].seat?.node == node {
      self.group.parked[place] = self.unseat(place)
      self.doErrands()
    }
  }

  // MARK: - What an administrator does to a node

  /// Carries out a command on one of the nodes that runs.
  ///
  /// - Throws: the machine's own refusal; nil in it when no node runs.
  public func command(_ command: AdminCommand) throws(CommandRefusal) {
    let node = NodeID.allCases.first { self.group.members[$0].machine != nil } ?? .first
    var effects: [RedundancyEffect] = []
    try self.group.members[node].machine?.perform(command, at: self.now, into: &effects)
    self.perform(effects, of: node)
    self.settle()
  }

  /// Switches a node off, from one instant to the next, or on again.
  public func setRunning(_ isRunning: Bool, _ node: NodeID) {
    guard isRunning != (self.group.members[node].machine != nil) else { return }
    if isRunning {
      self.nodes[node] = OfficeNode(node, clock: self.clock.serviceClock)
      self.group.members[node].servicesRun = true
      self.start(node)
    } else {
      self.group.members[node].machine = nil
      self.group.members[node].heard = nil
      self.group.members[node].alarms = []
      self.group.note("is switched off", node, at: self.now)
      for home in NodeID.allCases where self.group.serving[home] == node {
        self.group.serving[home] = nil
      }
      for place in self.people.indices where self.people[place].seat?.node == node {
        self.forgetSeat(place)
      }
      self.nodes[node] = OfficeNode(node, clock: self.clock.serviceClock)
    }
    self.settle()
  }

  /// Breaks a critical service of a node, or mends it.
  public func setBroken(_ isBroken: Bool, _ node: NodeID) {
    guard isBroken != self.group.members[node].isBroken else { return }
    self.group.members[node].isBroken = isBroken
    self.group.note(
      isBroken ? "has a critical service down" : "has its critical services back", node,
      at: self.now)
    self.apply(.health(self.group.members[node].health), to: node)
    self.settle()
  }

  /// Cuts the line for heartbeats, or mends it.
  public func setCut(_ isCut: Bool) {
    guard isCut != self.group.isCut else { return }
    self.group.isCut = isCut
    self.group.note(
      isCut ? "loses the line to its peer" : "has a line to its peer again", .first, at: self.now)
    self.settle()
  }

  /// Lets what follows from a change outside of the agenda happen.
  func settle() {
    self.isChanged = true
    self.doErrands()
    self.observe()
  }
}
