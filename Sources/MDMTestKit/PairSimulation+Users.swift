internal import MDMRedundancy
internal import MDMStanza

// What both hosts do for their users. An owner applies commands, hands them to its backup and lets
// nothing leave before it may; whoever takes over goes on with what it has, if that is everything,
// or fetches it from the peer; a device resumes where it was.

extension PairSimulation {
  func local(_ node: NodeID) -> MonotonicInstant { self.hosts[node].clock.reading(at: self.now) }

  private mutating func schedule(_ event: PairUsersEvent, within milliseconds: Int) {
    let delay = self.userRandom.number(in: 1...milliseconds) * Self.millisecond
    self.queue.schedule(.users(event), at: self.now + delay)
  }

  mutating func startUsers() {
    guard self.users.areThere else { return }
    for name in self.users.names {
      self.schedule(.send(name), within: 20_000)
      for device in 0..<2 {
        self.schedule(.connect(name, device: device), within: 2_000)
        self.schedule(.standBy(name, device: device), within: 9_000)
      }
    }
    self.schedule(.tick, within: 1_000)
  }

  mutating func happen(_ event: PairUsersEvent) {
    switch event {
    case .send(let name): self.send(to: name)
    case .sent(let name, let number): self.users.writers[name]?.acknowledged = number
    case .connect(let name, let device): self.connect(name, device)
    case .standBy(let name, let device): self.standBy(name, device)
    case .deliver(let name, let device, let connection, let items):
      self.arrive(items, at: name, device, on: connection)
    case .entry(let entry, let home, let node): self.take(entry, of: home, on: node)
    case .acknowledged(let position, let epoch, let home, let node):
      self.stream(of: home, on: node) { $0.acknowledge(position, epoch: epoch, into: &$1) }
    case .gap(let position, let boot, let home, let node):
      let now = self.local(node)
      self.stream(of: home, on: node) { $0.resend(from: position, to: boot, at: now, into: &$1) }
    case .mark(let mark, let home, let node, let boot): self.keep(mark, home, from: node, boot)
    case .marked(let mark, let outcome, let home, let node, let boot):
      guard self.hosts[node].boot == boot.rawValue else { return }
      let now = self.local(node)
      self.stream(of: home, on: node) { $0.marked(mark, outcome, at: now, into: &$1) }
    case .tick: self.tick()
    }
  }

  // MARK: - Owning

  func owner(of home: NodeID) -> NodeID? {
    NodeID.allCases.first {
      self.servingEpoch(of: home, on: $0) != nil && self.hosts[$0].isPaused == 0
        && self.users.parts[$0][home].stream != nil
    }
  }

  mutating func beginUsers(of home: NodeID, on node: NodeID, in epoch: OwnershipEpoch) {
    guard self.users.areThere else { return }
    let wasServed = self.users.parts[node][home].servedEpoch == epoch.rawValue
    self.users.parts[node][home].servedEpoch = epoch.rawValue
    self.users.parts[node][home].beginnings += 1
    self.users.parts[node][home].replica.takeOver(epoch: epoch)
    self.users.parts[node][home].waiting = []
    var effects: [StreamEffect] = []
    self.users.parts[node][home].stream = AccountStream(
      epoch: epoch, policy: .after(.seconds(20)),
      beginning: self.users.parts[node][home].beginnings,
      isResumed: wasServed, into: &effects)
    self.perform(effects, of: home, on: node)
    self.openConnections(of: home, on: node)
    let accounts = self.users.parts[node][home].accounts
    for name in accounts.names {
      let seen = accounts.accounts[name]?.seen ?? 0
      let promised = self.users.writers[name]?.acknowledged ?? 0
      if seen < promised {
        self.fail(
          "\(node) serves \(name) without the acknowledged messages \(seen + 1)…\(promised)")
      }
      for device in 0..<2 {
        self.submit(PairUserCommand(.lost, device: device), to: name, on: node)
      }
    }
  }

  mutating func endUsers(of home: NodeID, on node: NodeID) {
    guard self.users.areThere else { return }
    var demoted: [ConnectionEffect] = []
    self.users.registers[node].stopServing(home, into: &demoted)
    self.users.parts[node][home].stream = nil
    self.users.parts[node][home].waiting = []
    for name in self.users.names where self.users.writers[name]?.home == home {
      for device in 0..<2 where self.users.devices[name]?[device].node == node {
        self.users.devices[name]?[device].node = nil
        self.schedule(.connect(name, device: device), within: 10_000)
      }
    }
  }

