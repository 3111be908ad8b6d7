/// Records addressed by a dense index that never move once written.
///
/// The storage grows by one chunk at a time: no growth step copies what is already there, so the
/// cost of an insertion does not depend on how many records exist, and at most one chunk is
/// allocated ahead of need. The owner decides which indices are in use; this type only guarantees
/// that every index below ``count`` is initialised.
@usableFromInline
package struct ChunkedStorage<Element: ~Copyable>: ~Copyable {
  /// Records in one chunk. A power of two, so that an index splits by shift and mask.
  @inlinable static var chunkCapacity: Int { 1 << Self.chunkShift }
  @inlinable static var chunkShift: Int { 9 }

  @usableFromInline var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  @usableFromInline var chunkCount = 0
  @usableFromInline var directoryCapacity = 0

  /// Initialised records; indices run from 0 up to but not including this.
  @usableFromInline package private(set) var count = 0

  @inlinable
  package init() {
    self.chunks = UnsafeMutablePointer.allocate(capacity: 0)
  }

  @inlinable
  deinit {
    for index in 0..<self.count { self.address(index).deinitialize(count: 1) }
    for chunk in 0..<self.chunkCount { self.chunks[chunk].deallocate() }
    self.chunks.deallocate()
  }

  /// Where the record at `index` lies, for code that works on one record at length; it stays there.
  @inlinable @inline(always)
  package func pointer(to index: UInt32) -> UnsafeMutablePointer<Element> {
    self.address(Int(index))
  }

  @inlinable @inline(always)
  func address(_ index: Int) -> UnsafeMutablePointer<Element> {
    assert(index >= 0 && index < self.chunkCount << Self.chunkShift)
    return self.chunks[index &>> Self.chunkShift] + (index & (Self.chunkCapacity &- 1))
  }

  /// The record at `index`, read or changed in place.
  ///
  /// - Complexity: O(1), two dependent loads.
  @inlinable
  package subscript(index: UInt32) -> Element {
    @inline(always)
    unsafeAddress { UnsafePointer(self.address(Int(index))) }
    @inline(always)
    unsafeMutableAddress { self.address(Int(index)) }
  }

  /// Adds a record behind the last one and returns its index.
  ///
  /// - Complexity: O(1); allocates a chunk when the last one is full.
  @inlinable
  package mutating func append(_ element: consuming Element) -> UInt32 {
    self.reserveOne()
    self.address(self.count).initialize(to: element)
    self.count &+= 1
    return UInt32(truncatingIfNeeded: self.count &- 1)
  }

  /// Makes sure that the next ``append(_:)`` allocates nothing.
  @inlinable @inline(always)
  package mutating func reserveOne() {
    if self.count == self.chunkCount << Self.chunkShift { self.addChunk() }
  }

  @usableFromInline @inline(never)
  mutating func addChunk() {
    if self.chunkCount == self.directoryCapacity {
      let capacity = max(8, self.directoryCapacity * 2)
      let grown = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: capacity)
      grown.moveInitialize(from: self.chunks, count: self.chunkCount)
      self.chunks.deallocate()
      self.chunks = grown
      self.directoryCapacity = capacity
    }
    (self.chunks + self.chunkCount).initialize(
      to: UnsafeMutablePointer<Element>.allocate(capacity: Self.chunkCapacity))
    self.chunkCount += 1
  }

  /// Bytes allocated for records and the chunk directory, malloc's own bookkeeping left out.
  package var allocatedBytes: Int {
    self.chunkCount * Self.chunkCapacity * MemoryLayout<Element>.stride
      + self.directoryCapacity * MemoryLayout<UnsafeMutablePointer<Element>>.stride
  }
}

// One owner, no shared state: moving the storage moves everything it points to.
extension ChunkedStorage: @unchecked Sendable where Element: Sendable & ~Copyable {}
