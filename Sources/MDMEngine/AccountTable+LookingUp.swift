import MDMQuietMode
import MDMReadSync
import MDMSession
import MDMStanza
import MDMStorage

// With a million accounts nearly every step from a name to its account waits for memory, one step
// after the other. Taking the same step for many names before the next one lets those waits
// overlap, which is all that this file is about.
extension AccountTable {
  /// The open accounts of these names; what a message to them will read is read ahead.
  ///
  /// - Complexity: O(names).
  mutating func lookUp(
    _ names: [AccountName], into handles: inout [AccountHandle?], _ log: inout HoldBackLog
  ) {
    handles.removeAll(keepingCapacity: true)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: names.count) { slots in
      self.guess(names, into: slots)
      self.touchRecords(slots)
      self.touchDevices(slots)
      self.touchReadState(slots)
      for slot in slots where slot != .max { self.readAhead &+= log.touch(self[slot].held) }
    }
    for name in names { handles.append(self.handle(named: name)) }
  }

  /// The most probable slot of each name, `.max` for none.
  private func guess(_ names: [AccountName], into slots: UnsafeMutableBufferPointer<UInt32>) {
    for (place, name) in names.enumerated() {
      let slot = self.candidate(hash: name.name.hash) ?? .max
      slots.initializeElement(at: place, to: slot)
    }
  }

  /// Each account's own record, three lines of the cache.
  private mutating func touchRecords(_ slots: UnsafeMutableBufferPointer<UInt32>) {
    for slot in slots where slot != .max {
      self.readAhead &+= self[slot].position ^ UInt64(self[slot].held.live)
      self.readAhead &+= UInt64(self[slot].nextGeneration) ^ UInt64(self[slot].name.length)
      self.readAhead &+= UInt64(self[slot].sets.occupied.bits)
    }
  }

  /// Its name, its devices, and where its read state lies.
  private mutating func touchDevices(_ slots: UnsafeMutableBufferPointer<UInt32>) {
    for slot in slots where slot != .max {
      let name = self.names.bytes(self[slot].name)
      self.readAhead &+= UInt64(name.first ?? 0) ^ UInt64(name.last ?? 0)
      var rest = self[slot].sets.occupied
      while let index = rest.popFirst() {
        self.readAhead &+= UInt64(self[slot].devices[index].held.count)
        self.readAhead &+= UInt64(self[slot].devices[index].session.generation)
      }
      if !self[slot].reads.isEmpty { self.readAhead &+= UInt64(self[slot].reads.value.count) }
    }
  }

  private mutating func touchReadState(_ slots: UnsafeMutableBufferPointer<UInt32>) {
    for slot in slots where slot != .max && !self[slot].reads.isEmpty {
      self.readAhead &+= self[slot].reads.value.touch()
    }
  }
}
