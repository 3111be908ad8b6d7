internal import MDMRedundancy
internal import MDMStanza

// The hosts' part: effects are performed one by one, and the process may end between any two.

extension PairSimulation {
  mutating func perform(_ effects: [RedundancyEffect], of node: NodeID) {
    for effect in effects {
      if let left = self.hosts[node].lastEffects {
        guard left > 0 else { return self.stop(node) }
        self.hosts[node].lastEffects = left - 1
      }
      self.perform(effect, of: node)
    }
  }

  private mutating func perform(_ effect: RedundancyEffect, of node: NodeID) {
    switch effect {
    case .sendHeartbeat(let heartbeat): self.send(heartbeat, from: node)
    case .startCriticalServices(let operation):
      self.hosts[node].servicesRequest = operation
      self.schedule(.services(starting: true, on: node, operation), within: 20_000)
    case .stopCriticalServices(let operation):
      self.hosts[node].servicesRequest = operation
      self.schedule(.services(starting: false, on: node, operation), within: 10_000)
    case .moveUsers(let home, _, let epoch, let operation):
      self.schedule(.move(home, to: node, epoch, operation), within: 5_000)
    case .acquireLease(let home, let duration, let operation):
      self.ask(.acquire, of: home, for: duration, operation, from: node)
    case .renewLease(let home, let epoch, let duration, let operation):
      self.ask(.renew(epoch.rawValue), of: home, for: duration, operation, from: node)
    case .releaseLease(let home, let epoch, let operation):
      self.ask(.release(epoch.rawValue), of: home, for: .zero, operation, from: node)
    case .askWitness(let duration, let operation):
      self.askWitness(for: duration, operation, from: node)
    case .serveUsers(let home, let epoch):
      self.tell { "\(node) serves \(home)'s users in epoch \(epoch.rawValue)" }
      self.begun(node, serving: home, in: epoch)
      self.beginUsers(of: home, on: node, in: epoch)
    case .disconnectUsers(let home):
      self.tell { "\(node) disconnects \(home)'s users" }
      self.endUsers(of: home, on: node)
    case .statusChanged(let before, let after):
      self.tell { "\(node): \(before) → \(after)" }
      self.mix(UInt64(after.state.rawValue) << 8 | UInt64(after.reason.rawValue))
    case .remember(let memory): self.hosts[node].memory = memory
    // A person's business, or done by the machine itself.
    case .raiseAlarm, .clearAlarm, .restartRecoveryManager: break
    }
  }

  private mutating func schedule(_ event: PairEvent, within milliseconds: Int) {
    let delay = self.random.number(in: 10...milliseconds) * Self.millisecond
    self.queue.schedule(event, at: self.now + delay)
  }

  // MARK: - The network

  private mutating func send(_ heartbeat: Heartbeat, from node: NodeID) {
    let lost = self.losses.max() ?? 0
    if self.hosts[node].isCut > 0 || self.random.chance(lost, in: 1_000) { return }
    let copies = lost > 0 && self.random.chance(1, in: 5) ? 2 : 1
    for _ in 0..<copies {
      let delay =
        lost > 0
        ? self.random.number(in: 1...20_000) : self.random.number(in: 1...40)
      self.queue.schedule(
        .heartbeat(heartbeat, to: node.peer), at: self.now + delay * Self.millisecond)
    }
  }

  mutating func answer(_ input: RedundancyInput, to node: NodeID, _ boot: BootID) {
    let delay = self.random.number(in: 1...30) * Self.millisecond
    self.queue.schedule(.answer(input, to: node, boot), at: self.now + delay)
  }

  // MARK: - The store

  private mutating func ask(
    _ request: PairStore.Request, of home: NodeID, for duration: Duration,
    _ operation: OperationID, from node: NodeID
  ) {
    let length = Int(duration.components.seconds) * Self.second
    var delay = self.random.number(in: 1...30)
    var arrives = true
    var answers = true
    if self.isStoreOut > 0 || self.hosts[node].isStoreCut > 0 {
      arrives = self.random.chance(1, in: 2)
      answers = false
    } else if self.hosts[node].isStoreLate > 0 {
      delay = self.random.number(in: 1...90_000)
      answers = self.random.chance(1, in: 2)
    }
    self.tell { "\(node) asks the store: \(request) \(home)" }
    if arrives {
      self.queue.schedule(
        .store(
          request, from: node, on: home, duration: length, operation, answers: answers),
        at: self.now + delay * Self.millisecond)
    }
    // Sometimes the host says so, sometimes it says nothing at all.
    if !answers, self.random.chance(2, in: 3) {
      let patience = self.random.number(in: 10...5_000) * Self.millisecond
      self.queue.schedule(
        .answer(.lease(operation, .unknown), to: node, operation.boot), at: self.now + patience)
    }
  }

  private mutating func askWitness(
    for duration: Duration, _ operation: OperationID, from node: NodeID
  ) {
    if self.hosts[node].isWitnessCut > 0 {
      if self.random.chance(1, in: 2) {
        self.answer(.witness(operation, .unknown), to: node, operation.boot)
      }
      return
    }
    let length = Int(duration.components.seconds) * Self.second
    let delay = self.random.number(in: 1...30) * Self.millisecond
    self.queue.schedule(
      .witness(from: node, duration: length, operation), at: self.now + delay)
  }

  // MARK: - Services and users

  mutating func services(_ isStart: Bool, on node: NodeID, _ operation: OperationID) {
    guard self.hosts[node].servicesRequest == operation,
      self.hosts[node].boot == operation.boot.rawValue, self.hosts[node].isUp
    else { return }
    let fails = self.hosts[node].doStartsFail > 0 || self.hosts[node].areServicesBroken > 0
    // Whatever watches over services goes on trying.
    self.hosts[node].areServicesWanted = isStart
    let outcome: ServicesOutcome = isStart ? (fails ? .failed : .started) : .stopped
    self.tell { "\(node)'s services: \(outcome)" }
    self.apply(.services(operation, outcome), to: node)
    // What the machine made of the answer is not what the host sees in every case.
    self.apply(.health(self.hosts[node].health), to: node)
  }

  mutating func moveEnds(
    _ home: NodeID, _ node: NodeID, _ epoch: OwnershipEpoch, _ operation: OperationID
  ) {
    let host = self.hosts[node]
    guard host.boot == operation.boot.rawValue, host.isUp else { return }
    var outcome = MoveOutcome.done
    if host.unknownMoves > 0 {
      outcome = .unknown
    } else if host.moveFailures > 0 {
      outcome = .failed
    } else {
      outcome = self.bring(home, to: node, epoch: epoch.rawValue)
    }
    self.tell { "\(node) brings \(home)'s users: \(outcome)" }
    self.apply(.move(operation, outcome), to: node)
  }
}
