import MDMXMPP

/// The nodes of all elements that are open, the innermost element's on top.
///
/// Nodes are moved, never copied: an array would count references up and down again for each child
/// that it hands over to its element.
final class NodeStack {
  private var base: UnsafeMutablePointer<Element.Node>
  private var capacity: Int
  /// How many nodes there are.
  private(set) var count = 0

  private static let initialCapacity = 16

  init() {
    self.capacity = Self.initialCapacity
    self.base = .allocate(capacity: Self.initialCapacity)
  }

  deinit {
    self.base.deinitialize(count: self.count)
    self.base.deallocate()
  }

  /// Puts a node on top.
  @inline(__always)
  func push(_ node: consuming Element.Node) {
    if self.count == self.capacity { self.reallocate(2 * self.capacity) }
    (self.base + self.count).initialize(to: node)
    self.count += 1
  }

  /// Takes all nodes above the first so many, in the order in which they were pushed.
  @inline(__always)
  func pop(to remaining: Int) -> [Element.Node] {
    let popped = self.count - remaining
    if popped <= 0 { return [] }
    var nodes: [Element.Node] = []
    nodes.reserveCapacity(popped)
    for index in remaining..<self.count { nodes.append((self.base + index).move()) }
    self.count = remaining
    return nodes
  }

  /// Gives back what an unusually large stanza took; the stack must be empty.
  func trim() {
    if self.count == 0 && self.capacity > 256 { self.reallocate(Self.initialCapacity) }
  }

  private func reallocate(_ capacity: Int) {
    let base = UnsafeMutablePointer<Element.Node>.allocate(capacity: capacity)
    base.moveInitialize(from: self.base, count: self.count)
    self.base.deallocate()
    self.base = base
    self.capacity = capacity
  }
}
