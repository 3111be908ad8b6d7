import CLinux
import Glibc

/// What has become possible on a descriptor.
struct Readiness: OptionSet {
  let rawValue: UInt8
  /// There is something to read, or the end.
  static let readable = Readiness(rawValue: 1 << 0)
  /// There is room to write.
  static let writable = Readiness(rawValue: 1 << 1)
}

/// Whoever wants to know.
protocol EventHandler: AnyObject {
  /// Something has become possible; called on the loop's thread.
  func handle(_ readiness: Readiness)
}

/// One epoll instance: who waits for which descriptor.
///
/// Level-triggered, so that a handler may leave something for the next turn: that is how one busy
/// connection does not keep the others waiting.
final class EventLoop {
  private struct Slot {
    var handler: (any EventHandler)?
    /// Counts the uses of the descriptor, so that an event for a closed one does not reach whoever
    /// was given the same number in the same turn.
    var generation: UInt32 = 0
  }

  private let epoll: Int32
  private var slots: [Slot] = []
  private var events = [epoll_event](repeating: epoll_event(), count: 256)

  init() throws(SystemError) {
    self.epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    if self.epoll < 0 { throw SystemError("epoll_create") }
  }

  deinit { close(self.epoll) }

  /// Tells `handler` from now on what becomes possible on the descriptor, until it is removed.
  func add(
    _ descriptor: Int32, _ interest: Readiness, for handler: any EventHandler
  ) throws(SystemError) {
    let index = Int(descriptor)
    while self.slots.count <= index { self.slots.append(Slot()) }
    self.slots[index].generation &+= 1
    self.slots[index].handler = handler
    if !self.control(EPOLL_CTL_ADD, descriptor, interest) {
      self.slots[index].handler = nil
      throw SystemError("epoll_ctl")
    }
  }

  /// Changes what is waited for on a descriptor that was added.
  func change(_ descriptor: Int32, to interest: Readiness) {
    _ = self.control(EPOLL_CTL_MOD, descriptor, interest)
  }

  /// Forgets a descriptor; call it before closing it.
  func remove(_ descriptor: Int32) {
    guard Int(descriptor) < self.slots.count else { return }
    self.slots[Int(descriptor)].handler = nil
    _ = self.control(EPOLL_CTL_DEL, descriptor, [])
  }

  private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Readiness) -> Bool {
    var event = epoll_event()
    if interest.contains(.readable) { event.events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
    if interest.contains(.writable) { event.events |= EPOLLOUT.rawValue }
    let generation = self.slots[Int(descriptor)].generation
    event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    return epoll_ctl(self.epoll, operation, descriptor, &event) == 0
  }

  /// Waits until something becomes possible, at most for `milliseconds`, -1 for ever, and tells
  /// the handlers; `awake` runs before the first of them.
  func wait(milliseconds: Int32, _ awake: () -> Void) throws(SystemError) {
    let count = epoll_wait(self.epoll, &self.events, Int32(self.events.count), milliseconds)
    if count < 0 {
      if errno == EINTR { return }
      throw SystemError("epoll_wait")
    }
    awake()
    for index in 0..<Int(count) {
      let event = self.events[index]
      let descriptor = Int(event.data.u64 & 0xFFFF_FFFF)
      let slot = self.slots[descriptor]
      guard let handler = slot.handler, slot.generation == UInt32(event.data.u64 >> 32) else {
        continue
      }
      var readiness: Readiness = []
      // An error or a hang-up is found out by reading.
      let reading = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
      if event.events & reading != 0 { readiness.insert(.readable) }
      if event.events & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
      handler.handle(readiness)
    }
  }
}
