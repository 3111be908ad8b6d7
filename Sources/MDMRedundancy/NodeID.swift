/// One of the two nodes of a presence redundancy group.
public enum NodeID: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The node named first in the group.
  case first
  /// The node named second in the group.
  case second

  /// The other node.
  public var peer: NodeID {
    switch self {
    case .first: .second
    case .second: .first
    }
  }
}
