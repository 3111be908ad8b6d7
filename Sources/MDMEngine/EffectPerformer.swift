/// Something that performs effects, a method for each kind.
///
/// The same as switching over ``Effect``, for hosts that count instructions: the effect is handed
/// over as its own structure and never put into the enumeration.
public protocol EffectPerformer {
  /// Stores a message in the account's archive, before anything that follows (B20).
  mutating func archive(_ request: ArchiveRequest)
  /// Delivers a stanza to a device's connection.
  mutating func deliver(_ delivery: Delivery)
  /// Tells a device how far a conversation has been read (B21).
  mutating func deliver(_ marker: MarkerDelivery)
  /// Begins a flushed buffer.
  mutating func flush(_ flush: Flush)
  /// Routes a stanza that a device of the account sent.
  mutating func route(_ routing: Routing)
  /// Wakes a device through its push service (B9).
  mutating func push(_ push: Push)
  /// Takes a notification back (B9).
  mutating func retract(_ retraction: Retraction)
  /// Deals with a held stanza that will not reach its device (B14).
  mutating func undelivered(_ item: Undelivered)
  /// Deals with a stanza that no device could take.
  mutating func unroutable(_ item: Unroutable)
  /// Notes that a device's session has ended without its own sign-out.
  mutating func ended(_ end: Ended)
  /// Notes that MDM has come into effect for a session, or ceased to be (B18).
  mutating func mdmChanged(_ change: MDMChange)
}

extension Effects {
  /// Performs the effect at `index`.
  ///
  /// - Complexity: O(1).
  public func perform(at index: Int, by performer: inout some EffectPerformer) {
    precondition(index >= 0 && index < self.storage.count, "There is no effect \(index).")
    self.storage.perform(at: index, by: &performer)
  }

  /// Performs all effects in their order.
  public func perform(by performer: inout some EffectPerformer) {
    for index in 0..<self.storage.count { self.storage.perform(at: index, by: &performer) }
  }
}
