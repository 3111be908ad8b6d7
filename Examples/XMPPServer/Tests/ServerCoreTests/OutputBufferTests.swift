import Testing

@testable import ServerCore

/// What an output buffer promises, kept the simple way: every piece by itself.
private struct NaiveOutput {
  struct Piece {
    var rest: [UInt8]
    var isBegun = false
    var position: UInt64?
    var isSettled = false
  }

  var pieces: [Piece] = []
  /// Positions that are written and had not counted as taken.
  var written: [UInt64] = []

  var bytes: [UInt8] { self.pieces.flatMap(\.rest) }
  var positions: [UInt64] { self.pieces.compactMap(\.position) }

  mutating func write(_ count: Int) {
    var count = count
    while count > 0 {
      let taken = min(count, self.pieces[0].rest.count)
      self.pieces[0].rest.removeFirst(taken)
      self.pieces[0].isBegun = true
      count -= taken
      guard self.pieces[0].rest.isEmpty else { return }
      let piece = self.pieces.removeFirst()
      if let position = piece.position, !piece.isSettled { self.written.append(position) }
    }
  }

  mutating func cut() { self.pieces.removeAll { !$0.isBegun } }

  mutating func takePositions() -> [UInt64] {
    let positions = self.positions
    for index in self.pieces.indices { self.pieces[index].position = nil }
    return positions
  }
}

struct OutputBufferTests {
  /// Writes so many of the bytes that wait; returns them.
  private func write(_ count: Int, of buffer: inout OutputBuffer) -> [UInt8] {
    var written: [UInt8] = []
    buffer.drain {
      written = Array($0.prefix(count))
      return written.count
    }
    return written
  }

  @Test("Random scripts leave what a list of pieces leaves", arguments: 0..<20)
  func scripts(block: Int) {
    for script in 0..<100 { self.play(seed: UInt64(block * 100 + script)) }
  }

  private func play(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var buffer = OutputBuffer()
    var model = NaiveOutput()
    // One script in forty has pieces so long that the buffer moves its bytes.
    let longest = seed % 40 == 0 ? 30_000 : 40
    for step in 0..<40 {
      switch random.below(10) {
      case 0..<5:
        let piece = [UInt8](repeating: UInt8(random.below(256)), count: 1 + random.below(longest))
        let position = random.below(3) == 0 ? UInt64(step) : nil
        let isSettled = random.below(2) == 0
        let range = buffer.append(position: position, isSettled: isSettled) { $0 += piece }
        #expect(Array(buffer.bytes[range]) == piece)
        model.pieces.append(.init(rest: piece, position: position, isSettled: isSettled))
      case 5..<8:
        // Often a whole number of pieces, so that borders are hit.
        let whole = model.pieces.prefix(random.below(4)).reduce(0) { $0 + $1.rest.count }
        let count = random.below(2) == 0 ? whole : random.below(model.bytes.count + 1)
        let expected = Array(model.bytes.prefix(count))
        #expect(self.write(count, of: &buffer) == expected)
        model.write(count)
      case 8 where random.below(2) == 0:
        let written = buffer.takeWritten()
        #expect(written == model.written)
        model.written = []
      case 8:
        buffer.cutAfterPartlyWritten()
        model.cut()
      default:
        let (taken, expected) = (buffer.takeMarks().map(\.position), model.takePositions())
        #expect(taken == expected)
      }
      #expect(buffer.count == model.bytes.count)
      #expect(buffer.isEmpty == model.pieces.isEmpty)
      #expect(buffer.marks.map(\.position) == model.positions)
    }
    #expect(self.write(.max, of: &buffer) == model.bytes)
    #expect(buffer.isEmpty)
  }

  @Test("A cut in the middle of a piece keeps the rest of it and drops what follows")
  func cutInside() {
    var buffer = OutputBuffer()
    for text in ["<a/>", "<b/>", "<c/>"] { buffer.append(text.utf8) }
    _ = self.write(6, of: &buffer)
    buffer.cutAfterPartlyWritten()
    buffer.append("</end>".utf8)
    #expect(self.write(.max, of: &buffer) == Array("/></end>".utf8))
  }

  @Test("A cut at a border drops everything")
  func cutAtBorder() {
    var buffer = OutputBuffer()
    for text in ["<a/>", "<b/>", "<c/>"] { buffer.append(text.utf8) }
    _ = self.write(8, of: &buffer)
    buffer.cutAfterPartlyWritten()
    #expect(buffer.isEmpty)
    buffer.append("<d/>".utf8)
    #expect(self.write(.max, of: &buffer) == Array("<d/>".utf8))
  }

  @Test("Before anything is written a cut drops everything")
  func cutUntouched() {
    var buffer = OutputBuffer()
    buffer.append(position: 1) { $0 += "<a/>".utf8 }
    buffer.cutAfterPartlyWritten()
    #expect(buffer.isEmpty)
    #expect(buffer.marks.isEmpty)
  }

  @Test("An empty buffer can be cut")
  func cutEmpty() {
    var buffer = OutputBuffer()
    buffer.cutAfterPartlyWritten()
    #expect(buffer.isEmpty)
  }

  @Test("Borders hold after the written bytes have been moved out")
  func cutAfterCompaction() {
    var buffer = OutputBuffer()
    let piece = [UInt8](repeating: 1, count: 50_000)
    for position in 0..<4 { buffer.append(position: UInt64(position)) { $0 += piece } }
    _ = self.write(120_000, of: &buffer)
    #expect(buffer.bytes.count == 80_000, "the written bytes are gone")
    #expect(buffer.marks.map(\.position) == [2, 3])
    buffer.cutAfterPartlyWritten()
    #expect(buffer.count == 30_000)
    #expect(buffer.marks.map(\.position) == [2])
  }

  @Test("A mark is reported until the last byte of its stanza is written")
  func marks() {
    var buffer = OutputBuffer()
    buffer.append(position: 7) { $0 += "<a/>".utf8 }
    buffer.append(position: 9) { $0 += "<b/>".utf8 }
    _ = self.write(3, of: &buffer)
    #expect(buffer.marks.map(\.position) == [7, 9])
    _ = self.write(1, of: &buffer)
    #expect(buffer.marks.map(\.position) == [9])
    let (taken, again) = (buffer.takeMarks(), buffer.takeMarks())
    #expect(taken.map(\.position) == [9])
    #expect(again.isEmpty)
    _ = self.write(.max, of: &buffer)
    #expect(buffer.marks.isEmpty)
  }

  @Test("What is written whole is told once, unless it counted as taken before")
  func written() {
    var buffer = OutputBuffer()
    buffer.append(position: 7) { $0 += "<a/>".utf8 }
    buffer.append(position: 8, isSettled: true) { $0 += "<b/>".utf8 }
    buffer.append(position: 9) { $0 += "<c/>".utf8 }
    _ = self.write(11, of: &buffer)
    let first = buffer.takeWritten()
    #expect(first == [7])
    _ = self.write(1, of: &buffer)
    let (second, third) = (buffer.takeWritten(), buffer.takeWritten())
    #expect(second == [9])
    #expect(third == [])
  }

  @Test("A socket that takes nothing changes nothing")
  func blocked() {
    var buffer = OutputBuffer()
    buffer.append(position: 1) { $0 += "<a/>".utf8 }
    buffer.drain { _ in 0 }
    #expect(buffer.count == 4)
    #expect(buffer.marks.map(\.position) == [1])
  }
}

extension OutputBuffer {
  /// Appends one piece that is there already.
  fileprivate mutating func append(_ piece: String.UTF8View) {
    self.append { $0.append(contentsOf: piece) }
  }
}
