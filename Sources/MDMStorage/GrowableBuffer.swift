/// Elements side by side behind one pointer, doubled when full: an array without copy-on-write.
///
/// Its one owner changes elements in place without a uniqueness check, which is what most of the
/// cost of a small array's element is.
@usableFromInline
package struct GrowableBuffer<Element: ~Copyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>?
  @usableFromInline var used: UInt32 = 0
  @usableFromInline var capacity: UInt32 = 0

  /// Initialised elements.
  @inlinable package var count: Int { Int(self.used) }

  /// An empty buffer; it owns no memory.
  @inlinable
  package init() { self.base = nil }

  @inlinable
  deinit {
    guard let base = self.base else { return }
    base.deinitialize(count: self.count)
    base.deallocate()
  }

  /// Whether there are no elements.
  @inlinable package var isEmpty: Bool { self.count == 0 }

  /// The element at `index`, read or changed in place.
  ///
  /// - Precondition: `index` is below ``count``.
  @inlinable
  package subscript(index: Int) -> Element {
    @inline(always)
    unsafeAddress { UnsafePointer(self.address(index)) }
    @inline(always)
    unsafeMutableAddress { self.address(index) }
  }

  /// Where the element at `index` lies, for code that works on one element at length; it stays
  /// there until the buffer grows.
  ///
  /// - Precondition: `index` is below ``count``; checked in debug builds only, for the hot path,
  ///   whose indices come from an index of just these elements.
  @inlinable @inline(always)
  package mutating func pointer(to index: Int) -> UnsafeMutablePointer<Element> {
    assert(index >= 0 && index < self.count)
    return self.base.unsafelyUnwrapped + index
  }

  @inlinable @inline(always)
  func address(_ index: Int) -> UnsafeMutablePointer<Element> {
    guard let base = self.base, index >= 0, index < self.count else {
      preconditionFailure("There is no element \(index) among \(self.count).")
    }
    return base + index
  }

  /// Adds an element behind the last one.
  ///
  /// - Complexity: O(1) amortised.
  @inlinable
  package mutating func append(_ element: consuming Element) {
    if self.used == self.capacity { self.grow() }
    if let base = self.base { (base + self.count).initialize(to: element) }
    self.used &+= 1
  }

  @usableFromInline @inline(never)
  mutating func grow() {
    let capacity = self.capacity == 0 ? 2 : self.capacity * 2
    let grown = UnsafeMutablePointer<Element>.allocate(capacity: Int(capacity))
    if let base = self.base {
      grown.moveInitialize(from: base, count: self.count)
      base.deallocate()
    }
    self.base = grown
    self.capacity = capacity
  }
}

extension GrowableBuffer: @unchecked Sendable where Element: Sendable & ~Copyable {}
