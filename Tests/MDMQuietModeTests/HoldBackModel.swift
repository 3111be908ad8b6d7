import MDMQuietMode
import MDMStanza

/// Remembers a stanza's storage without keeping it alive, so that a test sees it given back.
struct WeakStanza {
  weak var storage: Stanza.Storage?
}

/// A stanza or marker that waits, as the naive model sees it.
final class ModelEntry {
  let id: String
  let bytes: Int
  let position: UInt64
  let isSentCopy: Bool
  let copies: Set<Int>
  let arrival: Int64
  /// The conversation's slot of a marker, nil for a stanza.
  let marker: UInt32?
  /// What a newer one with the same text replaces, nil for nothing.
  let key: String?
  var pending: Set<Int>
  var isSeen: Bool

  init(
    id: String, bytes: Int, position: UInt64, isSentCopy: Bool, copies: Set<Int>,
    arrival: Int64, marker: UInt32?, key: String?, pending: Set<Int>, isSeen: Bool
  ) {
    self.id = id
    self.bytes = bytes
    self.position = position
    self.isSentCopy = isSentCopy
    self.copies = copies
    self.arrival = arrival
    self.marker = marker
    self.key = key
    self.pending = pending
    self.isSeen = isSeen
  }
}

/// One account of the model: an array of what waits for each device, nothing shared.
struct ModelAccount {
  var queues: [[ModelEntry]] = Array(repeating: [], count: 32)
  /// Everything that somebody waits for, oldest first.
  var live: [ModelEntry] = []
  var position: UInt64 = 0

  mutating func append(_ entry: ModelEntry) {
    if let key = entry.key {
      for device in entry.pending {
        for old in self.queues[device] where old.key == key { old.pending.remove(device) }
        self.queues[device].removeAll { $0.key == key }
      }
      self.live.removeAll { $0.pending.isEmpty }
    }
    for device in entry.pending { self.queues[device].append(entry) }
    self.live.append(entry)
  }

  mutating func pop(_ device: Int, isDelivered: Bool) -> ModelEntry? {
    guard !self.queues[device].isEmpty else { return nil }
    let entry = self.queues[device].removeFirst()
    entry.pending.remove(device)
    if isDelivered { entry.isSeen = true }
    if entry.pending.isEmpty { self.live.removeAll { $0 === entry } }
    return entry
  }

  /// What `pop` of the log has to say about `entry` being elsewhere, asked before it is popped.
  static func isElsewhere(_ entry: ModelEntry, for device: Int) -> Bool {
    entry.isSeen || !entry.pending.subtracting([device]).isEmpty
  }
}
