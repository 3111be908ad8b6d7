public import MDMStanza

/// One of the two nodes of a presence redundancy group.
///
/// The same value names the node's users: those whose home is this node, wherever they are
/// served at the moment.
public enum NodeID: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The node that is named first in the group's definition.
  case first
  /// The other node.
  case second

  /// The other node of the pair.
  public var peer: NodeID { self == .first ? .second : .first }
}

/// Which start of a node's service manager speaks: a number that grows with every start.
///
/// The host keeps it where it survives a restart and hands in a greater one each time.
public struct BootID: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The number of the start.
  public var rawValue: UInt64

  /// The start with this number.
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Whether the left start is the earlier one.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Names one request of a node to its host, so that the answer finds it again.
public struct OperationID: Hashable, Sendable, BitwiseCopyable {
  /// The start of the node that asked.
  public var boot: BootID
  /// The number of the request within that start.
  public var number: UInt64

  /// The request `number` of the start `boot`.
  public init(boot: BootID, number: UInt64) {
    self.boot = boot
    self.number = number
  }
}

/// A number that grows whenever the right to serve a node's users changes hands.
///
/// Whatever is written for these users carries it, and whoever keeps what is written refuses a
/// smaller one: that is what makes a node harmless that has not yet noticed that it was replaced.
public struct OwnershipEpoch: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The number; zero before anybody owned the users.
  public var rawValue: UInt64

  /// The epoch with this number.
  public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// Before anybody owned the users.
  public static var none: OwnershipEpoch { OwnershipEpoch(0) }

  /// Whether the left epoch is the earlier one.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The right to serve the users of one node, for a time.
public struct ServingTerm: Hashable, Sendable, BitwiseCopyable {
  /// The epoch in which they are served.
  public var epoch: OwnershipEpoch
  /// When the right ends, unless it is prolonged; half-open.
  public var end: MonotonicInstant

  /// The right to serve in `epoch` up to `end`.
  public init(epoch: OwnershipEpoch, end: MonotonicInstant) {
    self.epoch = epoch
    self.end = end
  }
}

/// One value for each node of the pair.
@frozen
public struct PerNode<Value> {
  /// The first node's.
  public var first: Value
  /// The second node's.
  public var second: Value

  /// A value for each.
  @inlinable
  public init(first: Value, second: Value) {
    self.first = first
    self.second = second
  }

  /// The same value for both.
  @inlinable
  public init(both value: Value) {
    self.first = value
    self.second = value
  }

  /// The value of a node, changed in place.
  @inlinable
  public subscript(node: NodeID) -> Value {
    get { node == .first ? self.first : self.second }
    _modify {
      switch node {
      case .first: yield &self.first
      case .second: yield &self.second
      }
    }
  }
}

extension PerNode: Sendable where Value: Sendable {}
extension PerNode: Equatable where Value: Equatable {}
extension PerNode: Hashable where Value: Hashable {}
