/// The id that a message's sender has given it, as it stands in the stanza's first tag, and the
/// number that the archive finds it by.
///
/// A stanza in the store begins with a tag whose attributes stand between apostrophes or quotation
/// marks; nothing beyond that tag is looked at.
enum SenderID {
  /// The number for an id; never 0, which stands for no id.
  static func number(of id: some Sequence<UInt8>) -> Int64 {
    // FNV-1a: ids are looked at again when they are found, so that two may share a number.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash == 0 ? 1 : Int64(bitPattern: hash)
  }

  /// The number of a stanza's id, 0 if it has none.
  static func number(in stanza: [UInt8]) -> Int64 {
    let id = Self.id(in: stanza)
    return id.isEmpty ? 0 : Self.number(of: id)
  }

  /// The id of a stanza; empty if it has none.
  static func id(in stanza: [UInt8]) -> [UInt8] {
    stanza.withUnsafeBytes { bytes in
      var place = 0
      while place < bytes.count, bytes[place] != UInt8(ascii: ">") {
        guard bytes[place] == UInt8(ascii: "'") || bytes[place] == UInt8(ascii: "\"") else {
          place += 1
          continue
        }
        let quote = bytes[place]
        let start = place + 1
        let end = bytes[start...].firstIndex(of: quote) ?? bytes.count
        // The name before it: a space, `id` and the equals sign.
        if place >= 4, bytes[(place - 4)..<place].elementsEqual(" id=".utf8) {
          return Self.unescaped(bytes[start..<end])
        }
        place = end + 1
      }
      return []
    }
  }

  /// A value without its references.
  private static func unescaped(_ value: Slice<UnsafeRawBufferPointer>) -> [UInt8] {
    guard value.contains(UInt8(ascii: "&")) else { return Array(value) }
    var bytes: [UInt8] = []
    var rest = value
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&"), let end = rest.firstIndex(of: UInt8(ascii: ";")) else {
        bytes.append(byte)
        continue
      }
      bytes += Self.meaning(of: String(decoding: rest[..<end], as: UTF8.self)).utf8
      rest = rest[(end + 1)...]
    }
    return bytes
  }

  private static func meaning(of reference: String) -> String {
    switch reference {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "apos": return "'"
    case "quot": return "\""
    default:
      let isHexadecimal = reference.hasPrefix("#x")
      let digits = reference.dropFirst(isHexadecimal ? 2 : 1)
      let scalar = UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap { Unicode.Scalar($0) }
      return scalar.map { String(Character($0)) } ?? ""
    }
  }
}

extension ServerStore {
  /// The received messages of a conversation to which their sender gave an id, the earliest first.
  ///
  /// - Complexity: O(log *n*) in the messages of the store, beside those with the same id.
  public func messages(
    of account: AccountID, conversation: String, named id: String
  ) throws(StoreError) -> [ArchivedMessage] {
    let wanted = Array(id.utf8)
    guard !wanted.isEmpty else { return [] }
    return try self.database.read(
      """
      SELECT \(ArchivedMessage.columns) FROM archive AS a INDEXED BY archive_sender_id
      WHERE a.account = ? AND a.sender_id = ? AND a.sender_id <> 0 AND a.conversation = ?
      ORDER BY a.position
      """, account, SenderID.number(of: wanted), conversation, doing: "looking for a message"
    ) { ArchivedMessage($0, of: account) }.filter { SenderID.id(in: $0.stanza) == wanted }
  }
}
