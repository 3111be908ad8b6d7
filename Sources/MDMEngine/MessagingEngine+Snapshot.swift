import MDMElection
import MDMMonitoring
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
public import MDMStanza
import MDMStorage

// Snapshots: an engine or one account as bytes, and back.
extension MessagingEngine {
  /// The whole engine as bytes, as of the last command.
  ///
  /// Restoring them and going on has the same effects as never having stopped; handles stay valid
  /// as long as the engine keeps its number. Neither that nor the configuration is part of it.
  ///
  /// - Complexity: O(state).
  public func snapshot() -> [UInt8] {
    var body = ByteWriter()
    body.section(.switches) {
      $0.write(self.core.isEnabled)
      $0.write(self.stagedEnabled != nil)
      if let staged = self.stagedEnabled { $0.write(staged) }
    }
    body.section(.totals) { $0.write(self.core.allTotals) }
    body.section(.slices) { $0.write(self.core.slices, at: self.core.now) }
    body.section(.slots) {
      $0.write(UInt64(self.accounts.slotCount))
      for slot in 0..<self.accounts.slotCount {
        $0.write(UInt64(self.accounts[slot].handle.generation))
        $0.write(UInt64(self.accounts[slot].nextGeneration))
        $0.write(self.accounts[slot].isOpen)
        if self.accounts[slot].isOpen {
          var account = ByteWriter()
          self.write(slot, into: &account)
          $0.write(account.bytes)
        }
      }
    }
    body.section(.vacant) {
      $0.write(UInt64(self.accounts.vacantSlots.count))
      for slot in self.accounts.vacantSlots { $0.write(UInt64(slot)) }
    }
    return SnapshotFormat.frame(.engine, body)
  }

  /// One account as bytes, or nil when the handle is stale.
  public func snapshot(of account: AccountHandle) -> [UInt8]? {
    guard self.accounts.isCurrent(account) else { return nil }
    var body = ByteWriter()
    self.write(account.slot, into: &body)
    return SnapshotFormat.frame(.account, body)
  }

  /// The engine that ``snapshot()`` described.
  ///
  /// - Parameters:
  ///   - bytes: the snapshot.
  ///   - configuration: how the engine behaves from now on. What it changes against the time of the
  ///     snapshot takes effect at once, as with ``configure(_:at:into:)``.
  ///   - number: the number that the engine's handles carry from now on, whatever it was before.
  ///   - now: the instant that counts as the one of the snapshot; ages are taken from it.
  ///   - effects: what the host must do because the configuration has changed; nothing otherwise.
  /// - Throws: ``SnapshotError``; no input can do worse.
  /// - Complexity: O(size of the snapshot).
  public static func restored(
    from bytes: [UInt8], configuration: Configuration = .standard, number: UInt8 = 0,
    at now: MonotonicInstant, into effects: inout Effects
  ) throws(SnapshotError) -> MessagingEngine {
    let sections = try SnapshotFormat.open(bytes, expecting: .engine)
    var engine = MessagingEngine(
      configuration: configuration, startingAt: now, number: number)
    if let failure = engine.restore(sections, at: now) { throw SnapshotError(failure) }
    effects.makeUnique()
    engine.settle(into: effects.storage)
    engine.relievePressure(into: effects.storage)
    return engine
  }

  /// The name of the account that ``snapshot(of:)`` described, for a host that has to choose the
  /// engine to restore it on.
  ///
  /// - Throws: ``SnapshotError`` when the bytes are no snapshot of an account.
  /// - Complexity: O(size of the snapshot).
  public static func accountName(
    inSnapshot bytes: [UInt8]
  ) throws(SnapshotError) -> AccountName {
    let sections = try SnapshotFormat.open(bytes, expecting: .account)
    do throws(ByteReaderError) {
      return AccountName(try AccountImage(sections, at: .origin).name)
    } catch { throw SnapshotError(error) }
  }

  private mutating func restore(
    _ sections: SnapshotFormat.Sections, at now: MonotonicInstant
  ) -> ByteReaderError? {
    do throws(ByteReaderError) {
      if var reader = sections.reader(.switches) {
        self.core.isEnabled = try reader.bool()
        if try reader.bool() { self.stagedEnabled = try reader.bool() }
      }
      if var reader = sections.reader(.totals) {
        self.core.takeTotals(try reader.totals(reasons: FlushReason.allCases.count))
      }
      if var reader = sections.reader(.slices) {
        self.core.slices = try reader.slices(at: now)
      }
      if var reader = sections.reader(.slots) { try self.restoreSlots(&reader, at: now) }
      if var reader = sections.reader(.vacant) { try self.restoreVacant(&reader) }
      return nil
    } catch {
      return error
    }
  }

  private mutating func restoreSlots(
    _ reader: inout ByteReader, at now: MonotonicInstant
  ) throws(ByteReaderError) {
    let count = try reader.count(eachAtLeast: 3)
    guard count <= AccountHandle.slotLimit else { throw .malformed }
    for slot in 0..<UInt32(count) {
      let handle = AccountHandle(
        slot: slot, generation: try reader.integer(in: 0...UInt32.max),
        engineNumber: self.accounts.engineNumber)
      var account = self.accounts.makeSlot(handle)
      account.nextGeneration = try reader.integer(in: 0...DeviceHandle.generationLimit - 1)
      if try reader.bool() {
        let sections = try SnapshotFormat.Sections(reader: ByteReader(try reader.slice()))
        let image = try AccountImage(sections, at: now)
        guard self.accounts.handle(named: AccountName(image.name)) == nil else {
          throw .malformed
        }
        self.core.restore(
          image, generationShift: 0, into: &account, names: &self.accounts.names)
        self.core.gauges.accounts += 1
        self.core.gauges.add(account.sets)
      }
      self.accounts.install(account)
    }
  }

