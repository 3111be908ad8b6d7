import MDM
import MDMTestKit

/// A fingerprint of everything that an engine puts out, field by field, that does not depend on
/// hash seeds, addresses or the wording of descriptions (FNV-1a, 64 bits).
struct PropertyDigest {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The fingerprint of all effects and outcomes of the scripts of some seeds.
  static func ofScripts(_ seeds: Range<UInt64>, steps: Int) -> UInt64 {
    var digest = PropertyDigest()
    for seed in seeds {
      let script = ScriptGenerator(seed: seed).script(steps: steps)
      var engine = MessagingEngine(configuration: script.configuration)
      var player = ScriptPlayer()
      var effects = Effects()
      for step in script.steps {
        effects.removeAll()
        guard let outcome = player.play(step, on: &engine, into: &effects) else { continue }
        digest.add("\(outcome)")
        for effect in effects { digest.add(effect) }
      }
      let counters = engine.counters(at: player.now)
      for name in CounterName.allCases { digest.add(counters.text(of: name)) }
    }
    return digest.value
  }

  mutating func add(_ number: UInt64) {
    var rest = number
    for _ in 0..<8 {
      self.value = (self.value ^ (rest & 0xFF)) &* 0x0000_0100_0000_01B3
      rest &>>= 8
    }
  }

  mutating func add(_ text: String) {
    for byte in text.utf8 {
      self.value = (self.value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    self.add(UInt64(text.utf8.count))
  }

  mutating func add(_ handle: DeviceHandle) {
    self.add(UInt64(handle.slot))
    self.add(UInt64(handle.index) &<< 32 | UInt64(handle.generation))
  }

  mutating func add(_ handle: AccountHandle) {
    self.add(UInt64(handle.slot) &<< 32 | UInt64(handle.generation))
  }

  mutating func add(_ stanza: Stanza) {
    self.add(UInt64(stanza.kind.rawValue) &<< 16 | UInt64(stanza.flags.rawValue))
    self.add(stanza.id)
    self.add(stanza.conversation?.text ?? "-")
    self.add(stanza.coalescingKey?.text ?? "-")
    self.add(UInt64(stanza.byteCount))
  }

  mutating func add(_ effect: Effect) {
    switch effect {
    case .archive(let request):
      self.add(1)
      self.add(request.account)
      self.add(request.position.ordinal)
      self.add(UInt64(request.direction.rawValue))
      self.add(request.stanza)
    case .deliver(let delivery):
      self.add(delivery)
    case .deliverMarker(let marker):
      self.add(3)
      self.add(marker.device)
      self.add(marker.conversation.text)
      self.add(marker.upTo.ordinal)
      self.add(UInt64(marker.unread))
      self.add(marker.revision)
    case .flush(let flush):
      self.add(4)
      self.add(flush.device)
      self.add(UInt64(flush.reason.rawValue) &<< 32 | UInt64(flush.count))
    case .route(let routing):
      self.add(5)
      self.add(routing.device)
      self.add(routing.position?.ordinal ?? 0)
      self.add(routing.stanza)
    case .push(let push):
      self.add(6)
      self.add(push.device)
      self.add(push.position?.ordinal ?? 0)
      self.add(push.stanza)
    case .retractNotification(let retraction):
      self.add(7)
      self.add(retraction.device)
      self.add(retraction.conversation.text)
      self.add(retraction.upTo.ordinal)
    case .undelivered(let undelivered):
      self.add(undelivered)
    case .unroutable(let unroutable):
      self.add(9)
      self.add(unroutable.account)
      self.add(unroutable.position?.ordinal ?? 0)
      self.add(UInt64(unroutable.disposition.rawValue))
      self.add(unroutable.stanza)
    case .ended(let ended):
      self.add(10)
      self.add(ended.device)
      self.add(UInt64(ended.reason.rawValue))
    case .mdmChanged(let change):
      self.add(11)
      self.add(change.device)
      self.add(change.isEffective ? 1 : 0)
    }
  }

  private mutating func add(_ delivery: Delivery) {
    self.add(2)
    self.add(delivery.device)
    self.add(UInt64(delivery.form.rawValue) &<< 8 | UInt64(delivery.notification.rawValue))
    self.add(delivery.position?.ordinal ?? 0)
    self.add(UInt64(bitPattern: delivery.heldSince?.nanoseconds ?? .min))
    self.add(delivery.alreadyRead ? 1 : 0)
    self.add(delivery.stanza)
  }

  private mutating func add(_ undelivered: Undelivered) {
    self.add(8)
    self.add(undelivered.device)
    self.add(UInt64(undelivered.form.rawValue) &<< 8 | UInt64(undelivered.disposition.rawValue))
    self.add(undelivered.position?.ordinal ?? 0)
    self.add(UInt64(bitPattern: undelivered.heldSince.nanoseconds))
    self.add(undelivered.copyDeliveredElsewhere ? 1 : 0)
    self.add(undelivered.stanza)
  }
}
