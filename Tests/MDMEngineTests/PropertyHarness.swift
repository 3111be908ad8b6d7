import MDM
import MDMTestKit

/// A property that does not hold, and what was seen instead.
struct PropertyViolation: Error, CustomStringConvertible {
  /// Which property; the minimiser keeps to it.
  let property: String
  let detail: String
  /// Index of the step after which it was seen.
  var step = -1

  init(_ property: String, _ detail: @autoclosure () -> String) {
    self.property = property
    self.detail = detail()
  }

  var description: String { "\(self.property) (step \(self.step)): \(self.detail)" }
}

/// An engine that is played the same commands and must give the same effects.
final class PropertyTwin {
  let name: String
  var engine: MessagingEngine
  var effects: Effects

  init(_ name: String, _ engine: consuming MessagingEngine, explaining: Bool = false) {
    self.name = name
    self.engine = engine
    self.effects = Effects(explaining: explaining)
  }
}

/// Plays one script against the engine and the reference model and checks every property after
/// every command.
final class PropertyHarness {
  let script: Script
  var player = ScriptPlayer()
  var engine: MessagingEngine
  var effects = Effects()
  let model: ReferenceModel
  /// Engines that are to do just what the first one does.
  var twins: [PropertyTwin] = []
  /// Every handle ever given, none of which may come back.
  var handles: Set<DeviceHandle> = []
  var observation = PropertyObservation()
  /// Commands played so far.
  var played = 0

  init(_ script: Script, explaining: Bool = false) {
    self.script = script
    self.engine = MessagingEngine(configuration: script.configuration)
    self.model = ReferenceModel(configuration: script.configuration, startingAt: .origin)
    if explaining {
      self.twins.append(
        PropertyTwin(
          "explaining", MessagingEngine(configuration: script.configuration), explaining: true))
    }
  }

  /// The first violation of a script, nil when every property holds.
  static func violation(of script: Script, explaining: Bool = false) -> PropertyViolation? {
    let harness = PropertyHarness(script, explaining: explaining)
    do throws(PropertyViolation) {
      try harness.run()
      return nil
    } catch {
      return error
    }
  }

  func run() throws(PropertyViolation) {
    for (index, step) in self.script.steps.enumerated() {
      do throws(PropertyViolation) {
        try self.play(step)
        try self.checkpoint(after: index)
      } catch {
        var located = error
        located.step = index
        throw located
      }
    }
    do throws(PropertyViolation) {
      try self.drain()
    } catch {
      throw PropertyViolation("\(error.property), when all are back", error.detail)
    }
  }

  // MARK: - Checkpoints

  /// HOOK: called after every step with everything checked. To prove that a snapshot loses nothing,
  /// make an engine from a snapshot of `engine` here and let it ``follow(_:_:)``: from then on it
  /// gets the same commands and its effects and outcomes are compared with those of `engine`.
  func checkpoint(after index: Int) throws(PropertyViolation) {}

  /// Lets a second engine in the same state go through the rest of the script.
  func follow(_ name: String, _ engine: consuming MessagingEngine) {
    self.twins.append(PropertyTwin(name, engine))
  }

  // MARK: - One step

  func play(_ step: ScriptStep) throws(PropertyViolation) {
    guard let input = self.player.input(for: step, on: self.engine) else { return }
    let outcome = try self.perform(input)
    self.player.note(outcome, of: step, self.effects)
    try self.checkHandle(in: outcome)
  }

  /// Carries an input out on every engine and checks everything there is to check.
  @discardableResult
  private func perform(_ input: ScriptPlayer.Input) throws(PropertyViolation) -> Outcome {
    self.played += 1
    self.effects.removeAll()
    let outcome = input.apply(to: &self.engine, into: &self.effects)
    self.model.hintedExpiry = self.effects.compactMap {
      if case .flush(let flush) = $0, flush.reason == .activityExpired { return flush.device }
      return nil
    }
    let expected = self.model.step(input, outcome: outcome)
    if case .exactly(let wanted) = expected, wanted != outcome {
      throw PropertyViolation("outcome", "\(outcome) instead of \(wanted)")
    }
    try self.observe(input)
    try self.checkState(after: input)
    if input.command == nil { try self.checkExpire(at: input.now) }
    try self.runTwins(input, outcome)
    self.model.closed.removeAll()
    return outcome
  }

  /// Whatever is still held after everybody has come back has been lost.
  private func drain() throws(PropertyViolation) {
    for device in self.model.everyDevice.values.sorted(by: { $0.order < $1.order })
    where !device.isGone {
      for command in [Command.resume(device.handle), .setMode(device.handle, .normal)] {
        try self.perform(ScriptPlayer.Input(command: command, now: self.player.now))
      }
    }
    let left = self.engine.counters(at: self.player.now).gauges
    if left.heldStanzas != 0 || left.heldBytes != 0 {
      throw PropertyViolation("nothing lost", "\(left.heldStanzas) stanzas stay held for nobody")
    }
    try self.checkTotals()
  }

  private func checkHandle(in outcome: Outcome) throws(PropertyViolation) {
    guard case .signedIn(let signedIn) = outcome else { return }
    if !self.handles.insert(signedIn.device).inserted {
      throw PropertyViolation("handles", "\(signedIn.device) was given out before")
    }
  }

  /// After the timer has fired nothing is due, and firing again does nothing.
  private func checkExpire(at now: MonotonicInstant) throws(PropertyViolation) {
    let now = max(now, self.model.now)
    if let deadline = self.engine.nextDeadline, deadline <= now {
      throw PropertyViolation("expire", "a deadline at \(deadline) is left at \(now)")
    }
    var again = Effects()
    self.engine.expire(at: now, into: &again)
    if !again.isEmpty {
      throw PropertyViolation(
        "expire", "the second call gives \(again.first.map { "\($0)" } ?? "")")
    }
  }

  private func runTwins(
    _ input: ScriptPlayer.Input, _ outcome: Outcome
  ) throws(PropertyViolation) {
    for twin in self.twins {
      twin.effects.removeAll()
      let other = input.apply(to: &twin.engine, into: &twin.effects)
      if other != outcome {
        throw PropertyViolation("twin", "\(twin.name): \(other) instead of \(outcome)")
      }
      if !(twin.effects == self.effects) {
        throw PropertyViolation("twin", "\(twin.name): effects differ")
      }
      if twin.effects.isExplaining { try self.checkExplanations(twin.effects, input, outcome) }
    }
  }
}