  private mutating func restoreVacant(_ reader: inout ByteReader) throws(ByteReaderError) {
    var vacant: [UInt32] = []
    var seen: Set<UInt32> = []
    for _ in 0..<(try reader.count(eachAtLeast: 1)) {
      let slot: UInt32 = try reader.integer(in: 0...UInt32.max)
      guard slot < self.accounts.slotCount, !self.accounts[slot].isOpen,
        seen.insert(slot).inserted
      else { throw .malformed }
      vacant.append(slot)
    }
    self.accounts.restore(vacant: vacant)
  }

  mutating func restoreAccount(
    from bytes: [UInt8], into effects: EffectStorage
  ) -> Outcome {
    let limit = self.core.configuration.values.accountLimit
    if self.accounts.count >= limit { return self.refuse(.accountLimit(limit)) }
    let image: AccountImage
    switch self.image(from: bytes) {
    case .success(let read): image = read
    case .failure(let error): return self.refuse(.unreadableSnapshot(error))
    }
    if let existing = self.accounts.handle(named: AccountName(image.name)) {
      return self.refuse(.accountExists(existing))
    }
    var account = self.accounts.takeSlot()
    self.core.restore(
      image, generationShift: account.nextGeneration, into: &account,
      names: &self.accounts.names)
    let handle = account.handle
    self.core.gauges.accounts += 1
    self.core.gauges.add(account.sets)
    self.accounts.install(account)
    if self.core.pressure.isWatching { self.watchBuffers(of: handle.slot) }
    self.settle(handle.slot, into: effects)
    return .opened(handle)
  }

  private func image(from bytes: [UInt8]) -> Result<AccountImage, SnapshotError> {
    do throws(SnapshotError) {
      let sections = try SnapshotFormat.open(bytes, expecting: .account)
      do throws(ByteReaderError) {
        return .success(try AccountImage(sections, at: self.core.now))
      } catch { return .failure(SnapshotError(error)) }
    } catch { return .failure(error) }
  }
}

extension Core {
  /// Builds an account from a checked image.
  ///
  /// - Parameter shift: added to the devices' generations, so that no handle of an earlier account
  ///   in the same slot fits one of them.
  mutating func restore(
    _ image: AccountImage, generationShift shift: UInt32, into account: inout Account,
    names: inout NameArena
  ) {
    let limit = DeviceHandle.generationLimit
    account.isOpen = true
    account.name = names.insert(image.name)
    account.position = image.position
    account.nextGeneration = (image.nextGeneration + shift) % limit
    for device in image.devices {
      var session = device.session
      session.generation = (session.generation + shift) % limit
      session.name = names.insert(device.name)
      account.devices.place(
        Device(session: session, activity: device.activity), at: device.index)
      self.updateSets(device.index, in: &account)
    }
    account.election = image.election
    if let reading = image.reading { account.reads.fill(ReadRegister(reading)) }
    for held in image.held { self.restore(held, into: &account) }
    self.restoreExtras(of: image, generationShift: shift, into: &account)
    account.deadline = image.deadline
  }

  private mutating func restore(
    _ image: AccountImage.HeldImage, into account: inout Account
  ) {
    let entry: UInt32
    if let stanza = image.stanza {
      entry = self.log.append(
        stanza, arrival: image.arrival, position: image.position, pending: image.pending,
        copies: image.copies, isSentCopy: image.isSentCopy, isSeen: image.isSeen,
        key: image.isKeyed ? account.slot : nil, to: &account.held)
      if image.isPushed { self.log.notePushed(entry) }
    } else {
      let slot = image.conversationSlot
      entry = self.log.appendMarker(
        conversationSlot: slot, arrival: image.arrival, pending: image.pending,
        account: account.slot, to: &account.held)
      account.reads.value[slot].waiting = account.reads.value[slot].waiting | image.pending
    }
    var rest = image.pending
    while let index = rest.popFirst() {
      account.devices[index].held.noteAppended(entry, bytes: image.stanza?.byteCount ?? 0)
    }
  }

  private func restoreExtras(
    of image: AccountImage, generationShift shift: UInt32, into account: inout Account
  ) {
    guard !image.holds.isEmpty || !image.backlog.isEmpty else { return }
    account.needExtras()
    for hold in image.holds {
      account.extras.value.conversationHolds.note(
        hold.conversation, by: hold.device, at: hold.since)
    }
    for entry in image.backlog {
      let item: ArchiveBacklog.Item
      if let sender = entry.sender {
        let device = DeviceHandle(
          of: account.handle, index: sender.index,
          generation: (sender.generation + shift) % DeviceHandle.generationLimit)
        item = .sent(entry.stanza, from: device, toSelf: entry.address)
      } else {
        item = .received(entry.stanza, to: entry.address ?? .account)
      }
      account.extras.value.archiveBacklog.restore(
        ArchiveBacklog.Entry(item: item, position: entry.position, verdict: entry.verdict))
    }
  }
}

extension ReadRegister {
  fileprivate init(_ image: AccountImage.ReadingImage) {
    self.init()
    for state in image.conversations { self.restore(state) }
    self.restore(
      revision: image.revision, furthestRead: image.furthestRead, mergedRuns: image.mergedRuns,
      forgotten: image.forgotten)
  }
}
