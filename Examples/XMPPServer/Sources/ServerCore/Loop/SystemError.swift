import Glibc

/// A call to the operating system that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was being done, such as `bind 127.0.0.1:5222`.
  public let operation: String
  /// The error number.
  public let number: Int32

  /// The failure of `operation` that `errno` tells of just now.
  public init(_ operation: String, number: Int32 = errno) {
    self.operation = operation
    self.number = number
  }

  /// The operation and the system's text for the number.
  public var description: String { "\(self.operation): \(String(cString: strerror(self.number)))" }
}
