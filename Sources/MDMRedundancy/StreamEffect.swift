public import MDMStanza

/// When the owner gives its backup up, so that it may acknowledge alone.
public enum StandAlonePolicy: Hashable, Sendable {
  /// When the group says that the peer is lost, and not before: nothing is acknowledged meanwhile.
  case whenPeerIsLost
  /// Also when the backup has not acknowledged an entry for so long.
  case after(Duration)
}

/// What the owner must do for its stream.
public enum StreamEffect: Hashable, Sendable {
  /// Send this to the backup.
  case send(StreamEntry)
  /// Find the first account after this name, in ascending order, or the first of all; answer with
  /// ``AccountStream/provide(_:of:at:into:)`` or ``AccountStream/noMoreAccounts(at:into:)``.
  case takeSnapshot(after: AccountName?)
  /// What commands up to this position led to may leave the node now.
  case release(upTo: StreamPosition)
  /// Write this mark; answer with ``AccountStream/marked(_:_:at:into:)``.
  case write(StandbyMark)
  /// The backup has been given up: its state is worth nothing until it is paired again.
  case standsAlone
}

/// Whether what a command leads to may leave the node.
public enum Departure: Hashable, Sendable {
  /// At once.
  case now
  /// When ``StreamEffect/release(upTo:)`` reaches this position.
  case after(StreamPosition)
}

/// Why a command could not be taken on.
public enum StreamRefusal: Error, Hashable, Sendable {
  /// The backup has not acknowledged so much that the limit is reached; try again later.
  case backlogFull
  /// The node owns the accounts no longer.
  case fenced
}
