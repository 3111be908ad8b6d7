internal import MDMRedundancy
internal import MDMStanza

// Every device has two connections: an active one to the node that serves its user, and one that
// stands by at the other (R-191, B29).

extension PairSimulation {
  private func client(_ name: AccountName, _ index: Int) -> ClientID {
    ClientID(name, DeviceName(PairAccounts.deviceNames[index]))
  }

  /// The node serves these users from now on: whoever stands by here is told, and activates.
  mutating func openConnections(of home: NodeID, on node: NodeID) {
    var effects: [ConnectionEffect] = []
    self.users.registers[node].serve(home, into: &effects)
    for case .announceTakeover(let client) in effects {
      guard let index = PairAccounts.deviceNames.firstIndex(of: client.device.text) else {
        continue
      }
      self.queue.schedule(
        .users(.connect(client.account, device: index)), at: self.now + 40 * Self.millisecond)
    }
  }

  /// A device has resumed at the node that serves its user.
  mutating func register(_ name: AccountName, _ index: Int, of home: NodeID, on node: NodeID) {
    let client = self.client(name, index)
    do throws(ConnectionRefusal) {
      try self.users.registers[node].open(client, home: home, as: .active, isDual: true)
    } catch { self.fail("\(node) serves \(name) and refuses its device: \(error)") }
  }

  /// A device that is served connects to the other node too, whenever that connection is missing.
  mutating func standBy(_ name: AccountName, _ index: Int) {
    let delay = self.userRandom.number(in: 5_000...40_000) * Self.millisecond
    self.queue.schedule(.users(.standBy(name, device: index)), at: self.now + delay)
    guard let node = self.users.devices[name]?[index].node,
      let home = self.users.writers[name]?.home, self.hosts[node.peer].isUp,
      self.hosts[node.peer].isPaused == 0, !self.users.registers[node.peer].serves[home]
    else { return }
    let client = self.client(name, index)
    guard self.users.registers[node.peer].role(of: client) == nil else { return }
    do throws(ConnectionRefusal) {
      try self.users.registers[node.peer].open(client, home: home, as: .inactive, isDual: true)
    } catch { self.fail("\(node.peer) does not let \(name)'s device stand by: \(error)") }
  }

  /// B29: nobody is served twice. A process that stands still has not closed its connections yet.
  mutating func checkConnections() {
    guard !self.users.areConnectionsChecked else { return }
    for node in NodeID.allCases {
      if self.hosts[node].isPaused > 0 { return }
      for home in NodeID.allCases
      where self.users.registers[node].serves[home] && self.servingEpoch(of: home, on: node) == nil
      {
        return
      }
    }
    let invariant = ConnectionInvariant(
      first: self.users.registers.first, second: self.users.registers.second)
    if let violation = invariant.violationsEver.first { self.fail("\(violation)") }
    self.users.areConnectionsChecked = true
  }
}
