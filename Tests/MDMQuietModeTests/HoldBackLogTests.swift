import MDMQuietMode
import MDMStanza
import MDMTestKit
import Testing

/// The log with the lists and queues that the engine keeps beside it, and the model next to it.
private struct Bench: ~Copyable {
  var log = HoldBackLog()
  var lists: [HeldList]
  var queues: [[HeldQueue]]
  var model: [ModelAccount]
  var random: SeededGenerator
  let devices: Int
  var now: Int64 = 0
  var serial = 0
  var stanzas: [WeakStanza] = []

  init(seed: UInt64, accounts: Int, devices: Int) {
    self.random = SeededGenerator(seed: seed)
    self.devices = devices
    self.lists = Array(repeating: HeldList(), count: accounts)
    self.queues = Array(
      repeating: Array(repeating: HeldQueue(), count: 32), count: accounts)
    self.model = Array(repeating: ModelAccount(), count: accounts)
  }

  /// Some devices, at least one; often all, as a message to an account has it.
  mutating func someDevices() -> Set<Int> {
    if self.random.chance(1, in: 2) { return Set(0..<self.devices) }
    var set: Set<Int> = [self.random.below(self.devices)]
    for device in 0..<self.devices where self.random.chance(1, in: 3) { set.insert(device) }
    return set
  }

  mutating func hold(_ account: Int) {
    let pending = self.someDevices()
    self.serial += 1
    let isKeyed = self.random.chance(1, in: 2)
    let stanza = self.makeStanza(isKeyed: isKeyed)
    self.stanzas.append(WeakStanza(storage: stanza.storage))
    let set = DeviceSet(bits: pending.reduce(0) { $0 | 1 << UInt32($1) })
    let copies = pending.filter { _ in self.random.chance(1, in: 2) }
    if isKeyed, self.replace(by: stanza, set, copies: copies, account) { return }
    if isKeyed { self.supersede(stanza, set, account) }
    let isArchived = !isKeyed && self.random.chance(1, in: 2)
    if isArchived { self.model[account].position += UInt64(1 + self.random.below(3)) }
    let entry = ModelEntry(
      id: stanza.id, bytes: stanza.byteCount,
      position: isArchived ? self.model[account].position : 0,
      isSentCopy: self.random.chance(1, in: 3), copies: copies, arrival: self.now, marker: nil,
      key: isKeyed ? Self.key(of: stanza) : nil, pending: pending,
      isSeen: self.random.chance(1, in: 3))
    let index = self.log.append(
      stanza, arrival: MonotonicInstant(nanoseconds: self.now), position: entry.position,
      pending: set, copies: DeviceSet(bits: copies.reduce(0) { $0 | 1 << UInt32($1) }),
      isSentCopy: entry.isSentCopy, isSeen: entry.isSeen,
      key: isKeyed ? UInt32(account) : nil, to: &self.lists[account])
    for device in pending {
      self.queues[account][device].noteAppended(index, bytes: stanza.byteCount)
    }
    self.model[account].append(entry)
  }

  private mutating func makeStanza(isKeyed: Bool) -> Stanza {
    let payload = [UInt8](repeating: 7, count: self.random.below(50))
    let id = "s\(self.serial)"
    guard isKeyed else { return Stanza(.chat, conversation: "c", id: id, payload: payload) }
    switch self.random.below(3) {
    case 0:
      return Stanza(
        .presence, coalescingKey: CoalescingKey("k\(self.random.below(3))"), id: id,
        payload: payload)
    case 1:
      return Stanza(
        .headline, coalescingKey: CoalescingKey("k\(self.random.below(3))"), id: id,
        payload: payload)
    default:
      return Stanza(
        .chatState, conversation: ConversationID("k\(self.random.below(3))"), id: id,
        payload: payload)
    }
  }

  private static func key(of stanza: Stanza) -> String {
    "\(stanza.kind) \(stanza.coalescingKey?.text ?? "") \(stanza.conversation?.text ?? "")"
  }

