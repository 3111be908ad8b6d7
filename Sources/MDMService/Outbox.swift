import MDMEngine
import MDMStanza

/// What has been decided on a shard and waits to be performed: effects, and between them what the
/// service itself has to do at just that point.
struct Outbox: Sendable {
  var effects = Effects()
  private(set) var steps: [Step] = []
  /// The instant of the latest decision.
  var now = MonotonicInstant.origin

  /// Something that the service does before the effect at `place`.
  struct Step: Sendable {
    let place: Int
    let act: Act
  }

  /// What the service itself does in the order of the effects.
  enum Act: Sendable {
    /// An account was opened.
    case opened(AccountHandle, StanzaSender)
    /// An account was closed.
    case closed(AccountHandle)
    /// A device was signed in by a scope: its events go into the mailbox.
    case entered(Mailbox)
    /// A stream ends after what is queued.
    case finished(Mailbox)
    /// A scope was left: what is unread goes to the host.
    case left(Mailbox)
    /// Everything that concerns a scope's device has been performed: whoever waits for that goes
    /// on.
    case gone(Mailbox)
    /// Somebody waits until everything before this has been performed.
    case reached(UnsafeContinuation<Void, Never>)
  }

  var isEmpty: Bool { self.effects.isEmpty && self.steps.isEmpty }

  /// Adds an act after everything decided so far, or before the effects from `place` on.
  mutating func add(_ act: Act, at place: Int? = nil) {
    self.steps.append(Step(place: place ?? self.effects.count, act: act))
  }

  /// Forgets everything and keeps the memory.
  mutating func removeAll() {
    self.effects.removeAll()
    if !self.steps.isEmpty { self.steps.removeAll(keepingCapacity: true) }
  }
}
