public import MDMStanza

// A client's two connections: an active one to the node that serves it, an inactive one to the
// peer, which becomes the active one when the node is lost (R-187…, B32).
//
// Law: the client has at most one active connection. A second one is opened only after a wait drawn
// from the re-login window, so that a node's clients do not knock at its peer all at once. A client
// that holds an inactive connection never waits that long when its node is lost: it activates at
// once when the peer says that it has taken over, and by itself when the activation wait is over.
// A client without one waits its own draw and signs in. In every phase but `signedOut`, `single`
// and `ready` there is either a deadline or an answer outstanding, so a client is never stranded.
//
//                signedIn, offered         wait over             standbyOpened
//   signedOut ────────────────────▶ waiting ───────▶ opening ──────────────────▶ ready
//       │ signedIn, not offered        ▲ ▲              │                        │ │ ▲
//       ▼                              │ └─standbyLost──┴────────────────────────┘ │ │
//    single                            │                                           │ │activeResumed
//       │ activeLost (also in waiting, opening)             activeLost or demoted  │ │
//       ▼                              │                                           ▼ │
//   returning ──wait over─▶ signingIn ─┘ signedIn       activating ◀────────── undecided
//       ▲                      │                         │   │  takenOver or wait over
//       ├──────signInFailed────┘                         │   └─activated─▶ waiting or ready
//       └────activationRefused, standbyLost──────────────┘