  private mutating func supersede(_ stanza: Stanza, _ devices: DeviceSet, _ account: Int) {
    while let old = self.log.superseded(by: stanza, for: devices, account: UInt32(account)) {
      self.drop(old, devices, account)
    }
  }

  /// Puts a stanza in the place of one that just the same devices wait for, if there is one.
  private mutating func replace(
    by stanza: Stanza, _ devices: DeviceSet, copies: Set<Int>, _ account: Int
  ) -> Bool {
    guard
      let old = self.log.superseded(by: stanza, for: devices, account: UInt32(account)),
      self.log.pending(old) == devices
    else { return false }
    let entry = ModelEntry(
      id: stanza.id, bytes: stanza.byteCount, position: 0,
      isSentCopy: self.random.chance(1, in: 3), copies: copies, arrival: self.now, marker: nil,
      key: Self.key(of: stanza), pending: Set(devices.indices),
      isSeen: self.random.chance(1, in: 3))
    let replacement = self.log.replace(
      old, by: stanza, arrival: MonotonicInstant(nanoseconds: self.now),
      copies: DeviceSet(bits: copies.reduce(0) { $0 | 1 << UInt32($1) }),
      isSentCopy: entry.isSentCopy, isSeen: entry.isSeen, account: UInt32(account),
      list: &self.lists[account])
    for device in devices.indices {
      self.log.noteReplaced(replacement, for: device, in: &self.queues[account][device])
    }
    self.log.endReplacing(list: &self.lists[account])
    self.model[account].append(entry)
    return true
  }

  /// Flushes a device, and all whose queues are like its own; false when the model disagrees.
  mutating func flush(_ account: Int, _ device: Int) -> Bool {
    let queue = self.queues[account][device]
    guard queue.count > 0 else { return self.model[account].queues[device].isEmpty }
    let alike = (0..<self.devices).filter {
      self.queues[account][$0].first == queue.first
        && self.queues[account][$0].count == queue.count
    }
    let devices = DeviceSet(bits: alike.reduce(0) { $0 | 1 << UInt32($1) })
    var expected: [[ModelEntry]] = Array(repeating: [], count: 32)
    for device in alike {
      while let entry = self.model[account].pop(device, isDelivered: true) {
        expected[device].append(entry)
      }
    }
    let total = Int(queue.count) * alike.count
    var left = total
    var flushing = self.log.beginFlush(of: queue, for: devices)
    while left > 0,
      let item = self.log.next(
        &flushing, account: UInt32(account), list: &self.lists[account])
    {
      let stanza = item.stanza.map { Stanza(storage: $0.takeRetainedValue()) }
      for device in item.devices.indices {
        guard !expected[device].isEmpty else { return false }
        let entry = expected[device].removeFirst()
        guard item.arrival.nanoseconds == entry.arrival, stanza?.id ?? "" == entry.id,
          item.position == entry.position, item.isSentCopy == entry.isSentCopy,
          entry.marker.map({ $0 == item.conversationSlot }) ?? true,
          item.copies.contains(device) == entry.copies.contains(device)
            || entry.marker != nil
        else { return false }
        left -= 1
      }
    }
    self.log.endFlush(total, list: &self.lists[account])
    for device in alike { self.queues[account][device] = HeldQueue() }
    return left == 0 && expected.allSatisfy(\.isEmpty)
  }

  private mutating func drop(_ old: UInt32, _ devices: DeviceSet, _ account: Int) {
    var rest = self.log.pending(old) & devices
    while let device = rest.popFirst() {
      self.log.drop(
        old, for: device, queue: &self.queues[account][device], account: UInt32(account),
        list: &self.lists[account])
    }
  }

