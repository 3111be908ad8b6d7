import Glibc

/// An address and a port to listen on, written `127.0.0.1:5222` or `[::1]:5222`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address in network byte order: 4 bytes for IPv4, 16 for IPv6.
  public let bytes: [UInt8]
  /// The port; 0 lets the system choose one.
  public let port: UInt16

  /// Whether it is an IPv6 address.
  public var isIPv6: Bool { self.bytes.count == 16 }

  /// Whether only this machine can reach it.
  public var isLoopback: Bool {
    if !self.isIPv6 { return self.bytes[0] == 127 }
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    if self.bytes.starts(with: mapped) { return self.bytes[12] == 127 }
    return self.bytes[15] == 1 && self.bytes[..<15].allSatisfy { $0 == 0 }
  }

  /// Reads an address; nil when the text is none. Names of hosts are not looked up.
  public init?(_ text: String) {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let digits = text[text.utf8.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = UInt16(digits)
    else { return nil }
    var host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = host.dropFirst().dropLast() }
    var bytes = [UInt8](repeating: 0, count: isBracketed ? 16 : 4)
    let family = isBracketed ? AF_INET6 : AF_INET
    // A NUL would end the text early for the C function.
    guard !host.utf8.contains(0),
      bytes.withUnsafeMutableBytes({ inet_pton(family, String(host), $0.baseAddress) }) == 1
    else { return nil }
    self.bytes = bytes
    self.port = port
  }

  /// Both loopback addresses with a port.
  static func loopback(port: UInt16) -> [ListenAddress] {
    [
      ListenAddress(bytes: [127, 0, 0, 1], port: port),
      ListenAddress(bytes: [UInt8](repeating: 0, count: 15) + [1], port: port),
    ]
  }

  init(bytes: [UInt8], port: UInt16) {
    self.bytes = bytes
    self.port = port
  }

  /// Passes the address on as `bind(2)` and `connect(2)` take it.
  public func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) rethrows -> Result {
    var storage = sockaddr_storage()
    let size = self.isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    return try withUnsafeMutableBytes(of: &storage) { bytes in
      if self.isIPv6 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = self.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: self.bytes) }
        bytes.storeBytes(of: address, as: sockaddr_in6.self)
      } else {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = self.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: self.bytes) }
        bytes.storeBytes(of: address, as: sockaddr_in.self)
      }
      return try bytes.withMemoryRebound(to: sockaddr.self) { addresses in
        guard let address = addresses.baseAddress else {
          preconditionFailure("The storage of a socket address is not empty.")
        }
        return try body(address, socklen_t(size))
      }
    }
  }

  /// The address as it is written in settings.
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = self.isIPv6 ? AF_INET6 : AF_INET
    let isWritten = self.bytes.withUnsafeBytes { address in
      inet_ntop(family, address.baseAddress, &text, socklen_t(text.count)) != nil
    }
    guard isWritten else { return "?:\(self.port)" }
    let host = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return self.isIPv6 ? "[\(host)]:\(self.port)" : "\(host):\(self.port)"
  }
}