/// How a client is connected to the two nodes of its group.
public struct DualConnection: Hashable, Sendable {
  /// What the client is doing.
  public enum Phase: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    /// It is not signed in.
    case signedOut
    /// It has its active connection and was offered no other.
    case single
    /// It has its active connection and waits before it opens the inactive one.
    case waiting
    /// It has its active connection and is opening the inactive one.
    case opening
    /// It has both.
    case ready
    /// It has lost the active connection, holds the inactive one, and waits for word of a takeover
    /// or for its node to come back.
    case undecided
    /// It has asked for its inactive connection to become the active one.
    case activating
    /// It has no connection and waits before it signs in again (B32).
    case returning
    /// It is signing in again.
    case signingIn
  }

  /// What has happened to the client.
  public enum Event: Hashable, Sendable {
    /// It signed in at this node and was offered this.
    case signedIn(on: NodeID, DualConnectionOffer)
    /// Signing in again failed.
    case signInFailed
    /// High availability was switched on or off on either side.
    case offerChanged(DualConnectionOffer)
    /// The inactive connection stands.
    case standbyOpened
    /// The inactive connection could not be opened, or was lost.
    case standbyLost
    /// The active connection was lost.
    case activeLost
    /// The lost active connection was resumed within its time.
    case activeResumed
    /// The node of the active connection has handed the user over: the connection stays, inactive.
    case demoted
    /// The node of the inactive connection serves the user from now on.
    case takenOver
    /// The inactive connection is the active one now.
    case activated
    /// The node does not serve the user.
    case activationRefused
    /// The user signed out.
    case signedOut
  }

  /// What the client must do.
  public enum Effect: Hashable, Sendable {
    /// Open an inactive connection to this node.
    case openStandby(on: NodeID)
    /// Close the inactive connection to this node, or stop opening it.
    case closeStandby(on: NodeID)
    /// Ask this node to make the inactive connection the active one.
    case activate(on: NodeID)
    /// Give up what is left of the connection that was the active one.
    case closeActive(on: NodeID)
    /// Sign in at this node.
    case signIn(on: NodeID)
  }

  /// The window from which the waits before an inactive connection and before a new login are
  /// drawn: that of the node that the client is signed in at.
  public var window: ReloginWindow
  /// How long the client waits for word of a takeover before it activates by itself, the client's
  /// `Inactive_Connection_Activation_Timer`.
  public var activationWait: Duration

  /// What the client is doing.
  public private(set) var phase = Phase.signedOut
  /// The node of the active connection, or of the last one while there is none.
  public private(set) var activeNode = NodeID.first
  /// When something falls due, nil when nothing does.
  public private(set) var nextDeadline: MonotonicInstant?

  /// Where the client signs in when its wait is over.
  private var target = NodeID.first
  private var isOffered = false
  private var hasPeer = false
  /// Whether the connection to `activeNode` still stands, of interest while another is activated.
  private var oldStands = false

  /// The documented activation wait: 120 s.
  public static let standardActivationWait = Duration.seconds(120)

  /// A client that is not signed in.
  public init(
    window: ReloginWindow = .standard, activationWait: Duration = Self.standardActivationWait
  ) {
    self.window = window
    self.activationWait = activationWait
  }

  /// Whether the client has a connection over which it is served.
  public var isServed: Bool {
    switch self.phase {
    case .single, .waiting, .opening, .ready: true
    case .signedOut, .undecided, .activating, .returning, .signingIn: false
    }
  }

  /// The node of the inactive connection, nil when there is none.
  public var standbyNode: NodeID? {
    switch self.phase {
    case .ready, .undecided, .activating: self.activeNode.peer
    case .signedOut, .single, .waiting, .opening, .returning, .signingIn: nil
    }
  }

  // MARK: - What happens

  /// Something happened to the client at `now`.
  ///
  /// - Parameters:
  ///   - event: what; one that cannot happen in the phase is a late report and changes nothing.
  ///   - now: the instant.
  ///   - random: where waits are drawn from; asked only when a wait begins.
  ///   - effects: what the client must do is appended here.
  public mutating func apply(
    _ event: Event, at now: MonotonicInstant, using random: inout some RandomNumberGenerator,
    into effects: inout [Effect]
  ) {
    switch event {
    case .signedIn(let node, let offer):
      self.dropStandby(into: &effects)
      self.activeNode = node
      self.take(offer)
      self.settle(at: now, using: &random)
    case .signInFailed:
      guard self.phase == .signingIn else { return }
      // The one node may be down and the other not serving yet: try them in turn.
      self.comeBack(to: self.target.peer, at: now, using: &random)
    case .offerChanged(let offer): self.change(to: offer, at: now, using: &random, into: &effects)
    case .standbyOpened: self.standbyOpened(into: &effects)
    case .standbyLost: self.standbyLost(at: now, using: &random, into: &effects)
    case .activeLost: self.activeLost(at: now, using: &random, into: &effects)
    case .activeResumed: self.activeResumed(at: now, using: &random)
    case .demoted: self.demoted(at: now, using: &random, into: &effects)
    case .takenOver: self.takenOver(into: &effects)
    case .activated: self.activated(at: now, using: &random, into: &effects)
    case .activationRefused:
      guard self.phase == .activating else { return }
      effects.append(.closeStandby(on: self.activeNode.peer))
      if self.oldStands { effects.append(.closeActive(on: self.activeNode)) }
      // The peer does not serve: the node that was lost is the likelier one.
      self.comeBack(to: self.activeNode, at: now, using: &random)
    case .signedOut:
      self.dropStandby(into: &effects)
      self.enter(.signedOut)
    }
  }

  /// Does what has fallen due at `now`; before the deadline it does nothing.
  public mutating func expire(at now: MonotonicInstant, into effects: inout [Effect]) {
    guard let deadline = self.nextDeadline, now >= deadline else { return }
    switch self.phase {
    case .waiting:
      self.enter(.opening)
      effects.append(.openStandby(on: self.activeNode.peer))
    case .undecided: self.activate(into: &effects)
    case .returning:
      self.enter(.signingIn)
      effects.append(.signIn(on: self.target))
    // These phases wait for an event and set no deadline.
    case .signedOut, .single, .opening, .ready, .activating, .signingIn: break
    }
  }

  // MARK: - Steps

  private mutating func enter(_ phase: Phase, until deadline: MonotonicInstant? = nil) {
    self.phase = phase
    self.nextDeadline = deadline
  }

  private mutating func take(_ offer: DualConnectionOffer) {
    self.isOffered = offer.isMade
    self.hasPeer = offer.hasPeer
  }

  /// There is an active connection and no other: wait for the time to open one.
  private mutating func settle(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator
  ) {
    guard self.isOffered else { return self.enter(.single) }
    self.enter(.waiting, until: now.advanced(by: self.window.draw(using: &random)))
  }

  /// There is no connection: wait for the time to sign in, at `node` if there is a choice.
  private mutating func comeBack(
    to node: NodeID, at now: MonotonicInstant, using random: inout some RandomNumberGenerator
  ) {
    self.oldStands = false
    self.target = self.hasPeer ? node : self.activeNode
    self.enter(.returning, until: now.advanced(by: self.window.draw(using: &random)))
  }

  private mutating func dropStandby(into effects: inout [Effect]) {
    if self.standbyNode != nil || self.phase == .opening {
      effects.append(.closeStandby(on: self.activeNode.peer))
    }
  }

  private mutating func activate(into effects: inout [Effect]) {
    self.enter(.activating)
    effects.append(.activate(on: self.activeNode.peer))
  }

  private mutating func change(
    to offer: DualConnectionOffer, at now: MonotonicInstant,
    using random: inout some RandomNumberGenerator, into effects: inout [Effect]
  ) {
    let wasOffered = self.isOffered
    self.take(offer)
    guard wasOffered != self.isOffered else { return }
    switch self.phase {
    case .single: self.settle(at: now, using: &random)
    case .waiting, .opening, .ready:
      self.dropStandby(into: &effects)
      self.settle(at: now, using: &random)
    // Nobody serves the client: what it holds is its way back, and it may use it first.
    case .signedOut, .undecided, .activating, .returning, .signingIn: break
    }
  }

  private mutating func standbyOpened(into effects: inout [Effect]) {
    switch self.phase {
    case .opening: self.enter(.ready)
    case .signedOut, .single, .waiting, .returning, .signingIn:
      // It was given up while it was being opened.
      effects.append(.closeStandby(on: self.activeNode.peer))
    // There is one already.
    case .ready, .undecided, .activating: break
    }
  }

  private mutating func standbyLost(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator,
    into effects: inout [Effect]
  ) {
    switch self.phase {
    case .opening, .ready: self.settle(at: now, using: &random)
    case .undecided, .activating:
      if self.oldStands { effects.append(.closeActive(on: self.activeNode)) }
      self.comeBack(to: self.activeNode.peer, at: now, using: &random)
    // There is none.
    case .signedOut, .single, .waiting, .returning, .signingIn: break
    }
  }

  private mutating func activeLost(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator,
    into effects: inout [Effect]
  ) {
    switch self.phase {
    case .single, .waiting, .opening:
      self.dropStandby(into: &effects)
      self.comeBack(to: self.activeNode.peer, at: now, using: &random)
    case .ready:
      self.oldStands = false
      self.enter(.undecided, until: now.advanced(by: self.activationWait))
    case .undecided, .activating: self.oldStands = false
    // There is none.
    case .signedOut, .returning, .signingIn: break
    }
  }

  private mutating func activeResumed(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator
  ) {
    switch self.phase {
    case .undecided: self.enter(.ready)
    case .returning: self.settle(at: now, using: &random)
    // It never was away, or it is on its way to another connection and keeps to it.
    case .signedOut, .single, .waiting, .opening, .ready, .activating, .signingIn: break
    }
  }

  private mutating func demoted(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator,
    into effects: inout [Effect]
  ) {
    switch self.phase {
    case .ready:
      self.oldStands = true
      self.enter(.undecided, until: now.advanced(by: self.activationWait))
    case .single, .waiting, .opening:
      // Without another connection an inactive one is of no use: sign in at the peer.
      self.dropStandby(into: &effects)
      effects.append(.closeActive(on: self.activeNode))
      self.comeBack(to: self.activeNode.peer, at: now, using: &random)
    // It is not served by that node any more.
    case .signedOut, .undecided, .activating, .returning, .signingIn: break
    }
  }

  private mutating func takenOver(into effects: inout [Effect]) {
    switch self.phase {
    case .ready:
      self.oldStands = true
      self.activate(into: &effects)
    case .undecided: self.activate(into: &effects)
    // It has asked already, or has no connection that could become the active one.
    case .activating, .signedOut, .single, .waiting, .opening, .returning, .signingIn: break
    }
  }

  private mutating func activated(
    at now: MonotonicInstant, using random: inout some RandomNumberGenerator,
    into effects: inout [Effect]
  ) {
    guard self.phase == .activating else { return }
    self.activeNode = self.activeNode.peer
    if self.oldStands && self.isOffered {
      // The two have changed places.
      self.enter(.ready)
    } else {
      if self.oldStands { effects.append(.closeStandby(on: self.activeNode.peer)) }
      self.settle(at: now, using: &random)
    }
    self.oldStands = false
  }
}