  mutating func holdMarker(_ account: Int) {
    let slot = UInt32(self.random.below(3))
    let pending = self.someDevices()
    let set = DeviceSet(bits: pending.reduce(0) { $0 | 1 << UInt32($1) })
    while let old = self.log.supersededMarker(
      conversationSlot: slot, for: set, account: UInt32(account))
    {
      self.drop(old, set, account)
    }
    let entry = ModelEntry(
      id: "", bytes: 0, position: 0, isSentCopy: false, copies: [], arrival: self.now,
      marker: slot, key: "marker \(slot)", pending: pending, isSeen: true)
    let index = self.log.appendMarker(
      conversationSlot: slot, arrival: MonotonicInstant(nanoseconds: self.now), pending: set,
      account: UInt32(account), to: &self.lists[account])
    for device in pending { self.queues[account][device].noteAppended(index, bytes: 0) }
    self.model[account].append(entry)
  }

  /// Pops once from both; false when they disagree.
  mutating func pop(_ account: Int, _ device: Int) -> Bool {
    let isDelivered = self.random.chance(1, in: 2)
    let elsewhere = self.model[account].queues[device].first.map {
      ModelAccount.isElsewhere($0, for: device)
    }
    let expected = self.model[account].pop(device, isDelivered: isDelivered)
    let item = self.log.pop(
      for: device, queue: &self.queues[account][device], isDelivered: isDelivered,
      account: UInt32(account), list: &self.lists[account])
    // The item's reference is ours to give back.
    let stanza = item?.stanza.map { Stanza(storage: $0.takeRetainedValue()) }
    guard let expected, let item else { return expected == nil && item == nil }
    guard item.arrival.nanoseconds == expected.arrival, item.isElsewhere == elsewhere else {
      return false
    }
    if let slot = expected.marker { return stanza == nil && item.conversationSlot == slot }
    return stanza?.id == expected.id && item.position == expected.position
      && item.isSentCopy == expected.isSentCopy
      && item.isCopy == expected.copies.contains(device)
  }

  /// What is wrong, nil for nothing.
  func disagreement() -> String? {
    var stanzas = 0
    var bytes = 0
    for account in self.model.indices {
      let live = self.model[account].live
      bytes += live.reduce(0) { $0 + $1.bytes }
      let linked = self.log.linkedCount(of: self.lists[account])
      if linked.live != live.count { return "\(linked.live) live entries for \(live.count)" }
      if linked.dead > linked.live + 33 { return "\(linked.dead) dead, \(linked.live) live" }
      if self.lists[account].isEmpty != live.isEmpty { return "emptiness of a list" }
      for device in 0..<self.devices {
        let queue = self.queues[account][device]
        let expected = self.model[account].queues[device]
        stanzas += expected.count
        if Int(queue.count) != expected.count { return "count of device \(device)" }
        if Int(queue.bytes) != expected.reduce(0, { $0 + $1.bytes }) {
          return "bytes of device \(device)"
        }
        if self.log.oldest(queue)?.nanoseconds != expected.first?.arrival {
          return "oldest of device \(device)"
        }
      }
    }
    if self.log.stanzas != stanzas { return "\(self.log.stanzas) stanzas for \(stanzas)" }
    return self.log.bytes == bytes ? nil : "\(self.log.bytes) bytes for \(bytes)"
  }

  /// Whether going through a list meets the model's live entries in order.
  func listsAgree() -> Bool {
    for account in self.model.indices {
      var seen: [String] = []
      var pending: [Set<Int>] = []
      self.log.forEach(in: self.lists[account]) { entry in
        seen.append(entry.stanza?.id ?? "")
        pending.append(Set(entry.pending.indices))
      }
      let live = self.model[account].live
      if seen != live.map({ $0.id }) || pending != live.map({ $0.pending }) { return false }
    }
    return true
  }

  /// Stanzas that somebody keeps alive.
  var aliveStanzas: Int { self.stanzas.count { $0.storage != nil } }

  /// Stanzas of the model that somebody waits for.
  var liveStanzas: Int {
    self.model.reduce(0) { $0 + $1.live.count { $0.marker == nil } }
  }
}

