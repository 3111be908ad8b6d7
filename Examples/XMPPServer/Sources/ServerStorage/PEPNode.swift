/// How a PEP node is configured (XEP-0060 §16.4.4), as far as it bears on one account's nodes.
///
/// The texts are the values of the form fields; their meaning is the server's business.
public struct PEPNodeConfiguration: Hashable, Sendable {
  /// "pubsub#access_model", such as "presence".
  public var accessModel: String
  /// "pubsub#max_items".
  public var maxItems: Int
  /// "pubsub#send_last_published_item", such as "on_sub_and_presence".
  public var sendLastPublished: String
  /// "pubsub#persist_items".
  public var persist: Bool

  /// A configuration.
  public init(accessModel: String, maxItems: Int, sendLastPublished: String, persist: Bool) {
    self.accessModel = accessModel
    self.maxItems = maxItems
    self.sendLastPublished = sendLastPublished
    self.persist = persist
  }
}

/// An item of a PEP node.
public struct PEPItem: Hashable, Sendable {
  /// The item's id, unique within its node.
  public var id: String
  /// The address of who has published it.
  public var publisher: String
  /// The payload.
  public var payload: [UInt8]

  /// An item.
  public init(id: String, publisher: String, payload: [UInt8]) {
    self.id = id
    self.publisher = publisher
    self.payload = payload
  }
}
