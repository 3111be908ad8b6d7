public import MDM

/// A property of the engine that does not hold, and what was seen instead.
public struct AuditViolation: Error, Sendable, CustomStringConvertible {
  /// Which property.
  public let property: String
  /// What was seen.
  public let detail: String
  /// Index of the command or step after which it was seen.
  public internal(set) var step = -1

  init(_ property: String, _ detail: @autoclosure () -> String) {
    self.property = property
    self.detail = detail()
  }

  /// Property, place and what was seen.
  public var description: String { "\(self.property) (step \(self.step)): \(self.detail)" }
}

/// An engine that is played the same commands and must give the same effects.
final class AuditTwin {
  let name: String
  var engine: MessagingEngine
  var effects: Effects

  init(_ name: String, _ engine: consuming MessagingEngine, explaining: Bool = false) {
    self.name = name
    self.engine = engine
    self.effects = Effects(explaining: explaining)
  }
}

/// Plays commands against an engine of its own and a naive model of the rules, and checks after
/// every command that nothing is lost, doubled or out of order, that limits and counters are kept,
/// that the right devices ring, and that a snapshot restored now and then goes on the same way.
///
///     let auditor = EngineAuditor()
///     for (command, instant) in journal { try auditor.perform(command, at: instant) }
///     try auditor.finish()
///
/// The model is written the obvious way, as searches through lists; it knows commands and effects,
/// never the engine's inside. Expect some hundred times the engine's own cost.
public final class EngineAuditor {
  let configuration: Configuration
  var player = ScriptPlayer()
  var engine: MessagingEngine
  var effects = Effects()
  let model: ReferenceModel
  /// Engines that are to do just what the first one does.
  var twins: [AuditTwin] = []
  /// Every handle ever given, none of which may come back.
  var handles: Set<DeviceHandle> = []
  var observation = AuditObservation()
  /// Commands played so far.
  public private(set) var played = 0
  /// Stanzas in order of acceptance, by identity: equal ones may well be different stanzas.
  private var serials: [ObjectIdentifier: Int] = [:]
  private var stanzas: [Stanza] = []
  /// Commands between two snapshots.
  private let snapshotInterval = 61

  /// An auditor of an engine without accounts.
  ///
  /// - Parameters:
  ///   - configuration: how the engine behaves.
  ///   - explaining: whether a second engine explains its decisions, which are checked as well.
  public init(configuration: Configuration = .standard, explaining: Bool = false) {
    self.configuration = configuration
    self.engine = MessagingEngine(configuration: configuration)
    self.model = ReferenceModel(configuration: configuration, startingAt: .origin)
    if explaining {
      self.twins.append(
        AuditTwin("explaining", MessagingEngine(configuration: configuration), explaining: true))
    }
  }

  deinit { self.model.dismantle() }

  // MARK: - Commands

  /// Carries a command out and checks everything there is to check.
  ///
  /// - Throws: ``AuditViolation`` for the first property that does not hold.
  @discardableResult
  public func perform(
    _ command: Command, at now: MonotonicInstant
  ) throws(AuditViolation) -> Outcome {
    try self.located { auditor throws(AuditViolation) in
      let outcome = try auditor.perform(ScriptPlayer.Input(command: command, now: now))
      try auditor.checkHandle(in: outcome)
      try auditor.checkpoint()
      return outcome
    }
  }

  /// Fires the engine's timer and checks everything there is to check.
  ///
  /// - Throws: ``AuditViolation`` for the first property that does not hold.
  public func expire(at now: MonotonicInstant) throws(AuditViolation) {
    try self.located { auditor throws(AuditViolation) in
      try auditor.perform(ScriptPlayer.Input(command: nil, now: now))
      try auditor.checkpoint()
    }
  }

  /// Brings every device back and checks that nothing stays held.
  ///
  /// - Throws: ``AuditViolation`` for the first property that does not hold.
  public func finish() throws(AuditViolation) {
    try self.located { auditor throws(AuditViolation) in
      auditor.player.moveClock(to: auditor.model.now)
      try auditor.drain()
    }
  }

  private func located<Value>(
    _ body: (EngineAuditor) throws(AuditViolation) -> Value
  ) throws(AuditViolation) -> Value {
    do throws(AuditViolation) {
      return try body(self)
    } catch {
      var located = error
      if located.step < 0 { located.step = self.played - 1 }
      throw located
    }
  }

  // MARK: - Scripts

  /// The first violation of a script, nil when every property holds.
  public static func violation(
    of script: Script, explaining: Bool = false
  ) -> AuditViolation? {
    let auditor = EngineAuditor(configuration: script.configuration, explaining: explaining)
    do throws(AuditViolation) {
      try auditor.run(script)
      return nil
    } catch {
      return error
    }
  }

  func run(_ script: Script) throws(AuditViolation) {
    for (index, step) in script.steps.enumerated() {
      do throws(AuditViolation) {
        try self.play(step)
        try self.checkpoint()
      } catch {
        var located = error
        located.step = index
        throw located
      }
    }
    do throws(AuditViolation) {
      try self.drain()
    } catch {
      throw AuditViolation("\(error.property), when all are back", error.detail)
    }
  }

