public import MDMEngine
public import MDMStanza

extension XMPPBinding {
  /// The bytes of a delivery for its device's connection.
  ///
  /// - Parameters:
  ///   - delivery: what the engine said.
  ///   - device: the full address of the device. Its bare form is the account's.
  ///   - wallClock: what time it is, for the stamp of something that was held (B27).
  /// - Complexity: O(payload): the payload is copied once and not looked through. The returned
  ///   array is the only allocation. A payload that ``interpret(_:received:from:)`` or
  ///   ``incoming(_:received:for:)`` has not made is looked through for the delay namespace when it
  ///   was held, and scanned, with some allocations, if it names it.
  public func bytes(for delivery: Delivery, to device: JID, wallClock: WallClock) -> [UInt8] {
    var bytes: [UInt8] = []
    self.write(delivery, to: device, wallClock: wallClock, into: &bytes)
    return bytes
  }

  /// Appends what ``bytes(for:to:wallClock:)`` returns to an output that is reused.
  ///
  /// An original gets a stable id of the account when it is in the archive (XEP-0359), a stamp
  /// when it was held and has none (XEP-0203), and the note about ringing when that is configured.
  /// A copy gets them in their places inside and beside the wrapped message (XEP-0280 §6,
  /// XEP-0313 §3.5). Of an iq nothing is changed.
  public func write(
    _ delivery: Delivery, to device: JID, wallClock: WallClock, into bytes: inout [UInt8]
  ) {
    delivery.stanza.payload.withUnsafeBytes { payload in
      self.notes.bytes.withUnsafeBytes { notes in
        device.withUTF8 { address in
          DeliveryWriter(
            payload: ByteView(payload), payloadNote: delivery.stanza.storage.payloadNote,
            form: delivery.form, position: delivery.position,
            heldSince: delivery.heldSince, clock: wallClock,
            device: DeliveryWriter.Device(device, ByteView(UnsafeRawBufferPointer(address))),
            note: notes.isEmpty
              ? .empty
              : ByteView(notes)[
                self.notes.range(for: delivery.notification, isRead: delivery.alreadyRead)]
          ).append(to: &bytes)
        }
      }
    }
  }

  /// The bytes of a stanza that was stored while nobody was there, for a device that has come
  /// (XEP-0160).
  ///
  /// - Parameters:
  ///   - acceptedAt: when it was accepted, as Unix time in nanoseconds: monotonic instants do not
  ///     outlive the process; nil for what has not waited.
  ///   - notification: whether the device should ring (B9); nil to say nothing of it.
  ///   - isRead: whether the person has read it meanwhile.
  public func bytes(
    forStored stanza: Stanza, position: ArchivePosition?, acceptedAt: Int64?, to device: JID,
    notification: NotificationDecision? = nil, isRead: Bool = false
  ) -> [UInt8] {
    self.bytes(
      of: stanza, as: .original, position, acceptedAt, to: device,
      self.notes.bytes.isEmpty ? nil : notification.map { ($0, isRead) })
  }

  /// The bytes of a copy for another device of an account of what one device received (XEP-0280
  /// §6), made by the host: such as that of an error (B46).
  public func bytes(copying stanza: Stanza, to device: JID) -> [UInt8] {
    self.bytes(of: stanza, as: .receivedCopy, nil, nil, to: device, nil)
  }

  private func bytes(
    of stanza: Stanza, as form: Delivery.Form, _ position: ArchivePosition?,
    _ acceptedAt: Int64?, to device: JID, _ note: (NotificationDecision, isRead: Bool)?
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    stanza.payload.withUnsafeBytes { payload in
      self.notes.bytes.withUnsafeBytes { notes in
        device.withUTF8 { address in
          DeliveryWriter(
            payload: ByteView(payload), payloadNote: stanza.storage.payloadNote, form: form,
            position: position, heldSince: acceptedAt == nil ? nil : .origin,
            clock: WallClock(originNanoseconds: acceptedAt ?? 0),
            device: DeliveryWriter.Device(device, ByteView(UnsafeRawBufferPointer(address))),
            note: note.map {
              ByteView(notes)[self.notes.range(for: $0.0, isRead: $0.isRead)]
            } ?? .empty
          ).append(to: &bytes)
        }
      }
    }
    return bytes
  }

  // MARK: - Read markers

  /// The bytes of a read marker for a device's connection: the event that the account's own node
  /// would send (XEP-0490 §3, XEP-0163).
  public func bytes(for marker: MarkerDelivery, to device: JID) -> [UInt8] {
    let mark = ReadMark(conversation: marker.conversation, position: marker.upTo)
    return Element(
      "message", namespace: Namespaces.client,
      ["type": "headline", "from": device.bareText, "to": device.full],
      [
        Element(
          "event", namespace: Namespaces.pubsubEvent, [:],
          [
            Element(
              "items", namespace: Namespaces.pubsubEvent, ["node": Namespaces.displayed],
              [Self.item(mark, in: Namespaces.pubsubEvent, account: device)])
          ])
      ]
    ).serialised()
  }

  /// The bytes that take back a notification, in our own namespace; nil unless
  /// ``Configuration/annotatesNotifications`` is on.
  ///
  /// Other clients take it back when they are told the read marker (B9).
  public func bytes(for retraction: Retraction, to device: JID) -> [UInt8]? {
    guard self.configuration.annotatesNotifications else { return nil }
    let retract = Element(
      "retract", namespace: self.configuration.privateNamespace,
      ["conversation": retraction.conversation.text, "id": retraction.upTo.description])
    return Element(
      "message", namespace: Namespaces.client,
      ["type": "headline", "from": device.bareText, "to": device.full], [retract]
    ).serialised()
  }

  /// The answer to ``ClientInput/displayedQuery(id:)``: an item for each conversation.
  public func bytes(answering id: String, with marks: [ReadMark], to device: JID) -> [UInt8] {
    let items = marks.map { Self.item($0, in: Namespaces.pubsub, account: device) }
    let payload = Element(
      "pubsub", namespace: Namespaces.pubsub, [:],
      [Element("items", namespace: Namespaces.pubsub, ["node": Namespaces.displayed], items)])
    return self.result(for: id, to: device, payload: payload)
  }

  private static func item(
    _ mark: ReadMark, in namespace: String, account: JID
  ) -> Element {
    let id = Element(
      "stanza-id", namespace: Namespaces.stanzaID,
      ["by": account.bareText, "id": mark.position.description])
    return Element(
      "item", namespace: namespace, ["id": mark.conversation.text],
      [Element("displayed", namespace: Namespaces.displayed, [:], [id])])
  }
}
