public import MDMEngine
public import MDMStanza

/// Which of the latest messages of an account its other devices have had copies of.
///
/// An error that answers such a message is for those devices too, or they show as sent what has
/// failed; any other error is for nobody but the device that it is addressed to (XEP-0280 §6.1,
/// B46). Whether an error answers a message cannot be told from what it holds, so the account
/// remembers: an error counts only from the addressee, and only for the device that has sent.
public struct SentMessages: Sendable {
  private struct Key: Hashable {
    let sender: String
    let id: String
  }

  private struct Entry {
    let addressee: JID
    let serial: UInt64
  }

  /// How many messages are remembered at most.
  public let capacity: Int
  /// The number that the next message gets; a device that is there now has no copies of earlier
  /// ones.
  public private(set) var nextSerial: UInt64 = 0
  private var entries: [Key: Entry] = [:]
  /// The keys in the order in which they came; a ring once it is full.
  private var order: [Key] = []

  /// An empty memory.
  ///
  /// Default capacity: 128; below 1 it remembers nothing.
  public init(capacity: Int = 128) { self.capacity = max(capacity, 0) }

  /// How many messages are remembered.
  public var count: Int { self.entries.count }

  /// Remembers a message that a device sends, if it is copied and has an id.
  ///
  /// - Parameter configuration: how the account's engine copies.
  ///
  /// *Complexity*: O(1) on average.
  public mutating func record(_ message: ClientMessage, under configuration: Configuration) {
    let stanza = message.outgoing
    guard self.capacity > 0, !stanza.id.isEmpty, configuration.copies(stanza),
      let addressee = message.to ?? (try? JID(stanza.destination))
    else { return }
    let key = Key(sender: stanza.source, id: stanza.id)
    if self.order.count < self.capacity {
      self.order.append(key)
    } else {
      let place = Int(self.nextSerial % UInt64(self.capacity))
      let oldest = self.order[place]
      // An id that came again since then is younger than its first place in the order.
      if self.entries[oldest]?.serial == self.nextSerial - UInt64(self.capacity) {
        self.entries[oldest] = nil
      }
      self.order[place] = key
    }
    self.entries[key] = Entry(addressee: addressee, serial: self.nextSerial)
    self.nextSerial += 1
  }

  /// Forgets a message that was not accepted after all: nobody has had copies of it.
  public mutating func forget(_ stanza: Stanza) {
    self.entries[Key(sender: stanza.source, id: stanza.id)] = nil
  }

  /// The number of the message that an error answers; nil when it answers none that was copied.
  ///
  /// - Parameters:
  ///   - error: the error, for the account's engine.
  ///   - isOwn: whether an address is of a server whose accounts' resources are devices, as
  ///     ``XMPPBinding/isOwn(_:)`` says. There any device speaks for its account, because a message
  ///     to one that is gone goes to the others; elsewhere a resource may be somebody else.
  public func serial(answeredBy error: Stanza, isOwn: (JID) -> Bool) -> UInt64? {
    guard error.kind == .messageError, !error.id.isEmpty,
      let to = try? JID(error.destination), let source = try? JID(error.source),
      let entry = self.entries[Key(sender: to.full, id: error.id)]
    else { return nil }
    let addressee = entry.addressee
    let isAnswer =
      source == addressee
      || source.isSameAccount(as: addressee) && (addressee.isBare || isOwn(addressee))
    return isAnswer ? entry.serial : nil
  }
}
