import CMicroHTTPD
import Synchronization

/// Server-sent events on their way to one browser.
///
/// Whoever has something to tell puts it in, from any thread; the server's thread takes it out.
/// While there is nothing, the connection rests. A browser that does not take what waits for it is
/// let go: it comes back by itself and asks anew.
///
///     resting ─send─▶ running ─nothing waits─▶ resting
///        └───────finish, or the browser is gone───────▶ closed
public final class EventStream: Sendable {
  private struct State {
    var waiting: [UInt8] = []
    var isFinished = false
    var isClosed = false
    /// The connection, while it rests.
    var resting: OpaquePointer?
  }

  /// Bytes that may wait for the browser.
  public static let byteLimit = 4 << 20

  // The pointer in it goes only to libmicrohttpd, which allows it from any thread.
  private let state = Mutex(UncheckedState(State()))

  private struct UncheckedState: @unchecked Sendable {
    var value: State
    init(_ value: State) { self.value = value }
  }

  /// A stream that nothing waits in.
  public init() {}

  /// Whether nobody reads it any more.
  public var isClosed: Bool { self.state.withLock { $0.value.isClosed } }

  /// Puts an event in. Line breaks in the data are the caller's to avoid: JSON has none.
  ///
  /// - Returns: Whether the browser may still be there.
  @discardableResult
  public func send(_ event: String, data: String) -> Bool {
    self.state.withLock { state in
      guard !state.value.isFinished, !state.value.isClosed else { return false }
      state.value.waiting += Array("event: \(event)\ndata: \(data)\n\n".utf8)
      if state.value.waiting.count > Self.byteLimit { state.value.isFinished = true }
      Self.wake(&state.value)
      return !state.value.isFinished
    }
  }

  /// Ends the stream after what waits in it.
  public func finish() {
    self.state.withLock { state in
      state.value.isFinished = true
      Self.wake(&state.value)
    }
  }

  private static func wake(_ state: inout State) {
    guard let connection = state.resting else { return }
    state.resting = nil
    MHD_resume_connection(connection)
  }

  /// Fills `buffer`, or lets the connection rest.
  ///
  /// - Returns: How many bytes there are; 0 for none now, -1 for none ever.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, for connection: OpaquePointer) -> Int {
    self.state.withLock { state in
      if state.value.waiting.isEmpty {
        if state.value.isFinished { return Int(MHD_CONTENT_READER_END_OF_STREAM) }
        // Under the lock: whoever sends next finds the connection at rest.
        state.value.resting = connection
        MHD_suspend_connection(connection)
        return 0
      }
      let count = min(buffer.count, state.value.waiting.count)
      buffer.copyBytes(from: state.value.waiting[..<count])
      state.value.waiting.removeFirst(count)
      return count
    }
  }

  /// The connection is gone.
  func close() {
    self.state.withLock { state in
      state.value.isClosed = true
      state.value.resting = nil
      state.value.waiting = []
    }
  }
}
