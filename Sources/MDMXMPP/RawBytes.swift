/// Reading and writing through pointers, for the path that every delivery takes.
///
/// This file is the only one of the module that computes addresses; elsewhere a lent buffer is at
/// most gone through from its first to its last byte. The reason why it may is short:
///
/// - A ``ByteView`` or ``ByteSink`` is made inside the closure that lends the memory, from the very
///   pointer and length lent, and is not kept beyond it.
/// - Every read and every write first compares what it wants with what is left, in release builds
///   too, and traps when it does not fit. A wrong measurement ends the process; it never writes
///   beside the array.
/// - Only bytes are read and written, which any memory may hold.
///
/// Arrays and strings with the same checks cost four to ten times as many instructions here.
struct ByteView {
  private let base: UnsafeRawPointer
  /// How many bytes there are.
  let count: Int

  /// A view of nothing.
  @inline(always)
  static var empty: ByteView { ByteView(UnsafeRawBufferPointer(start: nil, count: 0)) }

  /// A view of memory that is lent for as long as the view is used; nothing is looked at in memory
  /// of no length, so any address will do for it.
  @inline(always)
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(bytes.baseAddress ?? UnsafeRawPointer(StaticString("").utf8Start), bytes.count)
  }

  @inline(always)
  private init(_ base: UnsafeRawPointer, _ count: Int) {
    self.base = base
    self.count = count
  }

  /// The bytes of a range.
  @inline(always)
  subscript(range: Range<Int>) -> ByteView {
    precondition(range.lowerBound >= 0 && range.upperBound <= self.count)
    return ByteView(self.base + range.lowerBound, range.upperBound &- range.lowerBound)
  }

  /// One byte.
  @inline(always)
  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < self.count)
    return self.base.load(fromByteOffset: index, as: UInt8.self)
  }

  /// Whether the text stands at `offset`; it may reach beyond the end, and then it does not.
  ///
  /// With a text known when this is compiled it is a few comparisons of whole words.
  @inline(always)
  func holds(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard offset >= 0, length <= self.count - offset else { return false }
    let found = self.base + offset
    let wanted = UnsafeRawPointer(text.utf8Start)
    var difference: UInt64 = 0
    guard length >= 8 else {
      for index in 0..<length {
        difference |= UInt64(
          found.load(fromByteOffset: index, as: UInt8.self)
            ^ wanted.load(fromByteOffset: index, as: UInt8.self))
      }
      return difference == 0
    }
    var index = 0
    while index + 8 <= length {
      difference |= Self.word(found, index) ^ Self.word(wanted, index)
      index += 8
    }
    difference |= Self.word(found, length - 8) ^ Self.word(wanted, length - 8)
    return difference == 0
  }

  /// Where the byte first occurs at `start` or later, or nil.
  @inline(always)
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    precondition(start >= 0)
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index <= self.count &- 8 {
      // A byte of zeros is the lowest one that borrows from its high bit when one is taken off.
      let word = UInt64(littleEndian: Self.word(self.base, index)) ^ (ones &* UInt64(byte))
      let zeros = (word &- ones) & ~word & (ones &<< 7)
      if zeros != 0 { return index &+ zeros.trailingZeroBitCount &>> 3 }
      index &+= 8
    }
    while index < self.count {
      if self[index] == byte { return index }
      index &+= 1
    }
    return nil
  }

  @inline(always)
  private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// Whether the text occurs anywhere.
  ///
  /// - Parameters:
  ///   - text: two bytes or more.
  ///   - pair: the offset in the text of two neighbouring bytes that are rare elsewhere. Only where
  ///     these two stand is the rest compared.
  /// - Complexity: O(bytes), thirty-two at a time.
  @inline(always)
  func contains(_ text: StaticString, rarePairAt pair: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    precondition(pair >= 0 && pair + 2 <= length)
    // How many places there are at which the text could begin.
    let places = self.count - length + 1
    guard places >= 32 else { return places > 0 && self.contains(text, beginningIn: 0..<places) }
    let first = SIMD32<UInt8>(repeating: text.utf8Start[pair])
    let second = SIMD32<UInt8>(repeating: text.utf8Start[pair + 1])
    var place = 0
    while true {
      // The last byte looked at belongs to the block's last place, so it is inside.
      let left = Self.vector(self.base, place + pair) .== first
      let right = Self.vector(self.base, place + pair + 1) .== second
      let both = unsafeBitCast(left .& right, to: SIMD4<UInt64>.self)
      if both[0] | both[1] | both[2] | both[3] != 0,
        self.contains(text, beginningIn: place..<place + 32)
      {
        return true
      }
      if place == places - 32 { return false }
      // The last block overlaps the one before it.
      place = min(place + 32, places - 32)
    }
  }

  @inline(always)
  private static func vector(_ base: UnsafeRawPointer, _ offset: Int) -> SIMD32<UInt8> {
    base.loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self)
  }

  @inline(never)
  private func contains(_ text: StaticString, beginningIn places: Range<Int>) -> Bool {
    places.contains { self.holds(text, at: $0) }
  }
}

