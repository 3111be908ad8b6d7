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

  /// How many are kept: of states, and of everything else.
  static let limit = 800

  // Apart, so that much of the one does not push the other out.
  private var states = Ring()
  private var acts = Ring()

  /// How the devices stood, and from when on, oldest first.
  var stateMarks: [Mark] { self.states.marks }

  /// Everything else that happened, oldest first.
  var actMarks: [Mark] { self.acts.marks }

  mutating func note(_ what: What, _ device: Int, at instant: MonotonicInstant) {
    let mark = Mark(instant: instant, device: device, what: what)
    switch what {
    case .state: self.states.add(mark)
    case .read, .wrote, .flushed, .retracted: self.acts.add(mark)
    }
  }

  /// The latest few.
  private struct Ring {
    private var ring: [Mark] = []
    private var next = 0

    var marks: [Mark] { Array(self.ring[self.next...] + self.ring[..<self.next]) }

    mutating func add(_ mark: Mark) {
      if self.ring.count < Journal.limit {
        self.ring.append(mark)
      } else {
        self.ring[self.next] = mark
        self.next = (self.next + 1) % Journal.limit
      }
    }
  }
}
