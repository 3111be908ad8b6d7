import Testing

@testable import ServerCore

struct OutputBufferTests {
  /// A buffer with pieces of ten bytes at positions 1…count.
  private func buffer(_ count: Int, settled: Set<UInt64> = []) -> OutputBuffer {
    var buffer = OutputBuffer()
    for position in 1...UInt64(count) {
      buffer.append(position: position, isSettled: settled.contains(position)) {
        $0 += [UInt8](repeating: UInt8(truncatingIfNeeded: position), count: 10)
      }
    }
    return buffer
  }

  @Test("a message is written when its last byte is, and told once")
  func tellsWhatIsWritten() {
    var buffer = self.buffer(3)
    buffer.drain { _ in 19 }
    #expect(buffer.takeWritten() == [1])
    #expect(buffer.takeWritten() == [])
    buffer.drain { $0.count }
    #expect(buffer.takeWritten() == [2, 3])
    #expect(buffer.isEmpty)
    #expect(buffer.takeMarks().isEmpty)
  }

  @Test("what counted as taken already is not told, and comes back when it is not written")
  func remembersWhatWasSettled() {
    var buffer = self.buffer(3, settled: [1, 3])
    buffer.drain { _ in 20 }
    #expect(buffer.takeWritten() == [2])
    #expect(buffer.takeMarks().map(\.position) == [3])
  }

  @Test("a cut keeps the piece that is partly written, and only that")
  func cutsBehindTheWrittenPiece() {
    var buffer = self.buffer(4)
    buffer.drain { _ in 13 }
    buffer.cutAfterPartlyWritten()
    #expect(buffer.count == 7)
    #expect(buffer.marks.map(\.position) == [2])
  }

  @Test("a cut between two pieces keeps none")
  func cutsAtBorder() {
    var buffer = self.buffer(4)
    buffer.drain { _ in 20 }
    buffer.cutAfterPartlyWritten()
    #expect(buffer.isEmpty)
    #expect(buffer.marks.isEmpty)
  }

  @Test("bytes, places and cuts are right after the buffer was compacted")
  func survivesCompaction() {
    var buffer = OutputBuffer()
    for position in 1...UInt64(200) {
      buffer.append(position: position) {
        $0 += [UInt8](repeating: UInt8(position), count: 1_000)
      }
    }
    for _ in 0..<15 { buffer.drain { _ in 9_900 } }
    // 148,500 bytes are written: the pieces 1…148, and half of 149.
    #expect(buffer.takeWritten() == Array(1...148))
    buffer.drain { bytes in
      #expect(bytes[0] == 149)
      #expect(bytes[500] == 150)
      return 0
    }
    buffer.cutAfterPartlyWritten()
    #expect(buffer.count == 500)
    #expect(buffer.marks.map(\.position) == [149])
  }
}
