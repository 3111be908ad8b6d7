public import MDMElection
public import MDMEngine
public import MDMMonitoring
public import MDMReadSync
public import MDMStanza
import Synchronization

// Questions. Each is answered under the lock of the one shard that it concerns, as of everything
// decided so far, performed or not.
extension MessagingService {
  private func ask<Answer: Sendable>(
    _ number: UInt8, _ question: (borrowing MessagingEngine) -> Answer
  ) -> Answer? {
    self.shard(numbered: number)?.state.withLock { question($0.engine) }
  }

  /// How the engines behave, with the overall limits as they were given.
  public var configuration: Configuration { self.lifecycle.withLock { $0.configuration } }

  /// The open account of this name.
  public func account(named name: AccountName) -> AccountHandle? {
    self.shards[self.shard(of: name)].state.withLock { $0.engine.account(named: name) }
  }

  /// The name of an open account.
  public func name(of account: AccountHandle) -> AccountName? {
    self.ask(account.engineNumber) { $0.name(of: account) } ?? nil
  }

  /// The open account that a device belongs to.
  public func account(of device: DeviceHandle) -> AccountHandle? {
    self.ask(device.engineNumber) { $0.account(of: device) } ?? nil
  }

  /// The account's signed-in device of this name.
  public func device(named name: DeviceName, of account: AccountHandle) -> DeviceHandle? {
    self.ask(account.engineNumber) { $0.device(named: name, of: account) } ?? nil
  }

  /// The account's signed-in devices, in order of their index.
  public func devices(of account: AccountHandle) -> [DeviceHandle] {
    self.ask(account.engineNumber) { $0.devices(of: account) } ?? []
  }

  /// What is known of a signed-in device.
  public func report(on device: DeviceHandle) -> DeviceReport? {
    self.ask(device.engineNumber) { $0.report(on: device) } ?? nil
  }

  /// The account's active client at `now`; nil when there is none (R-040, B1).
  public func activeClient(
    of account: AccountHandle, at now: MonotonicInstant? = nil
  ) -> ActiveClient? {
    let now = now ?? self.clock.now()
    return self.ask(account.engineNumber) { $0.activeClient(of: account, at: now) } ?? nil
  }

  /// How each of the account's devices stands in the election, and why.
  public func election(
    of account: AccountHandle, at now: MonotonicInstant? = nil
  ) -> [ElectionStanding] {
    let now = now ?? self.clock.now()
    return self.ask(account.engineNumber) { $0.election(of: account, at: now) } ?? []
  }

  /// The read state of one conversation.
  public func readState(
    of conversation: ConversationID, in account: AccountHandle
  ) -> ConversationReport? {
    self.ask(account.engineNumber) { $0.readState(of: conversation, in: account) } ?? nil
  }

  /// The read state of every conversation the account has had, oldest first.
  public func readStates(of account: AccountHandle) -> [ConversationReport] {
    self.ask(account.engineNumber) { $0.readStates(of: account) } ?? []
  }

  /// The last archive position handed out for the account.
  public func lastPosition(of account: AccountHandle) -> ArchivePosition? {
    self.ask(account.engineNumber) { $0.lastPosition(of: account) } ?? nil
  }

  /// One account as bytes, or nil when the handle is stale.
  public func snapshot(of account: AccountHandle) -> [UInt8]? {
    self.ask(account.engineNumber) { $0.snapshot(of: account) } ?? nil
  }

  // MARK: - Counters

  /// The counters of all engines together as of `now`, one shard after the other (R-049…R-056).
  ///
  /// - Complexity: O(shards).
  public func counters(at now: MonotonicInstant? = nil) -> Counters {
    let now = now ?? self.clock.now()
    var sum = Counters()
    for shard in self.shards { sum.add(shard.state.withLock { $0.engine.counters(at: now) }) }
    return sum
  }

  /// Sessions that would not ring at `now` because another client of their user is active (B12).
  ///
  /// - Complexity: O(accounts).
  public func suppressedSessions(at now: MonotonicInstant? = nil) -> Int {
    let now = now ?? self.clock.now()
    return self.shards.reduce(0) { sum, shard in
      sum + shard.state.withLock { $0.engine.suppressedSessions(at: now) }
    }
  }

  /// The node's sessions by kind, one shard after the other (R-059…R-063); see
  /// `MessagingEngine.sessionCounts()`.
  ///
  /// - Parameter inactiveConnections: connections that stand by, which the host knows (B29).
  /// - Complexity: O(accounts).
  public func sessionCounts(inactiveConnections: Int = 0) -> SessionCounts {
    var sum = SessionCounts()
    for shard in self.shards { sum.add(shard.state.withLock { $0.engine.sessionCounts() }) }
    sum[.inactive] += inactiveConnections
    return sum
  }

  /// The node's session counters by their documented names, as of a node without redundancy; one
  /// in a group adds its connections: `JSMCounters.init(_:connections:)` in `MDMRedundancy`.
  ///
  /// - Complexity: O(accounts).
  public func jsmCounters() -> JSMCounters {
    let users = self.shards.reduce(0) { sum, shard in
      sum + shard.state.withLock { $0.engine.usersSignedIn() }
    }
    return JSMCounters(self.sessionCounts(), users: users)
  }

  /// The node's part of the sessions report (R-086, B25). Each shard is asked by itself, so users
  /// who come or go meanwhile may be in it or not.
  ///
  /// - Parameters:
  ///   - node: the node's name in the report.
  ///   - group: the name of its presence redundancy group.
  ///   - inactiveConnections: connections that stand by, which the host knows (B29).
  /// - Complexity: O(accounts · log accounts).
  public func nodeSessions(
    named node: String, group: String = "", inactiveConnections: Int = 0
  ) -> NodeSessions {
    var users: [UserSessions] = []
    for shard in self.shards { users += shard.state.withLock { $0.engine.userSessions() } }
    return NodeSessions(
      name: node, group: group, users: users, inactiveConnections: inactiveConnections)
  }

  /// What the service counts of itself. What is being performed just now is not in it yet.
  ///
  /// - Complexity: O(shards).
  public var serviceCounters: ServiceCounters {
    var sum = ServiceCounters()
    for shard in self.shards {
      shard.state.withLock { state in
        sum.totals.add(state.totals)
        sum.gauges.scopes += state.scopes.count
        sum.gauges.waitingEffects += state.outbox.effects.count
      }
    }
    return sum
  }
}
