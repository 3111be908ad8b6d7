import Glibc

/// The names that one server thread has seen lately, by the bytes in which Expat reports them.
///
/// Stanzas are made of few names; a hit spares the search for separators, the check of the encoding
/// and, for long namespaces, an allocation. The cache is direct-mapped: a name takes the place of
/// another one with the same hash, so its size is bounded and a hostile client can only make it
/// useless while it talks.
final class NameCache {
  /// A name of an element or of an attribute, taken apart.
  struct Entry {
    /// The bytes, owned by the cache; nil while the slot is empty.
    fileprivate var key: UnsafeMutableRawPointer?
    fileprivate var length = 0
    fileprivate var hash: UInt64 = 0
    /// The local name.
    fileprivate(set) var local = ""
    /// The namespace; empty for none.
    fileprivate(set) var namespace = ""
    /// The prefix; nil for none.
    fileprivate(set) var prefix: String?
    /// Whether the prefix is `xml`, whose namespace is left out of attributes.
    fileprivate(set) var isXML = false
    /// The length of the longest of the three parts, in bytes.
    fileprivate(set) var longestPart = 0
  }

  /// What separates namespace, local name and prefix: no XML document can hold it.
  static let separator: UInt8 = 1

  private static let slotCount = 256
  private static let longestKey = 256

  /// One slot more than the hash selects, for names that are too long to be kept.
  private let slots: UnsafeMutablePointer<Entry>

  init() {
    self.slots = .allocate(capacity: Self.slotCount + 1)
    self.slots.initialize(repeating: Entry(), count: Self.slotCount + 1)
  }

  deinit {
    for index in 0...Self.slotCount { free(self.slots[index].key) }
    self.slots.deinitialize(count: Self.slotCount + 1)
    self.slots.deallocate()
  }

  /// The entry of the name, valid until the next call, and whether it was there already.
  @inline(__always)
  func entry(of name: UnsafePointer<CChar>) -> (UnsafeMutablePointer<Entry>, isFamiliar: Bool) {
    let length = strlen(name)
    let hash = Self.hash(name, length)
    let slot = self.slots + Int(truncatingIfNeeded: hash & UInt64(Self.slotCount - 1))
    if slot.pointee.hash == hash, slot.pointee.length == length, let key = slot.pointee.key,
      memcmp(key, name, length) == 0
    {
      return (slot, true)
    }
    return (self.enter(UnsafeRawBufferPointer(start: name, count: length), hash, at: slot), false)
  }

  private func enter(
    _ name: UnsafeRawBufferPointer, _ hash: UInt64, at wanted: UnsafeMutablePointer<Entry>
  ) -> UnsafeMutablePointer<Entry> {
    let isKept = name.count <= Self.longestKey
    let slot = isKept ? wanted : self.slots + Self.slotCount
    var entry = Self.takenApart(name)
    if isKept {
      if slot.pointee.key == nil { slot.pointee.key = malloc(Self.longestKey) }
      if let key = slot.pointee.key, let start = name.baseAddress {
        memcpy(key, start, name.count)
        entry.key = key
        entry.length = name.count
        entry.hash = hash
      }
    }
    slot.pointee = entry
    return slot
  }

  /// Expat writes `namespace SEP local SEP prefix`, less what there is not.
  private static func takenApart(_ name: UnsafeRawBufferPointer) -> Entry {
    let parts = name.split(separator: Self.separator, omittingEmptySubsequences: false)
    var entry = Entry()
    entry.longestPart = parts.map(\.count).max() ?? 0
    let text = parts.map { String(decoding: $0, as: UTF8.self) }
    if text.count > 1 {
      entry.namespace = text[0]
      entry.local = text[1]
    } else {
      entry.local = text.first ?? ""
    }
    if text.count > 2 {
      entry.prefix = text[2]
      entry.isXML = text[2] == "xml"
    }
    return entry
  }

  /// The two ends of the name and its length: a collision costs one replacement, no more.
  @inline(__always)
  private static func hash(_ name: UnsafePointer<CChar>, _ length: Int) -> UInt64 {
    let raw = UnsafeRawPointer(name)
    var hash = UInt64(truncatingIfNeeded: length)
    if length >= 8 {
      hash ^= raw.loadUnaligned(as: UInt64.self) &* 0x9E37_79B9_7F4A_7C15
      hash = (hash << 31 | hash >> 33)
      hash ^= (raw + length - 8).loadUnaligned(as: UInt64.self)
      if length > 16 { hash ^= (raw + length - 16).loadUnaligned(as: UInt64.self) &* 31 }
    } else {
      for index in 0..<length {
        hash = hash << 8 ^ UInt64(raw.load(fromByteOffset: index, as: UInt8.self))
      }
    }
    hash &*= 0x9E37_79B9_7F4A_7C15
    return hash ^ hash >> 32
  }
}
