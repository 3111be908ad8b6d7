import HTTPServing
import MDMRedundancy

/// What an administrator may change.
public enum ConsoleOrder: Equatable, Sendable {
  /// Office time by real time; 0 stops it.
  case speed(Int)
  /// So many sessions that only take room, on one node or on both.
  case load(Int, NodeID?)
  /// The alarm's limit in percent.
  case alarmLimit(Int)
  /// Something for a node.
  case node(NodeID, NodeOrder)
  /// Whether heartbeats between the nodes are lost.
  case cut(Bool)
  /// Both nodes start anew after a failure.
  case recover

  /// What can be done to a node.
  public enum NodeOrder: String, Sendable, CaseIterable {
    /// Its power goes.
    case off
    /// Its power comes back.
    case on
    /// A critical service of it goes down.
    case breaks
    /// The service can run again.
    case mend
    /// Its users are moved to its peer.
    case failover
    /// Its users come home.
    case fallback
  }

  /// The fastest that office time goes.
  public static let speedLimit = 7_200

  /// The order that the rest of a path and its arguments stand for.
  ///
  /// - Throws: ``OrderError`` that says what is missing; nil in `parsing` is no order at all.
  public static func parse(
    _ path: ArraySlice<String>, _ request: HTTPRequest
  ) throws(OrderError) -> ConsoleOrder? {
    switch Array(path) {
    case ["speed"]: return .speed(try Self.number("value", 0...Self.speedLimit, of: request))
    case ["load"]:
      let count = try Self.number("value", 0...Office.loadLimit, of: request)
      guard let name = request.argument("node") else { return .load(count, nil) }
      return .load(count, try Self.node(name))
    case ["alarm-limit"]: return .alarmLimit(try Self.number("value", 1...100, of: request))
    case ["line", "cut"]: return .cut(true)
    case ["line", "mend"]: return .cut(false)
    case ["recover"]: return .recover
    default:
      guard path.count == 3, path.first == "nodes", let last = path.last,
        let order = NodeOrder(rawValue: last)
      else { return nil }
      return .node(try Self.node(path[path.startIndex + 1]), order)
    }
  }

  private static func number(
    _ name: String, _ range: ClosedRange<Int>, of request: HTTPRequest
  ) throws(OrderError) -> Int {
    guard let text = request.argument(name), let value = Int(text), range.contains(value) else {
      throw OrderError(
        "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func node(_ name: String) throws(OrderError) -> NodeID {
    guard let node = NodeID(name: name) else { throw OrderError("there is no node \(name)") }
    return node
  }
}
