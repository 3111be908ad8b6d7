/// Short byte strings packed side by side, for names that millions of records refer to.
///
/// A `String` of thirty bytes costs ninety-six bytes of heap and pointer; here it costs
/// thirty-two and an eight-byte reference. Blocks are multiples of eight bytes; a freed block goes
/// to the free list of its size and is handed out again to a name of the same size, so nothing is
/// ever moved and every reference stays valid until it is freed.
package struct NameArena: ~Copyable, @unchecked Sendable {
  /// Where a name lies. The empty name needs no block.
  package struct Reference: BitwiseCopyable, Sendable {
    /// Offset of the block in units of eight bytes.
    @usableFromInline var block: UInt32
    /// Length of the name in bytes.
    package private(set) var length: UInt16

    @inlinable
    init(block: UInt32, length: UInt16) {
      self.block = block
      self.length = length
    }

    /// The reference to the empty name.
    package static var empty: Reference { Reference(block: 0, length: 0) }
  }

  /// The longest name, in bytes: an address of three parts of 1,023 octets and two separators.
  package static let maximumLength = 3_071

  private static let chunkBytes = 1 << 16
  private static let blocksPerChunk = UInt32(chunkBytes / 8)
  private static let noBlock = UInt32.max

  private var chunks: [UnsafeMutableRawPointer] = []
  private var nextBlock: UInt32 = 0
  /// Heads of the free lists; index is the block's size in units of eight bytes.
  private var freeLists: [UInt32]

  package init() {
    self.freeLists = Array(repeating: Self.noBlock, count: Self.maximumLength / 8 + 2)
  }

  deinit {
    for chunk in self.chunks { chunk.deallocate() }
  }

  private func address(_ block: UInt32) -> UnsafeMutableRawPointer {
    self.chunks[Int(block / Self.blocksPerChunk)] + Int(block % Self.blocksPerChunk) * 8
  }

  private static func units(_ length: Int) -> Int { (length + 7) / 8 }

  /// Stores the UTF-8 bytes of `name`.
  ///
  /// - Precondition: at most ``maximumLength`` bytes.
  /// - Complexity: O(length).
  package mutating func insert(_ name: String) -> Reference {
    var name = name
    return name.withUTF8 { bytes in
      precondition(bytes.count <= Self.maximumLength, "A name is over \(Self.maximumLength) bytes.")
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return .empty }
      let block = self.takeBlock(units: Self.units(bytes.count))
      self.address(block).copyMemory(from: base, byteCount: bytes.count)
      return Reference(block: block, length: UInt16(bytes.count))
    }
  }

  private mutating func takeBlock(units: Int) -> UInt32 {
    let free = self.freeLists[units]
    if free != Self.noBlock {
      self.freeLists[units] = self.address(free).load(as: UInt32.self)
      return free
    }
    // A block never straddles two chunks; what is left of the last one is given up.
    let left = Self.blocksPerChunk - self.nextBlock % Self.blocksPerChunk
    if self.chunks.isEmpty || UInt32(units) > left || self.nextBlock == self.capacity {
      self.nextBlock = self.capacity
      self.chunks.append(.allocate(byteCount: Self.chunkBytes, alignment: 8))
    }
    defer { self.nextBlock += UInt32(units) }
    return self.nextBlock
  }

  private var capacity: UInt32 { UInt32(self.chunks.count) * Self.blocksPerChunk }

  /// Gives a name's block back. The reference must not be used again.
  package mutating func remove(_ reference: Reference) {
    guard reference.length > 0 else { return }
    let units = Self.units(Int(reference.length))
    self.address(reference.block).storeBytes(of: self.freeLists[units], as: UInt32.self)
    self.freeLists[units] = reference.block
  }

  /// Whether the name behind `reference` is `name`, byte for byte.
  ///
  /// - Complexity: O(length).
  package func equals(_ reference: Reference, _ name: String) -> Bool {
    guard Int(reference.length) == name.utf8.count else { return false }
    var name = name
    return name.withUTF8 { bytes in
      var index = 0
      let base = reference.length == 0 ? nil : Optional(self.address(reference.block))
      guard let base else { return true }
      while index < bytes.count {
        if base.load(fromByteOffset: index, as: UInt8.self) != bytes[index] { return false }
        index += 1
      }
      return true
    }
  }

  /// The bytes behind `reference`; they stay there until it is removed.
  @inline(always)
  package func bytes(_ reference: Reference) -> UnsafeRawBufferPointer {
    if reference.length == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(
      start: self.address(reference.block), count: Int(reference.length))
  }

  /// The name as a string.
  package func string(_ reference: Reference) -> String {
    String(decoding: self.bytes(reference), as: UTF8.self)
  }

  /// Bytes allocated for names.
  package var allocatedBytes: Int { self.chunks.count * Self.chunkBytes }
}