  /// The process is gone, and with it all but the journal.
  mutating func loseUsers(of node: NodeID) {
    for home in NodeID.allCases { self.endUsers(of: home, on: node) }
    self.users.registers[node].loseEverything()
  }

  mutating func restartUsers(on node: NodeID) {
    let boot = BootID(self.hosts[node].boot)
    for home in NodeID.allCases { self.users.parts[node][home].replica.lose(boot: boot) }
  }

  /// Whether everything about the users is on the node, or can be brought here now.
  mutating func bring(_ home: NodeID, to node: NodeID, epoch: UInt64) -> MoveOutcome {
    guard self.users.areThere else { return .done }
    let part = self.users.parts[node][home]
    let before = OwnershipEpoch(epoch - 1)
    if part.servedEpoch == before.rawValue { return .done }
    if case .complete = part.replica.standing(
      mark: self.users.marks[home][before.rawValue], leaseEpoch: before)
    {
      self.users.parts[node][home].servedEpoch = before.rawValue
      return .done
    }
    guard self.hosts[node.peer].isUp, self.hosts[node.peer].isPaused == 0,
      self.hosts.first.isCut == 0, self.hosts.second.isCut == 0
    else { return .unknown }
    let other = self.users.parts[node.peer][home]
    // A peer that serves them in a later epoch goes on doing so: its copy is not the last word, and
    // this node has lost the right that it was to use it for.
    if let theirs = other.servedEpoch, theirs >= epoch { return .unknown }
    if let theirs = other.servedEpoch, theirs > part.servedEpoch ?? 0 || part.servedEpoch == nil {
      let now = self.local(node)
      let accounts = PairAccounts(at: now)
      for name in other.accounts.names {
        accounts.restore(other.accounts.snapshot(of: name), of: name, at: now)
      }
      self.users.parts[node][home].accounts = accounts
      self.users.parts[node][home].servedEpoch = theirs
    }
    return self.users.parts[node][home].servedEpoch == nil ? .unknown : .done
  }

  @discardableResult
  mutating func submit(_ command: PairUserCommand, to name: AccountName, on node: NodeID) -> Bool {
    guard let home = self.users.writers[name]?.home,
      self.servingEpoch(of: home, on: node) != nil, self.hosts[node].isPaused == 0
    else { return false }
    let now = self.local(node)
    var effects: [StreamEffect] = []
    let departure: Departure?
    do throws(StreamRefusal) {
      departure = try self.users.parts[node][home].stream?.append(
        command.bytes, to: name, at: now, into: &effects)
    } catch { return false }
    guard let departure else { return false }
    let accounts = self.users.parts[node][home].accounts
    let before = accounts.accounts[name]?.lastSequence ?? [0, 0]
    accounts.apply(command, to: name, at: now)
    let after = accounts.accounts[name]?.lastSequence ?? [0, 0]
    var leaving: [PairUsers.Leaving] = []
    if command.kind == .receive { leaving.append(.acknowledgement(name, command.number)) }
    for device in 0..<2 where after[device] > before[device] || command.kind == .resume {
      leaving.append(.delivery(name, device: device, upTo: after[device]))
    }
    switch departure {
    case .after(let position) where self.missing != .backupFirst:
      for item in leaving { self.users.parts[node][home].waiting.append((position, item)) }
    case .now, .after: for item in leaving { self.leave(item, from: node) }
    }
    self.perform(effects, of: home, on: node)
    return true
  }

  private mutating func leave(_ item: PairUsers.Leaving, from node: NodeID) {
    switch item {
    case .acknowledgement(let name, let number):
      // What is promised counts from here, whether the writer hears of it or not.
      self.schedule(.sent(name, number), within: 1)
      self.verdict.acknowledged += 1
    case .delivery(let name, let index, let last):
      guard let device = self.users.devices[name]?[index], device.node == node,
        let home = self.users.writers[name]?.home,
        let account = self.users.parts[node][home].accounts.accounts[name]
      else { return }
      let items = account.outboxes[index].filter {
        $0.sequence > device.sent && $0.sequence <= last
      }
      self.users.devices[name]?[index].sent = max(device.sent, last)
      // One connection keeps the order.
      self.queue.schedule(
        .users(.deliver(name, device: index, connection: device.connection, items)),
        at: self.now + 20 * Self.millisecond)
    }
  }

