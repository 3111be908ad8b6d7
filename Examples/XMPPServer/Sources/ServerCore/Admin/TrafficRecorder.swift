import Glibc

/// Writes what passes on the streams into a file, one JSON object a line: what `replay` of the
/// Replay example reads, so that a day with real clients can be looked at and checked again.
///
/// A recording holds the contents of messages; whoever runs the server asks for one by a command,
/// and nobody else can read the file. What clients prove themselves with is left out.
final class TrafficRecorder {
  /// Which way something passed, seen from the server.
  enum Direction: String {
    case received = "in"
    case sent = "out"
  }

  let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// A recorder into a new file.
  init(path: String) throws(SystemError) {
    self.path = path
    self.descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if self.descriptor < 0 { throw SystemError("record into \(path)") }
  }

  deinit {
    self.flush()
    close(self.descriptor)
  }

  /// Notes one element, or one opening or closing tag, of a connection.
  func note(_ direction: Direction, _ xml: some Sequence<UInt8>, of connection: Connection) {
    let time = ServerTime.unixNanoseconds()
    let fraction = "\(1_000_000 + time / 1_000 % 1_000_000)".dropFirst()
    self.buffer += "{\"dir\":\"\(direction.rawValue)\",\"xml\":\"".utf8
    for byte in xml { self.append(byte) }
    self.buffer += "\",\"conn\":\(connection.number)".utf8
    self.buffer += ",\"t\":\(time / 1_000_000_000).\(fraction)".utf8
    if let session = connection.session {
      self.buffer += ",\"jid\":\"".utf8
      for byte in session.address.full.utf8 { self.append(byte) }
      self.buffer += "\"".utf8
    }
    self.buffer += ",\"tls\":\(connection.isEncrypted)}\n".utf8
    if self.buffer.count >= 1 << 16 { self.flush() }
  }

  /// Appends a byte as it stands in a JSON string.
  private func append(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): self.buffer += [UInt8(ascii: "\\"), byte]
    case UInt8(ascii: "\n"): self.buffer += "\\n".utf8
    case UInt8(ascii: "\r"): self.buffer += "\\r".utf8
    case UInt8(ascii: "\t"): self.buffer += "\\t".utf8
    case 0..<0x20: break
    default: self.buffer.append(byte)
    }
  }

  /// Writes out what has been noted.
  func flush() {
    var rest = self.buffer[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(self.descriptor, $0.baseAddress, $0.count) }
      // A full disk ends the recording, not the server.
      if count <= 0 { break }
      rest = rest.dropFirst(count)
    }
    self.buffer.removeAll(keepingCapacity: true)
  }
}
