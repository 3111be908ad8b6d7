import MDMXMPP
import ServerStorage

/// Roster items as clients read and write them (RFC 6121 §2.1).
enum RosterElements {
  static let namespace = "jabber:iq:roster"

  static func item(_ item: RosterItem) -> Element {
    Element(
      "item", namespace: Self.namespace,
      [
        "jid": item.contact, "name": item.name, "subscription": item.subscription.rawValue,
        "ask": item.ask ? "subscribe" : nil, "approved": item.approved ? "true" : nil,
      ], item.groups.map { Element("group", namespace: Self.namespace, text: $0) })
  }

  static func removed(_ contact: String) -> Element {
    Element("item", namespace: Self.namespace, ["jid": contact, "subscription": "remove"])
  }

  static func query(_ items: [Element]) -> Element {
    Element("query", namespace: Self.namespace, [:], items)
  }
}

extension RosterSubscription {
  /// Whether the user is told of the contact's presence.
  var includesTo: Bool { self == .to || self == .both }
  /// Whether the contact is told of the user's presence.
  var includesFrom: Bool { self == .from || self == .both }

  mutating func addTo() { self = self.includesFrom ? .both : .to }
  mutating func addFrom() { self = self.includesTo ? .both : .from }
  mutating func removeTo() { self = self.includesFrom ? .from : .none }
  mutating func removeFrom() { self = self.includesTo ? .to : .none }
}
