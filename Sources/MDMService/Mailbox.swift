import MDMStanza
import Synchronization

/// The events that wait for a device in a scope.
///
/// One side puts events in: whoever performs the effects of the device's shard. The other side is
/// the scope, which takes them out. The bound is kept by pausing: see `Desk.pause(_:on:)`.
///
///     open ─finish─▶ finished (no event comes; what is there can be read) ─close─▶ closed
final class Mailbox: Sendable {
  private struct Box {
    var events: [DeviceEvent] = []
    /// Events before this one have been read.
    var head = 0
    var isFinished = false
    var isClosed = false
    /// The engine has been told that the device is away.
    var isPaused = false
    var reader: UnsafeContinuation<Void, Never>?
    var leaver: UnsafeContinuation<Void, Never>?

    var count: Int { self.events.count - self.head }

    /// The continuation of whoever waits for events, if there is one.
    mutating func takeReader() -> UnsafeContinuation<Void, Never>? {
      let reader = self.reader
      self.reader = nil
      return reader
    }

    /// Whether a paused stream has been read to its end: it goes on.
    mutating func takePause() -> Bool {
      guard self.isPaused, self.count == 0 else { return false }
      self.isPaused = false
      return true
    }
  }

  let device: DeviceHandle
  let account: AccountHandle
  let name: AccountName
  let limit: Int
  private let box = Mutex(Box())

  init(device: DeviceHandle, account: AccountHandle, name: AccountName, limit: Int) {
    self.device = device
    self.account = account
    self.name = name
    self.limit = limit
  }

  // MARK: - Putting in

  /// Appends an event; returns how many wait now. The performer's alone.
  func append(_ event: DeviceEvent) -> Int {
    let (count, reader) = self.box.withLock { box in
      box.events.append(event)
      return (box.count, box.takeReader())
    }
    reader?.resume()
    return count
  }

  /// Appends the last event.
  func finish(_ end: DeviceEnd) {
    let reader = self.box.withLock { box -> UnsafeContinuation<Void, Never>? in
      if box.isFinished { return nil }
      box.events.append(.ended(end))
      box.isFinished = true
      box.isPaused = false
      return box.takeReader()
    }
    reader?.resume()
  }

  /// Takes out what has not been read, save the end, which nobody else needs to know; nothing can
  /// be read from now on. Empty the second time.
  func close() -> [DeviceEvent] {
    let (unread, reader) = self.box.withLock { box in
      var unread = Array(box.events[box.head...])
      if case .ended = unread.last { unread.removeLast() }
      box.events = []
      box.head = 0
      box.isFinished = true
      box.isPaused = false
      return (unread, box.takeReader())
    }
    reader?.resume()
    return unread
  }

  /// Says that all that was the device's is with the host: what was unread and what was held.
  func noteClosed() {
    let leaver = self.box.withLock { box in
      box.isClosed = true
      let leaver = box.leaver
      box.leaver = nil
      return leaver
    }
    leaver?.resume()
  }

  /// Returns once ``noteClosed()`` has been called, cancelled or not: it waits only for effects
  /// that are being performed. The scope's alone.
  func waitUntilClosed() async {
    await withUnsafeContinuation { (leaver: UnsafeContinuation<Void, Never>) in
      let isClosed = self.box.withLock { box in
        if !box.isClosed { box.leaver = leaver }
        return box.isClosed
      }
      if isClosed { leaver.resume() }
    }
  }

  // MARK: - Pausing

  /// Pauses the stream if as many events wait as may and `detach` says that the engine has been
  /// told. Reading on cannot come in between, so a paused stream always has a reader to come.
  func pause(_ detach: () -> Bool) -> Bool {
    self.box.withLock { box in
      guard box.count >= self.limit, !box.isFinished, detach() else { return false }
      box.isPaused = true
      return true
    }
  }

  /// Whether the stream is paused.
  var isPaused: Bool { self.box.withLock { $0.isPaused } }

  // MARK: - Taking out

  /// What taking out has found.
  enum Take {
    /// Events, and whether the stream was paused and is read to its end, so that it goes on.
    case events(resuming: Bool)
    /// None as yet.
    case nothing
    /// None, and none will come.
    case end
  }

  /// Exchanges what waits for the caller's empty array, whose memory is kept for what comes.
  func takeAll(into batch: inout [DeviceEvent]) -> Take {
    self.box.withLock { box in
      guard box.count > 0 else { return box.isFinished ? .end : .nothing }
      if box.head == 0 {
        swap(&box.events, &batch)
      } else {
        batch.append(contentsOf: box.events[box.head...])
        box.events.removeAll(keepingCapacity: true)
        box.head = 0
      }
      return .events(resuming: box.takePause())
    }
  }

  /// Takes the oldest event.
  func takeFirst(into event: inout DeviceEvent?) -> Take {
    self.box.withLock { box in
      guard box.count > 0 else { return box.isFinished ? .end : .nothing }
      event = box.events[box.head]
      box.head += 1
      if box.head == box.events.count {
        box.events.removeAll(keepingCapacity: true)
        box.head = 0
      } else if box.head >= 64, box.head * 2 >= box.events.count {
        // What has been read is let go of before the rest has been, at an even cost.
        box.events.removeFirst(box.head)
        box.head = 0
      }
      return .events(resuming: box.takePause())
    }
  }

  /// Returns when there may be something to take, or when the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (reader: UnsafeContinuation<Void, Never>) in
        let isOver = self.box.withLock { box in
          // A cancellation before this point is seen here, one after it finds the reader.
          if box.count > 0 || box.isFinished || Task.isCancelled { return true }
          precondition(box.reader == nil, "Two tasks read the events of \(self.device).")
          box.reader = reader
          return false
        }
        if isOver { reader.resume() }
      }
    } onCancel: {
      self.box.withLock { $0.takeReader() }?.resume()
    }
  }
}
