/// Bytes that wait for a connection, with the places up to which each piece belongs together.
///
/// Pieces are stanzas or elements of the stream; a stream that has to end early is cut at the end
/// of the piece that is partly written, so that what follows can be understood.
struct OutputBuffer {
  /// A stanza of the archive inside the bytes.
  struct Mark {
    /// Where it ends, counted from the stream's first byte.
    let end: UInt64
    /// Its place in the account's archive.
    let position: UInt64
    /// Whether it counts as taken already.
    let isSettled: Bool
  }

  /// What waits is behind `head`.
  private(set) var bytes: [UInt8] = []
  private var head = 0
  /// How many bytes of the connection come before `bytes`.
  private var base: UInt64 = 0
  /// Where the latest pieces end, as far as they are not written.
  private var ends: [UInt64] = []
  private var firstEnd = 0
  /// The end of the latest piece that has been written whole.
  private var border: UInt64 = 0
  /// Stanzas of the archive that are not written yet, oldest first.
  private(set) var marks: [Mark] = []
  /// Stanzas of the archive that are written and did not count as taken before.
  private var written: [UInt64] = []

  /// How many bytes wait.
  var count: Int { self.bytes.count - self.head }
  var isEmpty: Bool { self.count == 0 }

  /// Appends what `write` appends as one piece; returns where it lies in ``bytes``.
  @discardableResult
  mutating func append(
    position: UInt64? = nil, isSettled: Bool = false, _ write: (inout [UInt8]) -> Void
  ) -> Range<Int> {
    let start = self.bytes.count
    write(&self.bytes)
    let end = self.base + UInt64(self.bytes.count)
    self.ends.append(end)
    if let position {
      self.marks.append(Mark(end: end, position: position, isSettled: isSettled))
    }
    return start..<self.bytes.count
  }

  /// Passes what waits to `write`, which returns how much it took.
  mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) {
    let head = self.head
    let taken = self.bytes.withUnsafeBytes {
      write(UnsafeRawBufferPointer(rebasing: $0[head...]))
    }
    self.advance(by: taken)
  }

  private mutating func advance(by count: Int) {
    self.head += count
    let written = self.base + UInt64(self.head)
    self.passMarks(upTo: written)
    if self.head == self.bytes.count {
      self.base = written
      self.border = written
      self.head = 0
      // An idle connection keeps no memory for output.
      if self.bytes.capacity > 4_096 {
        self.bytes = []
      } else {
        self.bytes.removeAll(keepingCapacity: true)
      }
      self.ends.removeAll(keepingCapacity: self.ends.count <= 32)
      self.firstEnd = 0
      return
    }
    while self.firstEnd < self.ends.count, self.ends[self.firstEnd] <= written {
      self.border = self.ends[self.firstEnd]
      self.firstEnd += 1
    }
    if self.head > 65_536, self.head * 2 > self.bytes.count {
      self.bytes.removeFirst(self.head)
      self.base += UInt64(self.head)
      self.head = 0
      self.ends.removeFirst(self.firstEnd)
      self.firstEnd = 0
    }
  }

  private mutating func passMarks(upTo place: UInt64) {
    let count = self.marks.firstIndex { $0.end > place } ?? self.marks.count
    for mark in self.marks[..<count] where !mark.isSettled { self.written.append(mark.position) }
    if count == self.marks.count {
      self.marks.removeAll(keepingCapacity: count <= 32)
    } else {
      self.marks.removeFirst(count)
    }
  }

  /// Takes the stanzas of the archive out that have been written whole since the last time and did
  /// not count as taken before.
  mutating func takeWritten() -> [UInt64] {
    if self.written.isEmpty { return [] }
    let written = self.written
    self.written = []
    return written
  }

  /// Drops every piece of which nothing has been written.
  mutating func cutAfterPartlyWritten() {
    let written = self.base + UInt64(self.head)
    let isAtBorder = self.border == written || self.firstEnd == self.ends.count
    let end = isAtBorder ? written : self.ends[self.firstEnd]
    self.bytes.removeLast(self.bytes.count - Int(end - self.base))
    self.ends.removeAll { $0 > end }
    self.marks.removeAll { $0.end > end }
  }

  /// Takes the stanzas of the archive out that have not been written whole.
  mutating func takeMarks() -> [Mark] {
    let marks = self.marks
    self.marks = []
    return marks
  }
}
