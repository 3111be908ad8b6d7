/// Room for a value that most owners never need: one pointer, and the value only once it is made.
@usableFromInline
package struct LazyBox<Value: ~Copyable>: ~Copyable {
  @usableFromInline var pointer: UnsafeMutablePointer<Value>?

  /// A box without a value.
  @inlinable
  package init() { self.pointer = nil }

  @inlinable
  deinit { self.discardPointer() }

  /// Whether there is no value.
  @inlinable package var isEmpty: Bool { self.pointer == nil }

  /// Puts a value into an empty box.
  @inlinable
  package mutating func fill(_ value: consuming Value) {
    precondition(self.pointer == nil, "The box is full.")
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    pointer.initialize(to: value)
    self.pointer = pointer
  }

  /// Takes the value out and frees it.
  @inlinable
  package mutating func empty() {
    self.discardPointer()
    self.pointer = nil
  }

  @usableFromInline
  func discardPointer() {
    guard let pointer = self.pointer else { return }
    pointer.deinitialize(count: 1)
    pointer.deallocate()
  }

  /// The value, read or changed in place.
  ///
  /// - Precondition: the box is not empty.
  @inlinable
  package var value: Value {
    @inline(always)
    unsafeAddress {
      guard let pointer = self.pointer else { preconditionFailure("The box is empty.") }
      return UnsafePointer(pointer)
    }
    @inline(always)
    unsafeMutableAddress {
      guard let pointer = self.pointer else { preconditionFailure("The box is empty.") }
      return pointer
    }
  }
}

extension LazyBox: @unchecked Sendable where Value: Sendable & ~Copyable {}
