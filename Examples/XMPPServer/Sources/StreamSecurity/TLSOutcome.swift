/// How far a handshake is.
public enum TLSProgress: Hashable, Sendable {
  /// It is over; data can flow.
  case done
  /// It goes on when the socket can be read.
  case wantsRead
  /// It goes on when the socket can be written.
  case wantsWrite
  /// It cannot go on; the session is over.
  case failed(TLSError)
}

/// What came of reading.
public enum TLSRead: Hashable, Sendable {
  /// So many bytes were read.
  case bytes(Int)
  /// There is more when the socket can be read.
  case wantsRead
  /// The protocol has to write before it can read on.
  case wantsWrite
  /// The peer sends no more, or the connection is gone.
  case closed
  /// The session is over.
  case failed(TLSError)
}

/// What came of writing.
public enum TLSWrite: Hashable, Sendable {
  /// So many of the bytes were taken; the rest is the caller's to offer again.
  case bytes(Int)
  /// The protocol has to read before it can write on.
  case wantsRead
  /// There is room when the socket can be written.
  case wantsWrite
  /// The connection is gone, or ``TLSSession/close()`` was called.
  case closed
  /// The session is over.
  case failed(TLSError)
}
