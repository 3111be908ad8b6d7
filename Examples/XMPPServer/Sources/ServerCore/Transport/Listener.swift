import Glibc

/// A socket that takes connections in.
final class Listener: EventHandler {
  let descriptor: Int32
  /// The address with the port that was really given.
  let boundAddress: ListenAddress
  private let isSecured: Bool
  private unowned let server: XMPPServer

  /// Connections that one turn takes in, so that a rush of them does not hold up the others.
  private static let connectionsPerTurn = 64

  init(_ address: ListenAddress, secured: Bool, server: XMPPServer) throws(SystemError) {
    self.server = server
    self.isSecured = secured
    let family = address.isIPv6 ? AF_INET6 : AF_INET
    let type = Descriptors.streamSocketType
    self.descriptor = socket(family, type, 0)
    if self.descriptor < 0 { throw SystemError("socket for \(address)") }
    var one: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(self.descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
    if address.isIPv6 {
      setsockopt(self.descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size)
    }
    let descriptor = self.descriptor
    let isBound = address.withSocketAddress { Glibc.bind(descriptor, $0, $1) == 0 }
    guard isBound, Glibc.listen(descriptor, 1_024) == 0 else {
      let error = SystemError("listen on \(address)")
      Glibc.close(descriptor)
      throw error
    }
    self.boundAddress = ListenAddress(localAddressOf: descriptor) ?? address
  }

  func handle(_ readiness: Readiness) {
    for _ in 0..<Self.connectionsPerTurn {
      var address = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let connection = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Descriptors.accept(self.descriptor, $0, &length)
        }
      }
      if connection < 0 {
        // The connection stays in the queue, of which the loop would tell without end.
        if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { self.server.pauseListening() }
        return
      }
      var one: Int32 = 1
      setsockopt(
        connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one,
        socklen_t(MemoryLayout<Int32>.size))
      let peer = ListenAddress(&address)?.addressText ?? "unknown"
      self.server.accept(connection, from: peer, secured: self.isSecured)
    }
  }

  func close() { Glibc.close(self.descriptor) }
}

extension ListenAddress {
  /// The address that a socket is bound to.
  init?(localAddressOf descriptor: Int32) {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { return nil }
    self.init(&address)
  }

  /// The address in a structure that the system has filled in.
  init?(_ address: inout sockaddr_storage) {
    let family = Int32(address.ss_family)
    var bytes: [UInt8] = []
    var port: UInt16 = 0
    withUnsafeBytes(of: &address) { raw in
      switch family {
      case AF_INET:
        let address = raw.loadUnaligned(as: sockaddr_in.self)
        port = UInt16(bigEndian: address.sin_port)
        withUnsafeBytes(of: address.sin_addr) { bytes = Array($0) }
      case AF_INET6:
        let address = raw.loadUnaligned(as: sockaddr_in6.self)
        port = UInt16(bigEndian: address.sin6_port)
        withUnsafeBytes(of: address.sin6_addr) { bytes = Array($0) }
      default:
        break
      }
    }
    guard !bytes.isEmpty else { return nil }
    self.init(bytes: bytes, port: port)
  }

  /// The address without the port.
  var addressText: String {
    let text = self.description
    guard let colon = text.lastIndex(of: ":") else { return text }
    return String(text[..<colon])
  }
}