@Suite("HoldBackLog")
struct HoldBackLogTests {
  @Test("B8, B27: the log agrees with an array for each device", arguments: 1...16)
  func agreesWithArrays(seed: Int) {
    let devices = [1, 2, 3, 8, 31, 32][seed % 6]
    var bench = Bench(seed: UInt64(seed), accounts: 1 + seed % 3, devices: devices)
    for step in 0..<700 {
      bench.now += Int64(bench.random.below(3))
      let account = bench.random.below(bench.model.count)
      switch bench.random.below(10) {
      case 0...4: bench.hold(account)
      case 5: bench.holdMarker(account)
      case 6:
        // A flush: everything that waits for a device, at once or one by one.
        let device = bench.random.below(devices)
        if bench.random.chance(1, in: 2), !bench.flush(account, device) {
          Issue.record("seed \(seed), step \(step): flushing device \(device)")
          return
        }
        while !bench.model[account].queues[device].isEmpty {
          guard bench.pop(account, device) else {
            Issue.record("seed \(seed), step \(step): popping for device \(device)")
            return
          }
        }
      default:
        guard bench.pop(account, bench.random.below(devices)) else {
          Issue.record("seed \(seed), step \(step): popping one")
          return
        }
      }
      if let disagreement = bench.disagreement() {
        Issue.record("seed \(seed), step \(step): \(disagreement)")
        return
      }
      if step % 50 == 0, !bench.listsAgree() {
        Issue.record("seed \(seed), step \(step): order of the list")
        return
      }
    }
    let (alive, live) = (bench.aliveStanzas, bench.liveStanzas)
    #expect(alive == live, "stanzas kept alive")
  }

  @Test("an entry held for eight devices keeps one reference and gives it back with the last")
  func sharedReference() {
    var log = HoldBackLog()
    var list = HeldList()
    var queues = Array(repeating: HeldQueue(), count: 8)
    var witness = WeakStanza()
    do {
      let stanza = Stanza(.chat, payload: [UInt8](repeating: 1, count: 1_000))
      witness.storage = stanza.storage
      let index = log.append(
        stanza, arrival: .origin, position: 1, pending: DeviceSet(bits: 0xFF),
        copies: DeviceSet(), isSentCopy: false, isSeen: false, key: nil, to: &list)
      for device in 0..<8 { queues[device].noteAppended(index, bytes: 1_000) }
    }
    #expect(log.bytes == 1_000)
    #expect(log.stanzas == 8)
    for device in 0..<8 {
      #expect(witness.storage != nil)
      let item = log.pop(
        for: device, queue: &queues[device], isDelivered: true, account: 0, list: &list)
      #expect(item?.isElsewhere == true)
      item?.stanza?.release()
    }
    #expect(witness.storage == nil)
    #expect(log.bytes == 0)
    #expect(log.stanzas == 0)
  }

  @Test("the end of the log gives every stanza back")
  func endOfTheLog() {
    var witnesses: [WeakStanza] = []
    do {
      var log = HoldBackLog()
      var list = HeldList()
      for _ in 0..<1_000 {
        let stanza = Stanza(.chat)
        witnesses.append(WeakStanza(storage: stanza.storage))
        _ = log.append(
          stanza, arrival: .origin, position: 0, pending: [0], copies: [], isSentCopy: false,
          isSeen: false, key: nil, to: &list)
      }
      #expect(witnesses.allSatisfy { $0.storage != nil })
    }
    #expect(witnesses.allSatisfy { $0.storage == nil })
  }

  @Test("B8: an old entry that one device still needs is kept for it, whatever others coalesce")
  func partialSuperseding() {
    var bench = Bench(seed: 1, accounts: 1, devices: 2)
    func presence(_ id: String) -> Stanza { Stanza(.presence, coalescingKey: "k", id: id) }
    func append(_ id: String, _ devices: DeviceSet, _ bench: inout Bench) {
      let stanza = presence(id)
      while let old = bench.log.superseded(by: stanza, for: devices, account: 0) {
        var rest = bench.log.pending(old) & devices
        while let device = rest.popFirst() {
          bench.log.drop(
            old, for: device, queue: &bench.queues[0][device], account: 0, list: &bench.lists[0])
        }
      }
      let index = bench.log.append(
        stanza, arrival: .origin, position: 0, pending: devices, copies: [], isSentCopy: false,
        isSeen: false, key: 0, to: &bench.lists[0])
      for device in devices.indices { bench.queues[0][device].noteAppended(index, bytes: 0) }
    }
    append("a", [0, 1], &bench)
    append("b", [0], &bench)
    append("c", [1], &bench)
    append("d", [0], &bench)
    append("e", [0, 1], &bench)
    #expect(bench.queues[0][0].count == 1)
    #expect(bench.queues[0][1].count == 1)
    #expect(bench.log.stanzas == 2)
  }

