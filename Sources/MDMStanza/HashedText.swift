/// A text that is compared far more often than it is read: its bytes, and their hash in this
/// process.
///
/// Both are worked out once, when the text is made at the edge. Two texts are equal when they are
/// byte for byte; canonically equivalent spellings are different. Kept as bytes because comparing
/// strings first finds out how each is stored and normalised, which costs more than the comparison.
@usableFromInline
package struct HashedText: Hashable, Sendable {
  /// The text as UTF-8.
  @usableFromInline package let bytes: [UInt8]
  /// The hash of the bytes; never decides an order and never reaches an effect.
  @usableFromInline package let hash: Int

  package init(_ text: String) {
    self.bytes = Array(text.utf8)
    self.hash = self.bytes.withUnsafeBytes { Self.hash(of: $0) }
  }

  /// The hash of a text of these bytes.
  package static func hash(of bytes: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return hasher.finalize()
  }

  /// The text.
  ///
  /// - Complexity: O(bytes).
  package var text: String { String(decoding: self.bytes, as: UTF8.self) }

  @inlinable @inline(always)
  package static func == (left: Self, right: Self) -> Bool {
    left.hash == right.hash && left.bytes.count == right.bytes.count
      && left.bytes.withUnsafeBytes { left in
        right.bytes.withUnsafeBytes { right in Self.areSame(left, right) }
      }
  }

  @inlinable
  package func hash(into hasher: inout Hasher) { hasher.combine(self.hash) }

  /// Compares buffers of one length, eight bytes at a time.
  @inlinable @inline(always)
  package static func areSame(
    _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Bool {
    guard let left = left.baseAddress, let base = right.baseAddress, left != base else {
      return true
    }
    let last = right.count &- 8
    guard last >= 0 else { return Self.areSame(left, base, count: right.count) }
    // The last step may overlap the one before it, so that no bytes are left over.
    var index = 0
    while index < last {
      if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        != base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      {
        return false
      }
      index &+= 8
    }
    return left.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      == base.loadUnaligned(fromByteOffset: last, as: UInt64.self)
  }

  @usableFromInline
  static func areSame(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int
  ) -> Bool {
    for index in 0..<count
    where left.load(fromByteOffset: index, as: UInt8.self)
      != right.load(fromByteOffset: index, as: UInt8.self)
    {
      return false
    }
    return true
  }
}
