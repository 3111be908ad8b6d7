import MDMMonitoring
import MDMQuietMode
import MDMSession
import MDMStanza
import MDMStorage

/// Where the flush of each device of an account goes on being written.
struct FlushCursors: ~Copyable, @unchecked Sendable {
  struct Cursor: BitwiseCopyable {
    /// The device's next record.
    var place: UnsafeMutablePointer<EffectRecord>
    let device: DeviceHandle
  }

  /// One place for each device that an account can have.
  let base = UnsafeMutablePointer<Cursor>.allocate(capacity: DeviceSet.capacity)

  init() {}
  deinit { self.base.deallocate() }
}

extension Account {
  /// Whether these devices wait for equally many stanzas, beginning with the same one.
  func queuesAreAlike(_ devices: DeviceSet) -> Bool {
    guard let first = devices.first else { return false }
    let queue = self.devices[first].held
    var rest = devices
    while let index = rest.popFirst() {
      let other = self.devices[index].held
      if other.first != queue.first || other.count != queue.count { return false }
    }
    return true
  }
}

extension Core {
  /// Flushes devices whose queues are alike, without markers, rings and explanations: each entry of
  /// the log is looked at once and written for every device that gets it.
  ///
  /// The effects are what flushing one device after the other gives, in the same order: the place
  /// of each device's records is known beforehand, since its queue says how many there are.
  @inline(never)
  mutating func flushTogether(
    _ devices: DeviceSet, _ reason: FlushReason, of account: inout Account,
    into effects: EffectStorage
  ) {
    guard let first = devices.first else { return }
    let queue = account.devices[first].held
    let total = self.layOut(devices, reason, count: Int(queue.count), of: account, into: effects)
    let cursors = self.flushCursors.base
    let slot = account.slot
    var flushing = self.log.beginFlush(of: queue, for: devices)
    var left = total
    while left > 0, let item = self.log.next(&flushing, account: slot, list: &account.held) {
      guard let stanza = item.stanza else {
        preconditionFailure("There is a marker in a buffer of \(account.handle) without markers.")
      }
      // The list of effects takes the item's reference over, so the stanza lives on.
      let reference = effects.adopt(retained: stanza)
      let (isRead, decision) = stanza._withUnsafeGuaranteedRef {
        (
          self.isRead($0, item.position, in: &account),
          Self.notification(of: item, $0, isUnseen: false)
        )
      }
      let record = EffectRecord(
        kind: .deliver, detail: Delivery.Form.original.rawValue, decision: decision.rawValue,
        mark: isRead, reference: reference, device: cursors[first].device,
        position: item.position, instant: item.arrival.nanoseconds)
      let copy = item.isSentCopy ? Delivery.Form.sentCopy : .receivedCopy
      var written: UInt64 = 0
      var rest = item.devices
      while let index = rest.popFirst() {
        let form = item.copies.contains(index) ? copy : .original
        let cursor = cursors + index
        cursor.pointee.place.initialize(
          to: record.readdressed(to: cursor.pointee.device, detail: form.rawValue))
        cursor.pointee.place += 1
        written &+= 1
      }
      self.noteResidence(of: item, times: written)
      left &-= Int(truncatingIfNeeded: written)
    }
    precondition(left == 0, "The queues of \(account.handle) are miscounted.")
    self.log.endFlush(total, list: &account.held)
    var rest = devices
    while let index = rest.popFirst() {
      self.endFlush(of: index, reason, count: queue.count, on: &account)
    }
  }

  /// Makes room for the records of each device and writes their headers. Returns how many items
  /// there will be.
  private func layOut(
    _ devices: DeviceSet, _ reason: FlushReason, count: Int, of account: borrowing Account,
    into effects: EffectStorage
  ) -> Int {
    var place = effects.makeRoom(devices.count * (count + 1))
    var rest = devices
    while let index = rest.popFirst() {
      let device = account.handle(of: index)
      effects.putFlush(at: place, reason, of: device, count: count)
      self.flushCursors.base[index] = FlushCursors.Cursor(
        place: effects.pointer(to: place + 1), device: device)
      place += count + 1
    }
    return devices.count * count
  }
}

extension FlushedItem {
  /// In what form the device at `index` gets it.
  func form(at index: Int) -> Delivery.Form {
    guard self.copies.contains(index) else { return .original }
    return self.isSentCopy ? .sentCopy : .receivedCopy
  }
}
