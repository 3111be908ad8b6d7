internal import MDMStanza

/// What a node knows of the users of one node, and where it stands with owning them.
struct Share: Sendable {
  /// The latest epoch heard of; the node's own when it holds them.
  var epoch: OwnershipEpoch
  /// The latest epoch in which this node held them.
  var lastHeld: OwnershipEpoch
  /// Whether they are this node's, as far as it knows.
  var isHeld: Bool
  /// With a store: when the right to serve ends, from the sending of the last good request.
  var until = MonotonicInstant.distantPast
  /// Whether their state is here.
  var isMoved = false
  /// Whether the host serves them.
  var isServed = false
  /// The request to the store that is awaited.
  var request: Request?
  /// When the store may be asked next.
  var nextAttempt = MonotonicInstant.distantPast
  /// A lease that the store may still think is this node's, and until when that matters.
  var pendingRelease: (epoch: OwnershipEpoch, until: MonotonicInstant)?
  /// A lease that the store still thinks is this node's, although the node may have asked to give
  /// it back: it is asked to end before the users are asked for again.
  var leftover: OwnershipEpoch?
  /// The move that is awaited.
  var move: OperationID?
  /// When a move may be tried next.
  var nextMove = MonotonicInstant.distantPast

  /// A request to the store of leases.
  struct Request: Sendable {
    /// What was asked.
    enum Kind: Sendable {
      case acquire
      case renew
      case release
    }

    var operation: OperationID
    var kind: Kind
    var sent: MonotonicInstant
  }

  /// What the start before this one remembered.
  init(resuming view: OwnershipView) {
    self.epoch = view.epoch
    self.lastHeld = view.isHeld ? view.epoch : .none
    self.isHeld = view.isHeld
  }

  /// What the peer is told.
  var view: OwnershipView { OwnershipView(epoch: self.epoch, isHeld: self.isHeld) }
}
