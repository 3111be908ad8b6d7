internal import MDMRedundancy
internal import MDMStanza

/// What happens to the users of a simulated pair.
enum PairUsersEvent {
  case send(AccountName)
  case sent(AccountName, Int)
  case connect(AccountName, device: Int)
  case standBy(AccountName, device: Int)
  case deliver(AccountName, device: Int, connection: Int, [PairAccounts.Item])
  case entry(StreamEntry, of: NodeID, to: NodeID)
  case acknowledged(StreamPosition, OwnershipEpoch, of: NodeID, to: NodeID)
  case gap(StreamPosition, BootID, of: NodeID, to: NodeID)
  case mark(StandbyMark, of: NodeID, from: NodeID, BootID)
  case marked(StandbyMark, MarkOutcome, of: NodeID, to: NodeID, BootID)
  case tick
}

/// The users of both nodes, their devices, those who write to them, and what the nodes have of
/// their accounts.
struct PairUsers: ~Copyable {
  /// One node's part in serving the users of one node.
  final class Part {
    var accounts: PairAccounts
    /// In which epoch the accounts were last served with this data; nil when it is somebody
    /// else's, or in pieces.
    var servedEpoch: UInt64?
    /// How often the node has begun to serve these users.
    var beginnings: UInt64 = 0
    var stream: AccountStream?
    var replica: AccountReplica
    var waiting: [(position: StreamPosition, departure: Leaving)] = []

    init(accounts: PairAccounts, servedEpoch: UInt64?) {
      self.accounts = accounts
      self.servedEpoch = servedEpoch
      self.replica = AccountReplica(boot: BootID(1))
    }

    /// Changes the stream where it is, if there is one.
    func changeStream(_ body: (inout AccountStream) -> Void) {
      guard var stream = self.stream.take() else { return }
      body(&stream)
      self.stream = stream
    }
  }

  /// What leaves a node.
  enum Leaving {
    case acknowledgement(AccountName, Int)
    case delivery(AccountName, device: Int, upTo: Int)
  }

  /// Somebody who writes to one account, a message after the other.
  struct Writer {
    var home: NodeID
    /// The message that was sent last.
    var number = 0
    /// The message that was acknowledged last.
    var acknowledged = 0
  }

  struct Device {
    var node: NodeID?
    var connection = 0
    /// Up to which item everything has arrived, and was sent on this connection.
    var arrived = 0
    var sent = 0
    var told = 0
    var messages: [Int] = []
    var isQuiet = false
  }

  var parts: PerNode<PerNode<Part>>
  var writers: [AccountName: Writer] = [:]
  var devices: [AccountName: [Device]] = [:]
  /// In ascending order.
  let names: [AccountName]
  /// The marks beside the leases, by epoch.
  var marks: PerNode<[UInt64: StandbyMark]> = PerNode(both: [:])
  /// Who is connected where (B29).
  var registers = PerNode(
    first: ConnectionRegister(node: .first), second: ConnectionRegister(node: .second))
  {
    didSet { self.areConnectionsChecked = false }
  }
  /// Whether the registers are as they were when they were last found to be in order.
  var areConnectionsChecked = false
  var isEnding = false

  /// Whether there are any.
  var areThere: Bool { !self.names.isEmpty }

  init(areThere: Bool, at instants: PerNode<MonotonicInstant>) {
    let lists = PerNode(
      first: areThere ? [AccountName("a@example.org"), AccountName("b@example.org")] : [],
      second: areThere ? [AccountName("c@example.org"), AccountName("d@example.org")] : [])
    func part(_ home: NodeID, on node: NodeID) -> Part {
      Part(
        accounts: home == node
          ? PairAccounts(opening: lists[home], at: instants[node])
          : PairAccounts(at: instants[node]),
        servedEpoch: home == node ? 0 : nil)
    }
    self.parts = PerNode(
      first: PerNode(first: part(.first, on: .first), second: part(.second, on: .first)),
      second: PerNode(first: part(.first, on: .second), second: part(.second, on: .second)))
    self.names = (lists.first + lists.second).sorted()
    for home in NodeID.allCases {
      for name in lists[home] {
        self.writers[name] = Writer(home: home)
        self.devices[name] = [Device(), Device()]
      }
    }
  }
}
