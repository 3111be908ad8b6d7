import MDMStanza

/// Messages of one account that wait for the archive's word before anybody gets them, and what
/// arrived behind them (B20, ``ArchivePolicy/refuse``).
///
/// The backlog is a queue, so that no device sees a later stanza before an earlier one.
struct ArchiveBacklog: Sendable {
  /// A stanza that waits, and where it was going.
  enum Item: Sendable {
    /// The account received it.
    case received(Stanza, to: StanzaAddress)
    /// A device sent it.
    case sent(Stanza, from: DeviceHandle, toSelf: StanzaAddress?)

    var stanza: Stanza {
      switch self {
      case .received(let stanza, _), .sent(let stanza, _, _): stanza
      }
    }
  }

  struct Entry: Sendable {
    var item: Item
    /// The position asked for, 0 for what is not archived and only waits its turn.
    var position: UInt64
    /// What the archive said.
    var verdict: Verdict
  }

  enum Verdict: UInt8, Sendable {
    /// Nothing yet.
    case awaited
    /// Stored.
    case stored
    /// Not stored.
    case failed
  }

  private(set) var entries: [Entry] = []

  var isEmpty: Bool { self.entries.isEmpty }

  mutating func append(_ item: Item, position: UInt64) {
    self.entries.append(
      Entry(item: item, position: position, verdict: position == 0 ? .stored : .awaited))
  }

  /// The first position that waits, or waits its turn.
  var firstAwaited: UInt64? { self.entries.first { $0.position != 0 }?.position }

  /// Takes the oldest entry out, whatever the archive said of it.
  mutating func popFirst() -> Entry? {
    self.entries.isEmpty ? nil : self.entries.removeFirst()
  }

  /// Records the archive's word; false when nothing waits under `position`.
  mutating func note(_ verdict: Verdict, at position: UInt64) -> Bool {
    let place = self.entries.firstIndex { $0.position == position && $0.verdict == .awaited }
    guard position != 0, let place else { return false }
    self.entries[place].verdict = verdict
    return true
  }

  /// Takes the oldest entry out if the archive has spoken of it.
  mutating func popDecided() -> Entry? {
    guard let first = self.entries.first, first.verdict != .awaited else { return nil }
    return self.entries.removeFirst()
  }

  /// Puts an entry of a snapshot back.
  mutating func restore(_ entry: Entry) { self.entries.append(entry) }
}
