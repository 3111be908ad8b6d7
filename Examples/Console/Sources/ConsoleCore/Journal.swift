import MDM

/// What happened on somebody's devices beside the engine's decisions, the latest few.
struct Journal {
  /// Something that happened.
  struct Mark {
    let instant: MonotonicInstant
    /// The device, by place.
    let device: Int
    let what: What
  }

  /// What can happen.
  enum What: Equatable {
    /// The device is in this state from now on.
    case state(DeviceState)
    /// The person read a conversation on it.
    case read(ConversationID)
    /// The person wrote something on it.
    case wrote(ConversationID)
    /// So many stanzas that waited have come.
    case flushed(FlushReason, Int)
    /// A notification was taken back.
    case retracted(ConversationID)
    /// Its push service was asked to wake it.
    case pushed
  }

  /// How a device stands.
  enum DeviceState: String {
    /// Signed out.
    case out
    /// Everything is delivered as it comes.
    case normal
    /// In the background.
    case quiet
    /// Nothing rings.
    case silent
    /// The connection is lost.
    case lost
    /// Behind a push service.
    case phantom
  }

  /// How many are kept.
  static let limit = 600

  private var ring: [Mark] = []
  private var next = 0

  /// The marks, oldest first.
  var marks: [Mark] { Array(self.ring[self.next...] + self.ring[..<self.next]) }

  mutating func note(_ what: What, _ device: Int, at instant: MonotonicInstant) {
    let mark = Mark(instant: instant, device: device, what: what)
    if self.ring.count < Self.limit {
      self.ring.append(mark)
    } else {
      self.ring[self.next] = mark
      self.next = (self.next + 1) % Self.limit
    }
  }
}
