public import MDMStanza

// One account goes from one node to another without its devices signing out (goals 7 and 11),
// within a group or from one group to another.
//
// Law: at every moment one node at most works on the account, and it is the one that the owner
// record names. What arrives meanwhile is held and
// handed on in order. Until ownership has been asked for, the move can be undone at no cost; from
// then on only the record says who owns, and the move goes on to whichever end the record allows.
//
//               frozen            stored              granted              thawed
//   freezing ─────────▶ transferring ───────▶ owning ─────────▶ thawing ─────────▶ done
//       │ failed, late       │ failed, late     │  ▲                 │ failed: again
//       ▼                    ▼                  │  │ unknown: read   └──▶ thawing
//   aborting ◀───────────────┘                  ▼  │ or refused: read who owns
//       │ restored    ▲                         checking ── destination ──▶ thawing
//       ▼             └─ source, later epoch ───────┴────── source ───────▶ owning
//    aborted

/// A running move of one account between places of one kind: a ``NodeID`` within a group, a
/// ``ClusterPlace`` from one group to another.
public struct AccountMove<Place: Hashable & Sendable>: Hashable, Sendable {
  /// How far the move is.
  public enum Step: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// The source stops working on the account and holds what arrives.
    case freezing
    /// The account's snapshot goes to the destination.
    case transferring
    /// The owner record is being changed.
    case owning
    /// Nobody knows whether the record was changed: it is being read.
    case checking
    /// The destination begins to work on the account.
    case thawing
    /// The source takes the account up again.
    case aborting
    /// The destination has the account.
    case done
    /// The source has the account, as if nothing had happened.
    case aborted
  }

  /// What a host reports.
  public enum Event: Hashable, Sendable {
    /// The source has stopped; this is the account (`MessagingEngine.snapshot(of:)`).
    case frozen([UInt8])
    /// The destination has the snapshot.
    case stored
    /// What was asked for in the current step could not be done.
    case failed
    /// The owner record names the destination, in this epoch.
    case granted(OwnershipEpoch)
    /// The owner record was not changed.
    case refused
    /// Whether it was changed nobody can tell.
    case unknown
    /// The owner record names this node, in this epoch.
    case owner(Place, OwnershipEpoch)
    /// The destination works on the account and has what was held.
    case thawed
    /// The source works on the account again and has taken in what was held.
    case restored
  }

  /// What a host must do.
  public enum Effect: Hashable, Sendable {
    /// Stop working on the account at this node, hold what arrives for it, take its snapshot.
    case freeze(on: Place)
    /// Bring the snapshot to this node, which keeps it without working on it.
    case transfer(to: Place, [UInt8])
    /// Change the owner record to this node if the epoch is still this one.
    case own(Place, ifEpoch: OwnershipEpoch)
    /// Read the owner record.
    case readOwner
    /// Begin to work on the account at this node, and take in what the other one holds, in order.
    case thaw(on: Place, OwnershipEpoch)
    /// Tell the account's clients that this node serves them: those with two connections activate,
    /// those with one resume there; nobody signs in anew.
    case redirect(to: Place)
    /// Work on the account at this node again, and take in what was held there, in order.
    case restore(on: Place)
    /// Throw the account away at this node.
    case forget(on: Place)
  }

  /// Which account goes where.
  public let move: UserMove<Place>
  /// The account's epoch before the move.
  public let epoch: OwnershipEpoch
  /// How long freezing and transferring may take together before the move is undone.
  public let patience: Duration

  /// How far the move is.
  public private(set) var step = Step.freezing
  /// When the move is undone, nil when it cannot be or need not be any more.
  public private(set) var nextDeadline: MonotonicInstant?
  /// The account's epoch at the destination, once it owns it.
  public private(set) var grantedEpoch: OwnershipEpoch?

  /// Begins a move.
  ///
  /// - Parameters:
  ///   - move: which account goes where.
  ///   - epoch: the account's epoch at the source.
  ///   - patience: how long the account may stand still before it is given back; above zero.
  ///   - now: the instant.
  ///   - effects: the first thing to do.
  public init(
    _ move: UserMove<Place>, epoch: OwnershipEpoch, patience: Duration = .seconds(5),
    at now: MonotonicInstant, into effects: inout [Effect]
  ) {
    self.move = move
    self.epoch = epoch
    self.patience = patience
    self.nextDeadline = now.advanced(by: patience)
    effects.append(.freeze(on: move.source))
  }

  /// Whether there is nothing left to do.
  public var isOver: Bool {
    switch self.step {
    case .done, .aborted: true
    case .freezing, .transferring, .owning, .checking, .thawing, .aborting: false
    }
  }

  /// The one node that works on the account, nil while it is frozen.
  public var worker: Place? {
    switch self.step {
    case .done: self.move.destination
    case .aborted: self.move.source
    case .freezing, .transferring, .owning, .checking, .thawing, .aborting: nil
    }
  }

  /// Something was reported; what does not belong to the current step is late and changes nothing.
  public mutating func apply(_ event: Event, into effects: inout [Effect]) {
    switch (self.step, event) {
    case (.freezing, .frozen(let snapshot)):
      self.step = .transferring
      effects.append(.transfer(to: self.move.destination, snapshot))
    case (.transferring, .stored):
      self.step = .owning
      self.nextDeadline = nil
      effects.append(.own(self.move.destination, ifEpoch: self.epoch))
    case (.owning, .granted(let epoch)), (.checking, .granted(let epoch)):
      self.thaw(in: epoch, into: &effects)
    case (.owning, .unknown), (.owning, .failed), (.owning, .refused):
      // A refusal may mean that an earlier request, thought lost, has been granted.
      self.step = .checking
      effects.append(.readOwner)
    case (.checking, .unknown), (.checking, .failed): effects.append(.readOwner)
    case (.checking, .owner(self.move.destination, let epoch)):
      self.thaw(in: epoch, into: &effects)
    case (.checking, .owner(_, let epoch)) where epoch == self.epoch:
      // The request may still be on its way; asked again, it is granted once at most.
      self.step = .owning
      effects.append(.own(self.move.destination, ifEpoch: self.epoch))
    case (.thawing, .failed): self.thaw(in: self.grantedEpoch ?? self.epoch, into: &effects)
    case (.thawing, .thawed):
      self.step = .done
      effects.append(.redirect(to: self.move.destination))
      effects.append(.forget(on: self.move.source))
    case (.freezing, .failed), (.transferring, .failed), (.checking, .owner):
      self.abort(into: &effects)
    case (.aborting, .failed): effects.append(.restore(on: self.move.source))
    case (.aborting, .restored): self.step = .aborted
    // A report that comes twice, or after the move has gone another way.
    case (.freezing, _), (.transferring, _), (.owning, _), (.checking, _), (.thawing, _),
      (.aborting, _), (.done, _), (.aborted, _):
      break
    }
  }

  /// Undoes the move when it has taken too long; before the deadline it does nothing.
  public mutating func expire(at now: MonotonicInstant, into effects: inout [Effect]) {
    guard let deadline = self.nextDeadline, now >= deadline else { return }
    self.abort(into: &effects)
  }

  private mutating func thaw(in epoch: OwnershipEpoch, into effects: inout [Effect]) {
    self.step = .thawing
    self.grantedEpoch = epoch
    effects.append(.thaw(on: self.move.destination, epoch))
  }

  private mutating func abort(into effects: inout [Effect]) {
    self.step = .aborting
    self.nextDeadline = nil
    effects.append(.forget(on: self.move.destination))
    effects.append(.restore(on: self.move.source))
  }
}
