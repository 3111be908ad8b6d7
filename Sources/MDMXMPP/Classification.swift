public import MDMStanza

/// What a stanza is to the engine, and under which circumstances.
public struct Classification: Hashable, Sendable {
  /// What it is.
  public var kind: StanzaKind
  /// The circumstances.
  public var flags: StanzaFlags

  /// A kind with flags.
  public init(_ kind: StanzaKind, _ flags: StanzaFlags = []) {
    self.kind = kind
    self.flags = flags
  }

  /// Which way a stanza goes, seen from the account whose engine classifies it.
  public enum Direction: UInt8, Sendable, CaseIterable {
    /// A device of the account sends it.
    case sent
    /// It is for the account.
    case received
  }

  /// What a message is by its type, its content, its way and the form of its addressee.
  ///
  /// - Parameters:
  ///   - toDevice: whether it is addressed to a full address.
  ///   - archivesMarkers: whether receipts and markers are worth keeping (B45).
  /// - Complexity: O(1); ``MessageRule/table`` has nineteen rows.
  public init(
    message type: MessageType, _ content: MessageContent, _ direction: Direction,
    toDevice: Bool, archivesMarkers: Bool = false
  ) {
    let rule = MessageRule.first(for: type, content)
    self.kind = rule.kind
    self.flags = rule.flags
    // A private message of a room goes to the one device that is in the room under that name.
    if direction == .received, content.contains(.roomUser), !content.contains(.invitation) {
      self.flags.insert(.noCopy)
    }
    if content.contains(.isPrivate) { self.flags.insert(.noCopy) }
    if direction == .sent, content.contains(.delayed) { self.flags.insert(.replayed) }
    if type != .chat, toDevice { self.flags.insert(.exactDeviceOnly) }
    // XEP-0334 §5: a hint inside an error is an echo.
    guard type != .error else { return }
    if content.contains(.noCopy), toDevice { self.flags.insert(.noCopy) }
    if content.contains(.noStore) { self.flags.insert(.noStore) }
    if content.contains(.noPermanentStore) { self.flags.insert(.noPermanentStore) }
    if self.isKept(type, content, archivesMarkers) { self.flags.insert(.store) }
  }

  /// Whether it is worth keeping without content (B45). What a room sends the room keeps, and who
  /// wants something neither kept nor forgotten does not want it kept.
  private func isKept(
    _ type: MessageType, _ content: MessageContent, _ archivesMarkers: Bool
  ) -> Bool {
    if self.kind.isContent || type == .groupchat || content.contains(.noStore) { return false }
    if content.contains(.store) { return true }
    if type == .headline || self.kind == .headline { return false }
    return content.contains(.lasting)
      || archivesMarkers && !content.isDisjoint(with: .acknowledging)
  }

  /// What a presence stanza is by its type (RFC 6121 §4.7.1).
  ///
  /// An error is for the device that caused it and nobody else, like any other error.
  public init(presence type: String?) {
    switch type {
    case nil, "unavailable": self.init(.presence)
    case "error": self.init(.messageError, .notCopyable)
    default: self.init(.subscription)
    }
  }

  /// What an iq stanza is by its type (RFC 6120 §8.2.3).
  public init(iq type: String?) {
    self.init(.request, type == "result" || type == "error" ? .answer : [])
  }
}
