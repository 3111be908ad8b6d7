public import MDMStanza

/// The rule that says to which account a stanza goes that another account has sent, and what it is
/// there.
///
/// A router must depend on its arguments alone: it is asked from any thread, and the order of
/// stanzas must not hang on when.
public protocol StanzaRouter: Sendable {
  /// Where the stanza goes, or nil when its destination is no address of an account.
  func destination(of stanza: Stanza, sentBy sender: StanzaSender) -> RoutedStanza?
}

/// Who sent a stanza.
public struct StanzaSender: Sendable {
  /// The account.
  public let account: AccountName
  /// The account as the other end of a conversation, for whoever receives from it.
  public let conversation: ConversationID

  /// The account as a sender.
  public init(_ account: AccountName) {
    self.account = account
    self.conversation = ConversationID(account.text)
  }
}

/// A stanza as its receiver's account gets it.
public struct RoutedStanza: Hashable, Sendable {
  /// The receiver.
  public let account: AccountName
  /// Whether the account or one device of it is meant.
  public let address: StanzaAddress
  /// The stanza, seen from the receiver: the conversation is the sender's account.
  public let stanza: Stanza

  /// A stanza on its way.
  public init(account: AccountName, address: StanzaAddress, stanza: Stanza) {
    self.account = account
    self.address = address
    self.stanza = stanza
  }
}

/// The standard rule: a destination is an account's name, or that and a device's name after the
/// first slash, as in `bob@example.org/phone`. Texts are compared as they are.
public struct NameRouter: StanzaRouter {
  /// The rule.
  public init() {}

  /// The account and the device that the destination names; nil when it is empty or names an empty
  /// account or device.
  public func destination(of stanza: Stanza, sentBy sender: StanzaSender) -> RoutedStanza? {
    let text = stanza.destination
    guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      if text.isEmpty { return nil }
      return RoutedStanza(
        account: AccountName(text), address: .account, stanza: stanza.received(from: sender))
    }
    let device = text[text.utf8.index(after: slash)...]
    guard slash > text.startIndex, !device.isEmpty else { return nil }
    return RoutedStanza(
      account: AccountName(String(text[..<slash])), address: .device(DeviceName(String(device))),
      stanza: stanza.received(from: sender))
  }
}

extension Stanza {
  /// The stanza as the account receives it that `sender` sent it to: the conversation is the
  /// sender's, and flags that only say something about the sender's side are gone.
  ///
  /// A conversation that is neither's, such as a room, is the router's business.
  public func received(from sender: StanzaSender) -> Stanza {
    Stanza(
      self.kind, conversation: self.conversation == nil ? nil : sender.conversation,
      coalescingKey: self.coalescingKey,
      flags: self.flags.subtracting([.replayed, .ownAccount]), id: self.id, source: self.source,
      destination: self.destination, payload: self.payload)
  }
}

extension StanzaSender {
  /// Where to within the sender's own account a destination leads, nil when it leads elsewhere.
  ///
  /// - Complexity: O(length); allocates nothing unless it leads to a device of the account.
  func address(of destination: String) -> StanzaAddress? {
    let (own, text) = (self.account.text.utf8, destination.utf8)
    guard text.count >= own.count, text.starts(with: own) else { return nil }
    if text.count == own.count { return .account }
    let rest = text.dropFirst(own.count)
    guard rest.first == UInt8(ascii: "/"), rest.count > 1 else { return nil }
    return .device(DeviceName(String(decoding: rest.dropFirst(), as: UTF8.self)))
  }
}
