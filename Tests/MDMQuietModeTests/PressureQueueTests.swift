import MDMQuietMode
import MDMStanza
import MDMTestKit
import Testing

@Suite("PressureQueue")
struct PressureQueueTests {
  /// A buffer of one device of one account.
  private struct Buffer {
    let slot: UInt32
    let device: Int
    let count: Int
    let oldest: Int64
  }

  private static func fill(
    _ buffer: Buffer, _ log: inout HoldBackLog, _ list: inout HeldList
  ) -> HeldQueue {
    var queue = HeldQueue()
    for number in 0..<buffer.count {
      let index = log.append(
        Stanza(.chat), arrival: MonotonicInstant(nanoseconds: buffer.oldest + Int64(number)),
        position: 0, pending: DeviceSet(buffer.device), copies: [], isSentCopy: false,
        isSeen: false, key: nil, to: &list)
      queue.noteAppended(index, bytes: 0)
    }
    return queue
  }

  @Test(
    "B11: the larger first, then the older head, then the lower session key",
    arguments: 1...10)
  func order(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var log = HoldBackLog()
    var buffers: [Buffer] = []
    var queue = PressureQueue()
    queue.begin()
    for slot in 0..<UInt32(20) {
      for device in 0..<5 where random.chance(1, in: 2) {
        var list = HeldList()
        let buffer = Buffer(
          slot: slot, device: device, count: 1 + random.below(3), oldest: Int64(random.below(3)))
        let held = Self.fill(buffer, &log, &list)
        buffers.append(buffer)
        queue.note(held, of: device, slot, in: log)
      }
    }
    let expected = buffers.sorted {
      ($1.count, $0.oldest, $0.slot, UInt32($0.device))
        < ($0.count, $1.oldest, $1.slot, UInt32($1.device))
    }
    #expect(queue.count == buffers.count)
    for buffer in expected {
      let candidate = queue.popFirst()
      #expect(candidate.map { Int($0.count) } == buffer.count)
      #expect(candidate?.oldest.nanoseconds == buffer.oldest)
      #expect(candidate?.slot == buffer.slot)
      #expect(candidate.map { Int($0.device) } == buffer.device)
    }
    #expect(queue.count == 0)
    let last = queue.popFirst()
    #expect(last?.slot == nil)
  }

  @Test("an empty buffer is no candidate, and the end forgets all of them")
  func ends() {
    let log = HoldBackLog()
    var queue = PressureQueue()
    #expect(!queue.isWatching)
    queue.begin()
    #expect(queue.isWatching)
    queue.note(HeldQueue(), of: 0, 0, in: log)
    #expect(queue.count == 0)
    queue.end()
    #expect(!queue.isWatching)
  }
}
