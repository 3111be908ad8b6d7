/// Which way presence is subscribed to between an account and a contact (RFC 6121 §2.1.2.5).
///
/// The raw values are those of the attribute "subscription".
public enum RosterSubscription: String, Hashable, Sendable, CaseIterable {
  /// Neither is subscribed to the other.
  case none
  /// The account is subscribed to the contact.
  case to
  /// The contact is subscribed to the account.
  case from
  /// Both are subscribed to each other.
  case both
}

/// A contact in a roster (RFC 6121 §2.1.2).
public struct RosterItem: Hashable, Sendable {
  /// The contact's bare JID.
  public var contact: String
  /// The handle that the account gave to the contact.
  public var name: String?
  /// The groups that the contact is in, in the account's order.
  public var groups: [String]
  /// Which way presence is subscribed to.
  public var subscription: RosterSubscription
  /// Whether a request of the account for a subscription is pending.
  public var ask: Bool
  /// Whether the account has approved a subscription before it was asked for.
  public var approved: Bool

  /// An item.
  public init(
    contact: String, name: String? = nil, groups: [String] = [],
    subscription: RosterSubscription = .none, ask: Bool = false, approved: Bool = false
  ) {
    self.contact = contact
    self.name = name
    self.groups = groups
    self.subscription = subscription
    self.ask = ask
    self.approved = approved
  }
}