  // MARK: - Snapshots

  /// Now and then a second engine is made from a snapshot; from then on it gets the same commands
  /// and must give the same effects.
  private func checkpoint() throws(AuditViolation) {
    guard self.played % self.snapshotInterval == 0 else { return }
    let bytes = self.engine.snapshot()
    var effects = Effects()
    let restored: MessagingEngine
    do throws(SnapshotError) {
      restored = try MessagingEngine.restored(
        from: bytes, configuration: self.engine.configuration, at: self.model.now,
        into: &effects)
    } catch {
      throw AuditViolation("snapshot", "\(error)")
    }
    if !effects.isEmpty { throw AuditViolation("snapshot", "restoring has effects") }
    restored.checkInvariants()
    if restored.snapshot() != bytes {
      throw AuditViolation("snapshot", "a snapshot of the restored engine differs")
    }
    self.twins.removeAll { $0.name == "restored" }
    self.twins.append(AuditTwin("restored", restored))
  }

  // MARK: - One step

  func play(_ step: ScriptStep) throws(AuditViolation) {
    guard let input = self.player.input(for: step, on: self.engine) else { return }
    let outcome = try self.perform(input)
    self.player.note(outcome, of: step, self.effects)
    try self.checkHandle(in: outcome)
  }

  /// Carries an input out on every engine and checks everything there is to check.
  @discardableResult
  private func perform(_ input: ScriptPlayer.Input) throws(AuditViolation) -> Outcome {
    self.played += 1
    self.effects.removeAll()
    self.number(input.command)
    let outcome = input.apply(to: &self.engine, into: &self.effects)
    self.engine.checkInvariants()
    self.model.hintedExpiry = self.effects.compactMap {
      if case .flush(let flush) = $0, flush.reason == .activityExpired { return flush.device }
      return nil
    }
    let expected = self.model.step(input, outcome: outcome)
    if case .exactly(let wanted) = expected, wanted != outcome {
      throw AuditViolation("outcome", "\(outcome) instead of \(wanted)")
    }
    try self.observe(input)
    try self.checkState(after: input)
    if input.command == nil { try self.checkExpire(at: input.now) }
    try self.runTwins(input, outcome)
    self.model.closed.removeAll()
    return outcome
  }

  private func number(_ command: Command?) {
    switch command {
    case .receive(_, let stanza, _), .send(_, let stanza, _):
      self.stanzas.append(stanza)
      self.serials[stanza.identity] = self.stanzas.count
    case .open, .restore, .close, .signIn, .signOut, .connectionLost, .resume, .presence,
      .requestMDM,
      .setMode, .requested, .read, .archived, .archiveFailed, .expire, .setEnabled, .restart,
      .configure, nil:
      break
    }
  }

  /// The stanza's place in the order of acceptance.
  func serial(_ stanza: Stanza) -> Int { self.serials[stanza.identity] ?? 0 }

  /// Whatever is still held after everybody has come back has been lost.
  private func drain() throws(AuditViolation) {
    for device in self.model.everyDevice.values.sorted(by: { $0.order < $1.order })
    where !device.isGone {
      for command in [Command.resume(device.handle), .setMode(device.handle, .normal)] {
        try self.perform(ScriptPlayer.Input(command: command, now: self.player.now))
      }
    }
    let left = self.engine.counters(at: self.player.now).gauges
    if left.heldStanzas != 0 || left.heldBytes != 0 {
      throw AuditViolation("nothing lost", "\(left.heldStanzas) stanzas stay held for nobody")
    }
    try self.checkTotals()
  }

  private func checkHandle(in outcome: Outcome) throws(AuditViolation) {
    guard case .signedIn(let signedIn) = outcome else { return }
    if !self.handles.insert(signedIn.device).inserted {
      throw AuditViolation("handles", "\(signedIn.device) was given out before")
    }
  }

  /// After the timer has fired nothing is due, and firing again does nothing.
  private func checkExpire(at now: MonotonicInstant) throws(AuditViolation) {
    let now = max(now, self.model.now)
    if let deadline = self.engine.nextDeadline, deadline <= now {
      throw AuditViolation("expire", "a deadline at \(deadline) is left at \(now)")
    }
    var again = Effects()
    self.engine.expire(at: now, into: &again)
    if !again.isEmpty {
      throw AuditViolation(
        "expire", "the second call gives \(again.first.map { "\($0)" } ?? "")")
    }
  }

  private func runTwins(
    _ input: ScriptPlayer.Input, _ outcome: Outcome
  ) throws(AuditViolation) {
    for twin in self.twins {
      twin.effects.removeAll()
      let other = input.apply(to: &twin.engine, into: &twin.effects)
      if other != outcome {
        throw AuditViolation("twin", "\(twin.name): \(other) instead of \(outcome)")
      }
      if !(twin.effects == self.effects) {
        let place = zip(twin.effects, self.effects).prefix { $0 == $1 }.count
        throw AuditViolation(
          "twin", "\(twin.name): effects differ from number \(place) on")
      }
      if twin.effects.isExplaining { try self.checkExplanations(twin.effects, input, outcome) }
    }
  }
}
