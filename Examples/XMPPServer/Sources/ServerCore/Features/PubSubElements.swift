import MDMXMPP
import ServerStorage

/// The elements of personal eventing (XEP-0163, XEP-0060).
enum PubSubElements {
  static let namespace = Namespaces.pubsub
  static let owner = "http://jabber.org/protocol/pubsub#owner"
  static let errors = "http://jabber.org/protocol/pubsub#errors"
  static let options = "http://jabber.org/protocol/pubsub#publish-options"
  static let configuration = "http://jabber.org/protocol/pubsub#node_config"

  /// Items that a node keeps at most, whatever it is configured to.
  static let itemLimit = 1_000

  /// What account addresses promise.
  static let features = [
    "access-open", "access-presence", "access-whitelist", "auto-create", "config-node",
    "config-node-max", "create-and-configure", "create-nodes", "delete-nodes", "delete-items",
    "filtered-notifications", "item-ids", "last-published", "multi-items", "persistent-items",
    "publish", "publish-options", "purge-nodes", "retract-items", "retrieve-items",
  ].map { "\(Self.namespace)#\($0)" }

  static func error(_ name: String) -> Element { Element(name, namespace: Self.errors) }

  /// The answer to a publication (XEP-0060 §7.1.2).
  static func published(_ id: String, in node: String) -> Element {
    Element(
      "pubsub", namespace: Self.namespace, [:],
      [
        Element(
          "publish", namespace: Self.namespace, ["node": node],
          [Element("item", namespace: Self.namespace, ["id": id])])
      ])
  }

  static func item(_ item: PEPItem, in namespace: String) throws -> Element {
    Element(
      "item", namespace: namespace, ["id": item.id], [try StoredElement.parse(item.payload)])
  }

  /// The event that tells of what has happened to a node.
  static func event(_ node: String, _ children: [Element], from: JID) -> Element {
    Self.event(
      Element("items", namespace: Namespaces.pubsubEvent, ["node": node], children), from: from)
  }

  /// The event that tells of a change.
  static func event(_ change: Element, from: JID) -> Element {
    Element(
      "message", namespace: Namespaces.client, ["type": "headline", "from": from.bareText],
      [Element("event", namespace: Namespaces.pubsubEvent, [:], [change])])
  }
}

extension PEPNodeConfiguration {
  /// How a node is that was made without being told how.
  static let standard = PEPNodeConfiguration(
    accessModel: "presence", maxItems: 1, sendLastPublished: "on_sub_and_presence", persist: true)

  private static let accessModels = ["open", "presence", "whitelist"]
  private static let sendLastModels = ["never", "on_sub", "on_sub_and_presence"]

  /// The configuration with the fields of a form; nil when one of them is not offered here.
  func edited(by form: DataForm) -> PEPNodeConfiguration? {
    var edited = self
    for field in form.fields {
      let value = field.values.first ?? ""
      switch field.name {
      case "pubsub#access_model":
        guard Self.accessModels.contains(value) else { return nil }
        edited.accessModel = value
      case "pubsub#max_items":
        guard let count = value == "max" ? PubSubElements.itemLimit : Int(value), count > 0 else {
          return nil
        }
        edited.maxItems = min(count, PubSubElements.itemLimit)
      case "pubsub#send_last_published_item":
        guard Self.sendLastModels.contains(value) else { return nil }
        edited.sendLastPublished = value
      case "pubsub#persist_items":
        edited.persist = ["1", "true"].contains(value)
      default:
        // What is asked for beyond this changes nothing that anybody could observe.
        break
      }
    }
    return edited
  }

  /// The configuration as a form.
  var form: Element {
    DataForm.element(
      "form", type: PubSubElements.configuration,
      [
        ("pubsub#access_model", self.accessModel), ("pubsub#max_items", "\(self.maxItems)"),
        ("pubsub#send_last_published_item", self.sendLastPublished),
        ("pubsub#persist_items", self.persist ? "1" : "0"),
      ])
  }
}
