/// What can be told of a payload without parsing it, because ``XMPPBinding`` has written its tags.
enum PayloadShape {
  static func begins(_ payload: [UInt8], with text: StaticString) -> Bool {
    payload.starts(
      with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Where the end tag begins; nil when the payload does not end with one of ours.
  static func endTag(of payload: [UInt8]) -> Int? {
    Self.start(of: "</message>", endOf: payload) ?? Self.start(of: "</presence>", endOf: payload)
  }

  private static func start(of tag: StaticString, endOf payload: [UInt8]) -> Int? {
    let bytes = UnsafeBufferPointer(start: tag.utf8Start, count: tag.utf8CodeUnitCount)
    let start = payload.count - bytes.count
    return start > 0 && payload[start...].elementsEqual(bytes) ? start : nil
  }

  /// The value of `type`, which our start tags have right after the namespace; nil without one.
  static func type(of payload: [UInt8]) -> Range<Int>? {
    let prefix: StaticString = "<message xmlns='jabber:client' type='"
    guard Self.begins(payload, with: prefix) else { return nil }
    let start = prefix.utf8CodeUnitCount
    guard let end = payload[start...].firstIndex(of: UInt8(ascii: "'")) else { return nil }
    return start..<end
  }

  /// Whether the stanza says already when it was sent (XEP-0203), so that it is not said twice.
  ///
  /// The bytes are only looked at closely when they name the namespace at all.
  static func hasDelay(_ payload: [UInt8]) -> Bool {
    guard Self.contains(payload[...], "urn:xmpp:delay") else { return false }
    guard let layout = try? StanzaScanner(depthLimit: .max).layout(of: payload) else {
      return false
    }
    return layout.children.contains { child in
      let name = payload[child.name]
      let local = name.firstIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
      return local.elementsEqual("delay".utf8)
        && Self.contains(payload[child.range], "urn:xmpp:delay")
    }
  }

  private static func contains(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard let first = wanted.first, bytes.count >= wanted.count else { return false }
    var index = bytes.startIndex
    let last = bytes.endIndex - wanted.count
    while index <= last {
      if bytes[index] == first, bytes[index..<index + wanted.count].elementsEqual(wanted) {
        return true
      }
      index += 1
    }
    return false
  }
}
