/// Writes the binary form of snapshots: variable-length integers, strings and bytes, one after the
/// other.
package struct ByteWriter: Sendable {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(byte: UInt8) { self.bytes.append(byte) }

  /// Seven bits a byte, least significant first, the top bit says that more follow.
  package mutating func write(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    self.bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A signed number, folded so that small ones of either sign are short.
  package mutating func write(signed value: Int64) {
    self.write(UInt64(bitPattern: value &<< 1 ^ value &>> 63))
  }

  package mutating func write(_ value: Int) { self.write(signed: Int64(value)) }

  package mutating func write(_ value: Bool) { self.bytes.append(value ? 1 : 0) }

  package mutating func write(_ value: [UInt8]) {
    self.write(UInt64(value.count))
    self.bytes.append(contentsOf: value)
  }

  package mutating func write(_ text: String) {
    self.write(UInt64(text.utf8.count))
    self.bytes.append(contentsOf: text.utf8)
  }

  /// Appends bytes as they are.
  package mutating func append(_ raw: [UInt8]) { self.bytes.append(contentsOf: raw) }
}

/// What is wrong with bytes that should be a snapshot.
package enum ByteReaderError: Error, Sendable, Equatable {
  /// They end too early.
  case truncated
  /// They say something impossible.
  case malformed
}

/// Reads what ``ByteWriter`` wrote, and believes none of it: every length is checked against what
/// is left before anything is allocated.
package struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    self.position = bytes.startIndex
  }

  /// Bytes that have not been read.
  package var remaining: Int { self.bytes.endIndex - self.position }

  package mutating func byte() throws(ByteReaderError) -> UInt8 {
    guard self.remaining > 0 else { throw .truncated }
    defer { self.position += 1 }
    return self.bytes[self.position]
  }

  package mutating func integer() throws(ByteReaderError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try self.byte()
      let part = UInt64(byte & 0x7F)
      // The tenth byte holds the 64th bit alone.
      if shift == 63, part > 1 { throw .malformed }
      value |= part &<< shift
      if byte & 0x80 == 0 { return value }
      shift += 7
      if shift > 63 { throw .malformed }
    }
  }

  package mutating func signed() throws(ByteReaderError) -> Int64 {
    let folded = try self.integer()
    return Int64(bitPattern: folded &>> 1) ^ -Int64(bitPattern: folded & 1)
  }

  /// A whole number within `range`.
  package mutating func integer<Value: FixedWidthInteger>(
    in range: ClosedRange<Value>
  ) throws(ByteReaderError) -> Value {
    guard let value = Value(exactly: try self.integer()), range.contains(value) else {
      throw .malformed
    }
    return value
  }

  package mutating func bool() throws(ByteReaderError) -> Bool {
    switch try self.byte() {
    case 0: return false
    case 1: return true
    default: throw .malformed
    }
  }

  /// How many items follow, each of at least `minimum` bytes.
  package mutating func count(eachAtLeast minimum: Int) throws(ByteReaderError) -> Int {
    let count = try self.integer()
    guard count <= UInt64(self.remaining / max(1, minimum)) else { throw .truncated }
    return Int(count)
  }

  package mutating func slice() throws(ByteReaderError) -> ArraySlice<UInt8> {
    let count = try self.count(eachAtLeast: 1)
    defer { self.position += count }
    return self.bytes[self.position..<self.position + count]
  }

  package mutating func string() throws(ByteReaderError) -> String {
    let slice = try self.slice()
    guard let text = String(validating: slice, as: UTF8.self) else { throw .malformed }
    return text
  }
}

/// The checksum at the end of a snapshot: CRC-32 as in IEEE 802.3.
package enum Checksum {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 0 ? value &>> 1 : 0xEDB8_8320 ^ value &>> 1
    }
  }

  package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var value = UInt32.max
    let table = self.table
    for byte in bytes {
      value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value &>> 8
    }
    return ~value
  }
}