  // MARK: - Writers and devices

  private mutating func send(to name: AccountName) {
    guard let writer = self.users.writers[name] else { return }
    let isEnding = self.users.isEnding
    if writer.acknowledged >= writer.number, !isEnding {
      self.users.writers[name]?.number += 1
    }
    if writer.acknowledged < self.users.writers[name]?.number ?? 0,
      let owner = self.owner(of: writer.home)
    {
      let number = self.users.writers[name]?.number ?? 0
      self.submit(PairUserCommand(.receive, number: number), to: name, on: owner)
    }
    if isEnding || self.userRandom.chance(1, in: 4), let owner = self.owner(of: writer.home) {
      let isQuiet = self.userRandom.chance(1, in: 2) && !isEnding
      self.submit(PairUserCommand(isQuiet ? .quiet : .active, device: 1), to: name, on: owner)
    }
    self.schedule(.send(name), within: 30_000)
  }

  private mutating func connect(_ name: AccountName, _ index: Int) {
    guard let device = self.users.devices[name]?[index], device.node == nil,
      let home = self.users.writers[name]?.home
    else { return }
    if let owner = self.owner(of: home) {
      self.users.devices[name]?[index].node = owner
      self.users.devices[name]?[index].connection += 1
      self.users.devices[name]?[index].sent = device.arrived
      let command = PairUserCommand(.resume, device: index, number: device.arrived)
      if self.submit(command, to: name, on: owner) {
        self.register(name, index, of: home, on: owner)
        return
      }
      self.users.devices[name]?[index].node = nil
    }
    self.schedule(.connect(name, device: index), within: 10_000)
  }

  private mutating func arrive(
    _ items: [PairAccounts.Item], at name: AccountName, _ index: Int, on connection: Int
  ) {
    guard var device = self.users.devices[name]?[index], device.connection == connection,
      device.node != nil
    else { return }
    for item in items where item.sequence > device.arrived {
      if item.sequence != device.arrived + 1 {
        self.fail("\(name)'s device \(index) misses an item before \(item.sequence)")
      }
      if let last = device.messages.last, item.message <= last {
        self.fail("\(name)'s device \(index) gets \(item.message) after \(last)")
      }
      device.arrived = item.sequence
      device.messages.append(item.message)
    }
    self.users.devices[name]?[index] = device
  }

  /// At the end every device has every message that was acknowledged, each once and in order.
  mutating func checkUsers() {
    guard self.users.areThere else { return }
    let invariant = ConnectionInvariant(
      first: self.users.registers.first, second: self.users.registers.second)
    if let violation = invariant.violationsWhenHealthy.first { self.fail("\(violation)") }
    for name in self.users.names {
      let promised = self.users.writers[name]?.acknowledged ?? 0
      for (index, device) in (self.users.devices[name] ?? []).enumerated()
      where !device.messages.starts(with: 1...max(1, promised)) && promised > 0 {
        let missing = (1...promised).filter { !device.messages.contains($0) }
        self.fail("\(name)'s device \(index) never gets \(missing) of \(promised)")
      }
    }
  }

  // MARK: - The stream

  private mutating func stream(
    of home: NodeID, on node: NodeID,
    _ body: (inout AccountStream, inout [StreamEffect]) -> Void
  ) {
    guard self.hosts[node].isPaused == 0, self.users.parts[node][home].stream != nil else {
      return
    }
    var effects: [StreamEffect] = []
    self.users.parts[node][home].changeStream { body(&$0, &effects) }
    self.perform(effects, of: home, on: node)
  }

  private mutating func perform(_ effects: [StreamEffect], of home: NodeID, on node: NodeID) {
    for effect in effects {
      switch effect {
      case .send(let entry):
        if self.passes(from: node) {
          self.schedule(.entry(entry, of: home, to: node.peer), within: 60)
        }
      case .takeSnapshot(let after): self.provide(after: after, of: home, on: node)
      case .release(let position):
        let waiting = self.users.parts[node][home].waiting
        self.users.parts[node][home].waiting.removeAll { $0.position <= position }
        for item in waiting where item.position <= position {
          self.leave(item.departure, from: node)
        }
      case .write(let mark):
        let boot = BootID(self.hosts[node].boot)
        if self.isStoreOut > 0 || self.hosts[node].isStoreCut > 0 {
          if self.userRandom.chance(1, in: 2) {
            self.schedule(.mark(mark, of: home, from: node, boot), within: 5_000)
          }
          self.schedule(.marked(mark, .unknown, of: home, to: node, boot), within: 5_000)
        } else {
          let patience = self.hosts[node].isStoreLate > 0 ? 60_000 : 40
          self.schedule(.mark(mark, of: home, from: node, boot), within: patience)
        }
      // The mark says so.
      case .standsAlone: self.tell { "\(node) serves \(home)'s users without a backup" }
      }
    }
  }

