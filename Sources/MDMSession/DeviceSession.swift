public import MDMStanza
package import MDMStorage

/// One device's session, from sign-in to its end (B14).
///
///     sign in ──▶ connected ──connection lost──▶ detached ──window closes──▶ ended
///                  ▲  │                            │
///                  │  └──lost, push-enabled──▶ suspended ──window closes──▶ ended
///                  └──────────── resume ───────────┘
///
/// The record is flat: the phase is an enumeration without payload and everything else a field, so
/// that sessions lie side by side in memory and change in place.
package struct DeviceSession: BitwiseCopyable, Sendable {
  /// When a detached or suspended session ends; while connected, until when a flushed quiet session
  /// counts as not quiet (B13).
  package var deadline: MonotonicInstant = .distantFuture
  /// Tells this sign-in from others at the same place.
  package var generation: UInt32
  /// The device's name.
  package var name: NameArena.Reference
  package var phase: SessionPhase = .connected
  /// The mode the client asked for; in force only while MDM is.
  package var requestedMode: SessionMode = .normal
  package var kind: DeviceKind
  /// RFC 6121 §4.7.2.3.
  package var priority: Int8 = 0
  package var traits: Traits
  /// The reason why MDM was refused at sign-in as `MDMRefusal.rawValue + 1`; 0 for none.
  private var refusalCode: UInt8

  /// Yes-or-no properties of a session.
  package struct Traits: OptionSet, BitwiseCopyable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// The session asks for MDM.
    package static var requestsMDM: Traits { Traits(rawValue: 1) }
    /// A push service can reach it.
    package static var pushEnabled: Traits { Traits(rawValue: 2) }
    /// It has sent available presence and not taken it back.
    package static var available: Traits { Traits(rawValue: 4) }
    /// It wants to be told how far conversations have been read, whenever MDM comes into effect.
    package static var catchesUp: Traits { Traits(rawValue: 8) }
    /// Read markers that waited for it were given up for want of room; it is told when it resumes.
    package static var missedMarkers: Traits { Traits(rawValue: 16) }
    /// It came through an edge server.
    package static var viaEdge: Traits { Traits(rawValue: 32) }
    /// It is a user's session in another messaging system.
    package static var hybrid: Traits { Traits(rawValue: 64) }
    /// All there are.
    package static let all: Traits = [
      .requestsMDM, .pushEnabled, .available, .catchesUp, .missedMarkers, .viaEdge, .hybrid,
    ]
  }

  package init(
    generation: UInt32, name: NameArena.Reference, kind: DeviceKind, traits: Traits,
    refusal: MDMRefusal?
  ) {
    self.generation = generation
    self.name = name
    self.kind = kind
    self.traits = traits
    self.refusalCode = refusal.map { $0.rawValue + 1 } ?? 0
  }

  /// Why the session's own capabilities exclude it from MDM; nil when they do not.
  package var refusal: MDMRefusal? {
    self.refusalCode == 0 ? nil : MDMRefusal(rawValue: self.refusalCode - 1)
  }
}

/// What holds for which devices of an account: a set for each property that routing, holding or
/// notification asks about.
///
/// The sets are derived from the sessions whenever one changes, which is rare, so that a message,
/// which is not, is decided by a handful of mask operations.
@usableFromInline
package struct SessionSets: BitwiseCopyable, Sendable, Equatable {
  /// Places with a session.
  @usableFromInline package var occupied = DeviceSet()
  /// Sessions whose connection is up.
  @usableFromInline package var connected = DeviceSet()
  /// Sessions that have sent available presence, whether their connection is up or to be resumed.
  @usableFromInline package var available = DeviceSet()
  /// Sessions for which MDM is in effect.
  @usableFromInline package var mdm = DeviceSet()
  /// Sessions with a priority of zero or more.
  @usableFromInline package var nonNegative = DeviceSet()
  /// MDM sessions in quiet mode.
  @usableFromInline package var quiet = DeviceSet()
  /// MDM sessions in silent mode.
  @usableFromInline package var silent = DeviceSet()
  /// Sessions behind a push service.
  @usableFromInline package var suspended = DeviceSet()

  package init() {}

  /// Sessions that take part: signed in and available.
  @inlinable package var present: DeviceSet { self.occupied & self.available }

  /// Derives the bits of the session at `index` afresh.
  ///
  /// - Parameter mdmEnabled: whether MDM is on for the engine.
  package mutating func update(_ index: Int, from session: DeviceSession, mdmEnabled: Bool) {
    let mdm =
      mdmEnabled && session.traits.contains(.requestsMDM) && session.refusal == nil
    let mode = mdm ? session.requestedMode : .normal
    self.occupied.set(index, true)
    self.connected.set(index, session.phase == .connected)
    self.suspended.set(index, session.phase == .suspended)
    self.available.set(index, session.traits.contains(.available))
    self.mdm.set(index, mdm)
    self.nonNegative.set(index, session.priority >= 0)
    self.quiet.set(index, mode == .quiet)
    self.silent.set(index, mode == .silent)
  }

  /// Takes the session at `index` out of every set.
  package mutating func clear(_ index: Int) {
    self.occupied.remove(index)
    self.connected.remove(index)
    self.available.remove(index)
    self.mdm.remove(index)
    self.nonNegative.remove(index)
    self.quiet.remove(index)
    self.silent.remove(index)
    self.suspended.remove(index)
  }
}
