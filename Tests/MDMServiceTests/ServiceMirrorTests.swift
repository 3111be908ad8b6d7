import MDM
import MDMTestKit
import Testing

/// A service of one shard is its engine: the same outcomes, the same effects in the same order, the
/// same state, whatever happens.
@Suite("A service mirrors its engine")
struct ServiceMirrorTests {
  @Test(
    "random scripts have the effects through the verbs that they have on an engine",
    arguments: 0..<60)
  func scripts(seed: Int) throws {
    let script = ScriptGenerator(seed: UInt64(seed)).script(steps: 200)
    let host = RecordingHost()
    let service = MessagingService(
      configuration: try ServiceConfiguration { $0.shards = 1 }, engine: script.configuration,
      clock: ManualClock().serviceClock, host: host)
    var engine = MessagingEngine(configuration: script.configuration)
    var player = ScriptPlayer()
    var effects = Effects()
    for (number, step) in script.steps.enumerated() {
      // The engine's own timer for one account is no verb.
      if case .expireAccount = step.action { continue }
      guard let input = player.input(for: step, on: engine) else { continue }
      // A timer that fires early moves an engine's clock; the service does not ask its engines.
      if input.command == nil, engine.nextDeadline.map({ $0 > input.now }) ?? true { continue }
      let expected = input.apply(to: &engine, into: &effects)
      player.note(expected, of: step, effects)
      let outcome = Self.apply(input, to: service)
      guard outcome == nil || outcome == expected,
        host.take().map(Self.withoutNames) == effects.map(Self.entry),
        Self.hasSameState(service, engine)
      else {
        Issue.record("Seed \(seed), step \(number): \(step.action), \(expected)")
        return
      }
      effects.removeAll()
    }
    let counters = engine.counters(at: player.now)
    #expect(service.counters(at: player.now) == counters)
    #expect(counters.totals.delivered > 0)
  }

  private static func hasSameState(
    _ service: MessagingService, _ engine: borrowing MessagingEngine
  ) -> Bool {
    guard service.nextDeadline == engine.nextDeadline else { return false }
    return (0..<3).allSatisfy { number in
      let name = AccountName("a\(number)")
      guard let account = engine.account(named: name) else {
        return service.account(named: name) == nil
      }
      return service.snapshot(of: account) == engine.snapshot(of: account)
    }
  }

  /// The verb for an input; nil where the service has nothing to say.
  private static func apply(_ input: ScriptPlayer.Input, to service: MessagingService) -> Outcome? {
    let now = input.now
    guard let command = input.command else {
      service.expire(at: now)
      return nil
    }
    switch command {
    case .open(let name, let archived):
      return Self.outcome { .opened(try service.open(name, archived: archived, at: now)) }
    case .restore(let bytes):
      return Self.outcome { .opened(try service.restoreAccount(from: bytes, at: now)) }
    case .close(let account): return service.close(account, at: now)
    case .signIn(let account, let request):
      return Self.outcome { .signedIn(try service.signIn(request, to: account, at: now)) }
    case .signOut(let device): return service.signOut(device, at: now)
    case .connectionLost(let device): return service.connectionLost(device, at: now)
    case .resume(let device): return service.resume(device, at: now)
    case .presence(let device, let presence):
      return service.setPresence(presence, of: device, at: now)
    case .requestMDM(let device, let wanted):
      return service.requestMDM(wanted, by: device, at: now)
    case .setMode(let device, let mode): return service.setMode(mode, of: device, at: now)
    case .requested(let device): return service.noteRequest(from: device, at: now)
    case .receive(let account, let stanza, let address):
      return service.receive(stanza, for: account, to: address, at: now)
    case .send(let device, let stanza, let address):
      return service.send(stanza, from: device, toSelf: address, at: now)
    case .read(let device, let conversation, let position):
      return service.read(conversation, upTo: position, on: device, at: now)
    case .archived(let account, let position):
      return service.noteArchived(position, of: account, at: now)
    case .archiveFailed(let account, let position):
      return service.noteArchiveFailed(position, of: account, at: now)
    case .expire: return nil
    case .setEnabled(let isEnabled): service.setEnabled(isEnabled, at: now)
    case .restart: service.restart(at: now)
    case .configure(let configuration): service.configure(configuration, at: now)
    }
    return nil
  }

  /// What a throwing verb comes to as an outcome. A handle that is gone is an error to it.
  private static func outcome(_ verb: () throws -> Outcome) -> Outcome? {
    do {
      return try verb()
    } catch ServiceError.refused(.staleHandle) {
      return .ignored(.staleHandle)
    } catch ServiceError.refused(let error) {
      return .refused(error)
    } catch {
      Issue.record(error)
      return nil
    }
  }

  /// An entry as it would be without what the service adds.
  private static func withoutNames(_ entry: RecordingHost.Entry) -> RecordingHost.Entry {
    switch entry {
    case .archive(let request, _): .archive(request, "")
    case .deliver(let event, let device, _): .deliver(event, device, "")
    case .route(let routing, _, _): .route(routing, "", .noAddress)
    case .undelivered(let item, _): .undelivered(item, "")
    case .unroutable(let item, _): .unroutable(item, "")
    case .unread(let events, let device, _): .unread(events, device, "")
    case .push(let push, _): .push(push, "")
    }
  }

  /// What the host is asked to do by an effect.
  private static func entry(_ effect: Effect) -> RecordingHost.Entry {
    switch effect {
    case .archive(let request): .archive(request, "")
    case .deliver(let delivery): .deliver(.delivery(delivery), delivery.device, "")
    case .deliverMarker(let marker): .deliver(.marker(marker), marker.device, "")
    case .flush(let flush): .deliver(.flush(flush), flush.device, "")
    case .route(let routing): .route(routing, "", .noAddress)
    case .push(let push): .push(push, "")
    case .retractNotification(let retraction):
      .deliver(.retraction(retraction), retraction.device, "")
    case .undelivered(let item): .undelivered(item, "")
    case .unroutable(let item): .unroutable(item, "")
    case .ended(let ended): .deliver(.ended(.session(ended.reason)), ended.device, "")
    case .mdmChanged(let change): .deliver(.mdmChanged(change), change.device, "")
    }
  }
}
