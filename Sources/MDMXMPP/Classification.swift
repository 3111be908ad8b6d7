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
  /// - Complexity: O(1); ``MessageRule/table`` has twenty rows.
  public init(
    message type: MessageType, _ content: MessageContent, _ direction: Direction,
    toDevice: Bool
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
