import MDM

/// What the console shows: an office of its own, or a server that it is attached to. Nil is what
/// the source cannot tell.
public protocol ConsoleSource: AnyObject {
  /// So many nanoseconds of real time have passed.
  func pass(nanoseconds: Int64)
  /// How things stand, for the event stream.
  var state: JSON { get }
  /// The minutes of the day from a number on.
  func history(from first: Int) -> JSON?
  /// The sessions report as of now.
  var report: SessionReport? { get }
  /// Everybody.
  var people: JSON? { get }
  /// One user's devices, and what became of her stanzas.
  func person(_ account: String) -> JSON?
  /// Everything that is counted, in the text format of Prometheus.
  var metrics: String? { get }
  /// Carries out what an administrator orders.
  func perform(_ order: ConsoleOrder) throws(OrderError)
}

/// Why an order was not carried out.
public struct OrderError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, for a person.
  public let description: String

  /// An error in words.
  public init(_ description: String) { self.description = description }
}
