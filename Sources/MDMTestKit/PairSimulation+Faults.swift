internal import MDMRedundancy

extension PairSimulation {
  mutating func begin(_ index: Int) {
    let fault = self.faults[index]
    self.tell { "fault: \(fault.kind) for \(fault.length) ms" }
    self.count(fault.kind, 1)
    switch fault.kind {
    case .crash(let node, let effects):
      self.hosts[node].isDown += 1
      if effects == 0 {
        self.stop(node)
      } else if self.hosts[node].isUp {
        self.hosts[node].lastEffects = effects
      }
    case .powerLoss(let node):
      self.hosts[node].isDown += 1
      self.stop(node)
      self.apply(.peerPoweredOff, to: node.peer)
    case .shutDown(let node):
      self.hosts[node].isDown += 1
      self.apply(.shutDown, to: node)
      self.stop(node)
    case .restart(let node):
      self.hosts[node].isDown += 1
      self.stop(node)
    case .servicesDown(let node), .databaseDown(let node): self.report(node)
    case .jump(let node, let milliseconds):
      self.hosts[node].clock.jump(milliseconds, at: self.now)
      self.scheduleWake(node)
    case .rate(let node, let permille):
      self.hosts[node].clock.setRate(permille, at: self.now)
      self.scheduleWake(node)
    case .command(let command, let node): self.order(command, at: node)
    case .internalError(let node): self.apply(.internalError, to: node)
    // Counted above; they have an effect on what is sent and asked from now on.
    case .cut, .poorLine, .storeCut, .storeOut, .storeLate, .witnessCut, .pause, .startsFail,
      .movesFail:
      break
    }
    self.queue.schedule(.faultEnds(index), at: self.now + fault.length * Self.millisecond)
  }

  mutating func end(_ fault: PairFault) {
    self.tell { "over: \(fault.kind)" }
    self.count(fault.kind, -1)
    switch fault.kind {
    case .crash(let node, _), .powerLoss(let node), .shutDown(let node), .restart(let node):
      self.hosts[node].isDown -= 1
      if self.hosts[node].lastEffects != nil { self.stop(node) }
      self.start(node)
    case .servicesDown(let node), .databaseDown(let node): self.report(node)
    case .pause(let node):
      guard self.hosts[node].isPaused == 0 else { return }
      let waiting = self.hosts[node].waiting
      self.hosts[node].waiting = []
      self.apply(.time, to: node)
      for input in waiting { self.apply(input, to: node) }
    // They only count, or were over at once.
    case .cut, .poorLine, .storeCut, .storeOut, .storeLate, .witnessCut, .startsFail,
      .movesFail, .jump, .rate, .command, .internalError:
      break
    }
  }

  /// Faults of a kind may overlap: what they have in common is counted.
  private mutating func count(_ kind: PairFault.Kind, _ change: Int) {
    switch kind {
    case .cut(let node): self.hosts[node].isCut += change
    case .poorLine(let lost):
      if change > 0 {
        self.losses.append(lost)
      } else if let index = self.losses.firstIndex(of: lost) {
        self.losses.remove(at: index)
      }
    case .storeCut(let node): self.hosts[node].isStoreCut += change
    case .storeOut: self.isStoreOut += change
    case .storeLate(let node): self.hosts[node].isStoreLate += change
    case .witnessCut(let node): self.hosts[node].isWitnessCut += change
    case .pause(let node): self.hosts[node].isPaused += change
    case .servicesDown(let node): self.hosts[node].areServicesBroken += change
    case .databaseDown(let node): self.hosts[node].isDatabaseBroken += change
    case .startsFail(let node): self.hosts[node].doStartsFail += change
    case .movesFail(let node, let isUnknown):
      if isUnknown {
        self.hosts[node].unknownMoves += change
      } else {
        self.hosts[node].moveFailures += change
      }
    // Happen once.
    case .crash, .powerLoss, .shutDown, .restart, .jump, .rate, .command, .internalError: break
    }
  }

  private mutating func report(_ node: NodeID) {
    self.apply(.health(self.hosts[node].health), to: node)
  }

  private mutating func order(_ command: AdminCommand, at node: NodeID) {
    let refusal = self.hosts[node].refusal(of: command)
    self.tell { "order at \(node): \(command)\(refusal.map { ", refused: \($0.cause)" } ?? "")" }
    guard refusal == nil else { return }
    self.apply(.command(command), to: node)
    guard !self.isTidyingDue else { return }
    self.isTidyingDue = true
    self.queue.schedule(.tidyUp, at: self.faultsEnd + 10 * Self.second)
  }

  /// Whoever moved users by hand or switched something off puts it back: the one thing that a
  /// person has to do.
  mutating func tidyUp() {
    for node in NodeID.allCases {
      for command in [AdminCommand.enableHighAvailability, .fallback(.first), .fallback(.second)] {
        guard self.hosts[node].isUp, self.hosts[node].refusal(of: command) == nil else { continue }
        self.tell { "tidying up at \(node): \(command)" }
        self.apply(.command(command), to: node)
      }
      // What P12 tells an administrator to do, and P22 and P23 wait for just as much.
      let state = self.hosts[node].view?.status.state
      let isDown =
        state == .failedOverCriticalServicesNotRunning || state == .failoverAffectedServices
      if isDown, !self.hosts[node].areServicesWanted {
        self.tell { "tidying up at \(node): starts the services" }
        self.hosts[node].areServicesWanted = true
        self.report(node)
      }
    }
    self.queue.schedule(.tidyUp, at: self.now + 60 * Self.second)
  }
}
