import MDMElection
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

// One account into bytes. What can be derived is not written: sets follow from sessions, queues
// from held entries, indices from names.
extension MessagingEngine {
  func write(_ slot: UInt32, into writer: inout ByteWriter) {
    let now = self.core.now
    let sets = self.accounts[slot].sets
    writer.section(.identity) {
      $0.write(self.accounts.names.string(self.accounts[slot].name))
      $0.write(self.accounts[slot].position)
      $0.write(UInt64(self.accounts[slot].nextGeneration))
      // A deadline may have passed without having been handled yet, so it is not derived anew.
      $0.write(deadline: self.accounts[slot].deadline, at: now)
    }
    writer.section(.election) {
      let election = self.accounts[slot].election
      $0.write(Int(election.holder))
      $0.write(UInt64(election.acts))
      $0.write(election.heldSince, at: now)
    }
    writer.section(.devices) {
      $0.write(UInt64(sets.occupied.count))
      for index in sets.occupied.indices {
        $0.write(UInt64(index))
        self.write(self.accounts[slot].devices[index], into: &$0)
      }
    }
    if !self.accounts[slot].reads.isEmpty {
      writer.section(.reading) { self.writeReading(slot, into: &$0) }
    }
    if !self.accounts[slot].held.isEmpty {
      writer.section(.held) { self.writeHeld(slot, into: &$0) }
    }
    if !self.accounts[slot].extras.isEmpty { self.writeExtras(slot, into: &writer) }
  }

  private func write(_ device: Device, into writer: inout ByteWriter) {
    let session = device.session
    writer.write(self.accounts.names.string(session.name))
    writer.write(UInt64(session.generation))
    writer.write(byte: session.phase.rawValue)
    writer.write(byte: session.requestedMode.rawValue)
    writer.write(byte: session.kind.rawValue)
    writer.write(Int(session.priority))
    writer.write(byte: session.traits.rawValue)
    writer.write(byte: session.refusal.map { $0.rawValue + 1 } ?? 0)
    writer.write(deadline: session.deadline, at: self.core.now)
    writer.write(UInt64(device.activity.packed))
    if device.activity.exists { writer.write(device.activity.instant, at: self.core.now) }
  }

  private func writeReading(_ slot: UInt32, into writer: inout ByteWriter) {
    let count = self.accounts[slot].reads.value.count
    writer.write(self.accounts[slot].reads.value.revision)
    writer.write(self.accounts[slot].reads.value.furthestRead)
    writer.write(self.accounts[slot].reads.value.mergedRuns)
    writer.write(self.accounts[slot].reads.value.forgotten)
    writer.write(UInt64(count))
    for place in 0..<UInt32(count) {
      let state = self.accounts[slot].reads.value[place]
      writer.write(state.id.text)
      writer.write(state.readUpTo)
      writer.write(state.revision)
      writer.write(state.touched)
      writer.write(UInt64(state.notified.bits))
      writer.write(state.notifiedSince)
      writer.write(UInt64(state.unread.runs.count))
      for run in state.unread.runs {
        writer.write(run.first)
        writer.write(run.last - run.first)
        writer.write(UInt64(run.count))
      }
    }
  }

  private func writeHeld(_ slot: UInt32, into writer: inout ByteWriter) {
    var entries = ByteWriter()
    var count: UInt64 = 0
    self.core.log.forEach(in: self.accounts[slot].held) { entry in
      count += 1
      entries.write(entry.arrival, at: self.core.now)
      entries.write(UInt64(entry.pending.bits))
      entries.write(entry.stanza != nil)
      guard let stanza = entry.stanza else {
        entries.write(UInt64(entry.conversationSlot))
        return
      }
      entries.write(UInt64(entry.copies.bits))
      entries.write(entry.position)
      entries.write(entry.isSentCopy)
      entries.write(entry.isSeen)
      entries.write(entry.isPushed)
      entries.write(entry.isKeyed)
      entries.write(stanza)
    }
    writer.write(count)
    writer.append(entries.bytes)
  }

  private func writeExtras(_ slot: UInt32, into writer: inout ByteWriter) {
    let holds = self.accounts[slot].extras.value.conversationHolds.entries
    if !holds.isEmpty {
      writer.section(.holds) {
        $0.write(UInt64(holds.count))
        for hold in holds {
          $0.write(hold.conversation.text)
          $0.write(UInt64(hold.device))
          $0.write(hold.since, at: self.core.now)
        }
      }
    }
    let backlog = self.accounts[slot].extras.value.archiveBacklog.entries
    if !backlog.isEmpty {
      writer.section(.backlog) {
        $0.write(UInt64(backlog.count))
        for entry in backlog { $0.write(entry) }
      }
    }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ entry: ArchiveBacklog.Entry) {
    self.write(entry.position)
    self.write(byte: entry.verdict.rawValue)
    switch entry.item {
    case .received(let stanza, let address):
      self.write(false)
      self.write(stanza)
      self.write(address)
    case .sent(let stanza, let device, let address):
      self.write(true)
      self.write(stanza)
      self.write(UInt64(device.index))
      self.write(UInt64(device.generation))
      self.write(address != nil)
      if let address { self.write(address) }
    }
  }
}