/// Where a delivery's bytes are put, one after the other, into memory of a measured size.
///
/// See ``ByteView`` for why this is safe. A sink is two addresses and is handed on by value, so
/// that it stays in registers.
struct ByteSink {
  private var next: UnsafeMutableRawPointer
  private let end: UnsafeMutableRawPointer

  @inline(always)
  private init(_ start: UnsafeMutableRawPointer, count: Int) {
    self.next = start
    self.end = start + count
  }

  /// Appends what `fill` puts, which may be no more than `count` bytes.
  ///
  /// An empty array grows to just that size, any other one at least doubles when it has to grow:
  /// an output that is reused is not copied over and over.
  @inline(always)
  static func append(count: Int, to bytes: inout [UInt8], _ fill: (ByteSink) -> ByteSink) {
    bytes.append(addingCapacity: count) { span in
      span.withUnsafeMutableBufferPointer { buffer, initialised in
        guard let start = buffer.baseAddress else { return }
        let sink = fill(ByteSink(start, count: buffer.count))
        initialised = sink.next - UnsafeMutableRawPointer(start)
      }
    }
  }

  /// The address after `count` more bytes, if there is room for them.
  ///
  /// It cannot wrap: `count` is the size of something that is in memory, or at most 8.
  @inline(always)
  private func address(after count: Int) -> UnsafeMutableRawPointer {
    let address = self.next + count
    precondition(address <= self.end, "A delivery is longer than it was measured.")
    return address
  }

  /// Puts the bytes of a view.
  @inline(always)
  mutating func put(_ view: ByteView) {
    let after = self.address(after: view.count)
    view.copy(to: self.next)
    self.next = after
  }

  /// Puts the bytes of a view that has about as many bytes as an address.
  @inline(always)
  mutating func put(short view: ByteView) {
    let after = self.address(after: view.count)
    view.copyShort(to: self.next)
    self.next = after
  }

  /// Puts the bytes of a view, escaped for an attribute's value.
  @inline(always)
  mutating func put(escaped view: ByteView) { self = Self.putting(escaped: view, self) }

  @inline(never)
  private static func putting(escaped view: ByteView, _ sink: ByteSink) -> ByteSink {
    var sink = sink
    Escape.pieces(of: view.text, isValue: true) { sink.put(ByteView(UnsafeRawBufferPointer($0))) }
    return sink
  }

  /// Puts text that is known when this is compiled, by a few stores of whole vectors.
  @inline(always)
  mutating func put(_ text: StaticString) {
    let after = self.address(after: text.utf8CodeUnitCount)
    self.next.copyMemory(
      from: UnsafeRawPointer(text.utf8Start), byteCount: text.utf8CodeUnitCount)
    self.next = after
  }

  /// Puts the first `count` bytes of a word, the lowest one first; `count` is at most 8.
  ///
  /// There has to be room for all eight. What stands beyond `count` is written over by whatever is
  /// put next.
  @inline(always)
  mutating func put(_ word: UInt64, count: Int = 8) {
    precondition(count >= 0 && count <= 8)
    _ = self.address(after: 8)
    self.next.storeBytes(of: word.littleEndian, as: UInt64.self)
    self.next += count
  }
}

extension ByteView {
  /// Copies everything to memory that has room for it.
  @inline(always)
  fileprivate func copy(to target: UnsafeMutableRawPointer) {
    target.copyMemory(from: self.base, byteCount: self.count)
  }

  /// The same without a call for 16 to 64 bytes: two or four vectors, which may overlap.
  @inline(always)
  fileprivate func copyShort(to target: UnsafeMutableRawPointer) {
    guard self.count >= 16, self.count <= 64 else { return self.copy(to: target) }
    let last = self.count &- 16
    Self.copyVector(from: self.base, to: target)
    if self.count > 32 {
      Self.copyVector(from: self.base + 16, to: target + 16)
      Self.copyVector(from: self.base + last - 16, to: target + last - 16)
    }
    Self.copyVector(from: self.base + last, to: target + last)
  }

  @inline(always)
  private static func copyVector(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer
  ) {
    target.storeBytes(
      of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
  }

  /// The memory as what it is: every view is one of an array's or a string's bytes.
  fileprivate var text: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: self.base.assumingMemoryBound(to: UInt8.self), count: self.count)
  }

  /// The bytes as an array of their own.
  var array: [UInt8] { [UInt8](self.text) }

  /// How many bytes ``ByteSink/put(escaped:)`` puts.
  @inline(never)
  var escapedCount: Int { Escape.valueCount(self.text) }
}
