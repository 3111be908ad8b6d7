public import MDMStanza

/// An XMPP address, prepared when it is made (RFC 7622).
///
/// Two addresses are equal when their prepared forms are, whatever they looked like when they
/// arrived: the local part and the domain are in lower case, a full-width form is its ASCII one,
/// everything is in normalisation form C, a domain's final dot is gone and its Punycode labels are
/// decoded. The resource keeps its case. Addresses must never be compared before this (B28).
///
/// Three things of the PRECIS framework are stricter than the RFC: half-width forms other than
/// ASCII ones, code points that need their context (joiners, the middle dot) and labels that mix
/// them are refused in the local part and the domain instead of being looked at more closely. One
/// thing is laxer: a letter with a compatibility decomposition is accepted as it is.
///
/// *Complexity* of everything here: O(length); an ASCII address in lower case is not copied.
public struct JID: Hashable, Sendable, CustomStringConvertible {
  /// The whole prepared text, with the resource if there is one.
  public let text: String
  /// UTF-8 offset at which the domain begins: 0, or one past the `@`.
  let domainStart: UInt16
  /// UTF-8 offset at which the bare address ends: the `/`, or the end.
  let bareEnd: UInt16
  /// Whether the text can stand in an attribute's value as it is; found out when it is prepared,
  /// because every delivery asks.
  let isPlainValue: Bool

  /// The most octets a part may have (RFC 7622 §3.2–3.4).
  public static let partLimit = 1_023

  /// Reads and prepares an address.
  ///
  /// - Throws: ``JIDError`` with the first part that is wrong.
  public init(_ text: String) throws(JIDError) {
    var text = text
    // A text that another runtime lends is converted once here, not at each delivery.
    text.makeContiguousUTF8()
    if let plain = JIDPreparation.plainOffsets(of: text) {
      self.init(
        text: text, domainStart: UInt16(truncatingIfNeeded: plain.domainStart),
        bareEnd: UInt16(truncatingIfNeeded: plain.bareEnd), isPlainValue: plain.isPlainValue)
    } else {
      let parts = try JIDPreparation.parts(of: text)
      self.init(local: parts.local, domain: parts.domain, resource: parts.resource)
    }
  }

  /// Puts prepared parts together; each has at most 1,023 octets, so the offsets fit.
  init(local: String?, domain: String, resource: String?) {
    var text = ""
    if let local {
      text += local
      text += "@"
    }
    self.domainStart = UInt16(truncatingIfNeeded: text.utf8.count)
    text += domain
    self.bareEnd = UInt16(truncatingIfNeeded: text.utf8.count)
    if let resource {
      text += "/"
      text += resource
    }
    self.isPlainValue = text.withUTF8 { Escape.isPlainValue($0) }
    self.text = text
  }

  private init(text: String, domainStart: UInt16, bareEnd: UInt16, isPlainValue: Bool) {
    self.text = text
    self.domainStart = domainStart
    self.bareEnd = bareEnd
    self.isPlainValue = isPlainValue
  }

  private func slice(_ from: Int, _ to: Int) -> String {
    let bytes = self.text.utf8
    let start = bytes.index(bytes.startIndex, offsetBy: from)
    return String(self.text[start..<bytes.index(bytes.startIndex, offsetBy: to)])
  }

  /// The part before the `@`, or nil for a server or service.
  public var local: String? {
    self.domainStart == 0 ? nil : self.slice(0, Int(self.domainStart) - 1)
  }
  /// The host.
  public var domain: String { self.slice(Int(self.domainStart), Int(self.bareEnd)) }
  /// The part after the `/`, or nil for a bare address.
  public var resource: String? {
    self.isBare ? nil : self.slice(Int(self.bareEnd) + 1, self.text.utf8.count)
  }

  /// Whether there is no resource.
  public var isBare: Bool { Int(self.bareEnd) == self.text.utf8.count }
  /// The address without its resource.
  public var bare: JID {
    if self.isBare { return self }
    var text = self.slice(0, Int(self.bareEnd))
    let isPlainValue = self.isPlainValue || text.withUTF8 { Escape.isPlainValue($0) }
    return JID(
      text: text, domainStart: self.domainStart, bareEnd: self.bareEnd, isPlainValue: isPlainValue)
  }
  /// The whole text; the same as ``text``.
  public var full: String { self.text }
  /// The text without the resource.
  public var bareText: String { self.isBare ? self.text : self.slice(0, Int(self.bareEnd)) }

  /// This address with another resource.
  ///
  /// - Throws: ``JIDError`` for a resource that is wrong.
  public func with(resource: String) throws(JIDError) -> JID {
    JID(
      local: self.local, domain: self.domain,
      resource: try JIDPreparation.resource(resource))
  }

  /// The engine's name for the account with this bare address.
  public var accountName: AccountName { AccountName(self.bareText) }
  /// The engine's name for the conversation with this bare address.
  public var conversation: ConversationID { ConversationID(self.bareText) }
  /// The engine's name for the device with this resource; nil for a bare address.
  public var deviceName: DeviceName? { self.resource.map { DeviceName($0) } }

  /// The whole text.
  public var description: String { self.text }

  /// Passes the UTF-8 of the whole address on, without a copy; every way to make an address leaves
  /// the text in that form.
  @inline(always)
  func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    guard let result = self.text.utf8.withContiguousStorageIfAvailable(body) else {
      preconditionFailure("The text of an address is not in UTF-8.")
    }
    return result
  }

  /// Whether both have the same bare address.
  ///
  /// Nothing is allocated.
  public func isSameAccount(as other: JID) -> Bool {
    self.bareEnd == other.bareEnd
      && self.withUTF8 { mine in
        other.withUTF8 { mine[..<Int(self.bareEnd)].elementsEqual($0[..<Int(self.bareEnd)]) }
      }
  }

  /// Whether the prepared texts are the same.
  public static func == (left: JID, right: JID) -> Bool { left.text == right.text }
  /// Feeds the prepared text.
  public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
}