  private mutating func passes(from node: NodeID) -> Bool {
    self.hosts[node].isCut == 0
      && !self.userRandom.chance(self.losses.max() ?? 0, in: 1_000)
  }

  private mutating func provide(after: AccountName?, of home: NodeID, on node: NodeID) {
    let accounts = self.users.parts[node][home].accounts
    let now = self.local(node)
    let next = accounts.names.first { name in after.map { $0 < name } ?? true }
    self.stream(of: home, on: node) { stream, effects in
      if let next {
        stream.provide(accounts.snapshot(of: next), of: next, at: now, into: &effects)
      } else {
        stream.noMoreAccounts(at: now, into: &effects)
      }
    }
  }

  private mutating func take(_ entry: StreamEntry, of home: NodeID, on node: NodeID) {
    // Whoever serves the users, or stands still, is nobody's backup.
    guard self.hosts[node].isUp, self.hosts[node].isPaused == 0,
      self.users.parts[node][home].stream == nil
    else { return }
    let now = self.local(node)
    let receipt = self.users.parts[node][home].replica.receive(entry, at: now)
    let replica = self.users.parts[node][home].replica
    switch receipt {
    case .reset:
      self.users.parts[node][home].accounts = PairAccounts(at: now)
      self.users.parts[node][home].servedEpoch = nil
    case .apply(.snapshot(let name, let bytes), let instant):
      self.users.parts[node][home].accounts.restore(bytes, of: name, at: instant)
    case .apply(.command(let name, let bytes), let instant):
      if let command = PairUserCommand(bytes) {
        self.users.parts[node][home].accounts.apply(command, to: name, at: instant)
      }
    case .gap(let expected):
      if self.passes(from: node) {
        self.schedule(.gap(expected, replica.boot, of: home, to: node.peer), within: 60)
      }
      return
    case .stale: return
    case .apply, .alreadyApplied: break
    }
    if self.passes(from: node) {
      self.schedule(
        .acknowledged(replica.position, replica.epoch, of: home, to: node.peer), within: 60)
    }
  }

  private mutating func keep(
    _ mark: StandbyMark, _ home: NodeID, from node: NodeID, _ boot: BootID
  ) {
    var outcome = MarkOutcome.refused
    if self.store.leases[home].epoch == mark.epoch.rawValue {
      let kept = self.users.marks[home][mark.epoch.rawValue]
      if mark.number > kept?.number ?? 0 {
        self.users.marks[home][mark.epoch.rawValue] = mark
      }
      outcome = .written
    }
    self.schedule(.marked(mark, outcome, of: home, to: node, boot), within: 40)
  }

  /// Once a second: deadlines, pairing, acknowledgements of the devices.
  private mutating func tick() {
    for node in NodeID.allCases {
      guard let view = self.hosts[node].view, self.hosts[node].isPaused == 0 else { continue }
      let now = self.local(node)
      let peer = BootID(self.hosts[node.peer].boot)
      let isUp =
        self.hosts[node.peer].isUp && view.peerStatus != nil
        && self.hosts.first.isCut == 0 && self.hosts.second.isCut == 0
      for home in NodeID.allCases where self.users.parts[node][home].stream != nil {
        self.stream(of: home, on: node) { stream, effects in
          stream.expire(at: now, into: &effects)
          if view.peerStatus == nil { stream.peerLost(at: now, into: &effects) }
          if isUp { stream.pair(with: peer, at: now, into: &effects) }
        }
      }
    }
    for name in self.users.names {
      for index in 0..<2 {
        guard let device = self.users.devices[name]?[index], let node = device.node,
          device.arrived > device.told
        else { continue }
        let command = PairUserCommand(.acknowledge, device: index, number: device.arrived)
        if self.submit(command, to: name, on: node) {
          self.users.devices[name]?[index].told = device.arrived
        }
      }
    }
    self.checkConnections()
    self.queue.schedule(.users(.tick), at: self.now + 2 * Self.second)
  }
}