  @Test("one slow device cannot make the log grow with what all others have had and superseded")
  func boundedByLiveEntries() {
    var log = HoldBackLog()
    var list = HeldList()
    var queues = Array(repeating: HeldQueue(), count: 2)
    // Device 1 waits for the first entry for ever; device 0 has everything at once.
    for number in 0..<10_000 {
      let pending: DeviceSet = number == 0 ? [0, 1] : [0]
      let index = log.append(
        Stanza(.chat), arrival: .origin, position: UInt64(number + 1), pending: pending,
        copies: [], isSentCopy: false, isSeen: false, key: nil, to: &list)
      for device in pending.indices { queues[device].noteAppended(index, bytes: 0) }
      log.pop(for: 0, queue: &queues[0], isDelivered: true, account: 0, list: &list)?
        .stanza?.release()
      let linked = log.linkedCount(of: list)
      guard linked.dead <= linked.live + 33 else {
        Issue.record("\(linked.dead) dead entries after \(number + 1), \(linked.live) live")
        return
      }
    }
    #expect(log.linkedCount(of: list).live == 1)
    let bytes = log.allocatedBytes
    #expect(bytes < 64 * 1_024)
  }

  @Test("an emptied queue of an emptied list starts afresh, positions included")
  func startsAfresh() {
    var log = HoldBackLog()
    var list = HeldList()
    var queue = HeldQueue()
    for position: UInt64 in [1 << 40, 5] {
      let index = log.append(
        Stanza(.chat), arrival: .origin, position: position, pending: [0], copies: [],
        isSentCopy: false, isSeen: false, key: nil, to: &list)
      queue.noteAppended(index, bytes: 0)
      let item = log.pop(for: 0, queue: &queue, isDelivered: true, account: 0, list: &list)
      defer { item?.stanza?.release() }
      #expect(item?.position == position)
      #expect(queue.isEmpty)
      #expect(list.isEmpty)
    }
    let none = log.pop(for: 0, queue: &queue, isDelivered: true, account: 0, list: &list)
    #expect(none?.position == nil)
  }

  @Test("accounts with equal keys do not supersede each other")
  func accountsApart() {
    var log = HoldBackLog()
    var lists = [HeldList(), HeldList()]
    let stanza = Stanza(.presence, coalescingKey: "k")
    _ = log.append(
      stanza, arrival: .origin, position: 0, pending: [0], copies: [], isSentCopy: false,
      isSeen: false, key: 0, to: &lists[0])
    let other = log.superseded(by: stanza, for: [0], account: 1)
    #expect(other == nil)
    let own = log.superseded(by: stanza, for: [0], account: 0)
    #expect(own != nil)
    let elsewhere = log.superseded(by: stanza, for: [1], account: 0)
    #expect(elsewhere == nil)
    let headline = Stanza(.headline, coalescingKey: "k")
    let otherKind = log.superseded(by: headline, for: [0], account: 0)
    #expect(otherKind == nil)
  }

  @Test("B8: what can be superseded")
  func keys() {
    #expect(HoldBackLog.hasKey(Stanza(.presence, coalescingKey: "k")))
    #expect(HoldBackLog.hasKey(Stanza(.chatState, conversation: "c")))
    #expect(!HoldBackLog.hasKey(Stanza(.presence, conversation: "c")))
    #expect(!HoldBackLog.hasKey(Stanza(.chatState)))
  }
}
