/// An account of one engine: a slot and the slot's generation.
///
/// A handle outlives its account harmlessly: once the account is closed, commands that carry the
/// handle are ignored as stale.
public struct AccountHandle: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// The place in the engine's table.
  public let slot: UInt32
  /// How many accounts had this place before.
  public let generation: UInt32

  /// The handle with these parts. Hosts receive handles; only codecs put them together.
  @inlinable
  public init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// Takes back what ``DeviceHandle/init(carrying:)`` stowed away.
  @inlinable
  package init(carriedBy device: DeviceHandle) {
    self.slot = device.slot
    self.generation = device.packed
  }

  /// Slot and generation, for logs.
  public var description: String { "account \(self.slot).\(self.generation)" }
}

/// One signed-in device of one account: the account's slot, the device's index in the account, and
/// the generation that tells this sign-in from earlier ones at the same place.
public struct DeviceHandle: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// The account's place in the engine's table.
  public let slot: UInt32
  /// Upper 26 bits: generation. Lower 6 bits: index within the account.
  @usableFromInline let packed: UInt32

  /// The handle with these parts. Hosts receive handles; only codecs put them together.
  @inlinable
  public init(slot: UInt32, index: Int, generation: UInt32) {
    self.slot = slot
    self.packed = generation &<< 6 | UInt32(truncatingIfNeeded: index & 63)
  }

  /// The device's index within its account, below ``DeviceSet/capacity``.
  @inlinable public var index: Int { Int(self.packed & 63) }

  /// Tells this sign-in from earlier ones at the same place; 26 bits.
  @inlinable public var generation: UInt32 { self.packed &>> 6 }

  /// An account's handle in a device's clothes, for records that have room for one of them.
  @inlinable
  package init(carrying account: AccountHandle) {
    self.slot = account.slot
    self.packed = account.generation
  }

  /// The generations that a handle can tell apart.
  package static let generationLimit: UInt32 = 1 << 26

  /// Slot, index and generation, for logs.
  public var description: String { "device \(self.slot)/\(self.index).\(self.generation)" }
}

/// A set of the devices of one account, by index.
///
/// Routing, holding and notification are set algebra over these: no loop decides what a mask can.
public struct DeviceSet: Hashable, Sendable, BitwiseCopyable, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  /// One bit a device.
  public var bits: UInt32

  /// The most devices that an account can have at once.
  public static let capacity = 32

  /// The set with these bits.
  @inlinable
  public init(bits: UInt32 = 0) { self.bits = bits }
  /// The set of these indices.
  @inlinable
  public init(arrayLiteral indices: Int...) {
    self.bits = indices.reduce(0) { $0 | 1 &<< UInt32(truncatingIfNeeded: $1) }
  }
  /// The set of one index.
  @inlinable
  public init(_ index: Int) { self.bits = 1 &<< UInt32(truncatingIfNeeded: index) }

  /// The devices' indices, ascending.
  public var description: String { "\(self.indices)" }
  /// The devices' indices, ascending.
  public var indices: [Int] { (0..<Self.capacity).filter { self.contains($0) } }

  /// Whether there is no device in the set.
  @inlinable public var isEmpty: Bool { self.bits == 0 }
  /// Whether there is more than one device in the set.
  @inlinable public var hasSeveral: Bool { self.bits & (self.bits &- 1) != 0 }
  /// How many devices there are.
  @inlinable public var count: Int { self.bits.nonzeroBitCount }
  /// The lowest index, or nil.
  @inlinable public var first: Int? { self.bits == 0 ? nil : self.bits.trailingZeroBitCount }

  /// Whether the device at `index` is in the set.
  @inlinable
  public func contains(_ index: Int) -> Bool {
    self.bits &>> UInt32(truncatingIfNeeded: index) & 1 != 0
  }
  /// Adds the device at `index`.
  @inlinable
  public mutating func insert(_ index: Int) {
    self.bits |= 1 &<< UInt32(truncatingIfNeeded: index)
  }
  /// Takes the device at `index` out.
  @inlinable
  public mutating func remove(_ index: Int) {
    self.bits &= ~(1 &<< UInt32(truncatingIfNeeded: index))
  }
  /// Adds the device at `index`, or takes it out.
  @inlinable
  public mutating func set(_ index: Int, _ isMember: Bool) {
    if isMember { self.insert(index) } else { self.remove(index) }
  }
  /// Takes the lowest index out and returns it, or nil when the set is empty.
  @inlinable
  public mutating func popFirst() -> Int? {
    guard self.bits != 0 else { return nil }
    let index = self.bits.trailingZeroBitCount
    self.bits &= self.bits &- 1
    return index
  }

  /// The devices in both.
  @inlinable
  public static func & (left: Self, right: Self) -> Self { Self(bits: left.bits & right.bits) }
  /// The devices in either.
  @inlinable
  public static func | (left: Self, right: Self) -> Self { Self(bits: left.bits | right.bits) }
  /// The devices of the left that are not in the right.
  @inlinable
  public static func - (left: Self, right: Self) -> Self { Self(bits: left.bits & ~right.bits) }
  /// The devices of the left without the one at this index.
  @inlinable
  public static func - (left: Self, index: Int) -> Self { left - Self(index) }
}
