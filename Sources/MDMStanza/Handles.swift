/// An account of one engine: a slot, the slot's generation, and the engine's number.
///
/// A handle outlives its account harmlessly: once the account is closed, commands that carry the
/// handle are ignored as stale. So are those that carry a handle of an engine with another number.
public struct AccountHandle: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// Upper 8 bits: the engine's number. Lower 24 bits: slot.
  @usableFromInline let place: UInt32
  /// How many accounts had this place before.
  public let generation: UInt32

  /// The handle with these parts. Hosts receive handles; only codecs put them together.
  ///
  /// - Parameters:
  ///   - slot: the place in the engine's table; only its lower 24 bits count.
  ///   - generation: how many accounts had the place before.
  ///   - engineNumber: the number that the engine was given.
  @inlinable
  public init(slot: UInt32, generation: UInt32, engineNumber: UInt8 = 0) {
    self.place = UInt32(engineNumber) &<< 24 | slot & (Self.slotLimit &- 1)
    self.generation = generation
  }

  /// Takes back what ``DeviceHandle/init(carrying:)`` stowed away.
  @inlinable
  package init(carriedBy device: DeviceHandle) {
    self.place = device.place
    self.generation = device.packed
  }

  /// The place in the engine's table, below ``slotLimit``.
  @inlinable public var slot: UInt32 { self.place & (Self.slotLimit &- 1) }

  /// The number of the engine that the account is open on.
  @inlinable public var engineNumber: UInt8 { UInt8(truncatingIfNeeded: self.place &>> 24) }

  /// The accounts that one engine can have open: 2²⁴, what a handle has room for.
  @inlinable public static var slotLimit: UInt32 { 1 &<< 24 }

  /// Slot and generation, for logs, after the engine's number unless that is 0.
  public var description: String {
    let engine = self.engineNumber == 0 ? "" : "\(self.engineNumber):"
    return "account \(engine)\(self.slot).\(self.generation)"
  }
}

/// One signed-in device of one account: the account's slot and engine, the device's index in the
/// account, and the generation that tells this sign-in from earlier ones at the same place.
public struct DeviceHandle: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  /// Upper 8 bits: the engine's number. Lower 24 bits: the account's slot.
  @usableFromInline let place: UInt32
  /// Upper 26 bits: generation. Lower 6 bits: index within the account.
  @usableFromInline let packed: UInt32

  /// The handle with these parts. Hosts receive handles; only codecs put them together.
  ///
  /// - Parameters:
  ///   - slot: the account's place in the engine's table; only its lower 24 bits count.
  ///   - index: the device's index within the account.
  ///   - generation: tells this sign-in from earlier ones at the same place; 26 bits.
  ///   - engineNumber: the number that the engine was given.
  @inlinable
  public init(slot: UInt32, index: Int, generation: UInt32, engineNumber: UInt8 = 0) {
    self.place = UInt32(engineNumber) &<< 24 | slot & (AccountHandle.slotLimit &- 1)
    self.packed = generation &<< 6 | UInt32(truncatingIfNeeded: index & 63)
  }

  /// The handle of a device of `account`.
  @inlinable
  package init(of account: AccountHandle, index: Int, generation: UInt32) {
    self.place = account.place
    self.packed = generation &<< 6 | UInt32(truncatingIfNeeded: index & 63)
  }

  /// The account's place in the engine's table.
  @inlinable public var slot: UInt32 { self.place & (AccountHandle.slotLimit &- 1) }

  /// The number of the engine that the account is open on.
  @inlinable public var engineNumber: UInt8 { UInt8(truncatingIfNeeded: self.place &>> 24) }

  /// The device's index within its account, below ``DeviceSet/capacity``.
  @inlinable public var index: Int { Int(self.packed & 63) }

  /// Tells this sign-in from earlier ones at the same place; 26 bits.
  @inlinable public var generation: UInt32 { self.packed &>> 6 }

  /// Whether the device is one of the account in this slot of the same engine, as far as the
  /// handles tell: the generations of accounts are not compared.
  @inlinable
  package func isPlaced(like account: AccountHandle) -> Bool { self.place == account.place }

  /// An account's handle in a device's clothes, for records that have room for one of them.
  @inlinable
  package init(carrying account: AccountHandle) {
    self.place = account.place
    self.packed = account.generation
  }

  /// The generations that a handle can tell apart.
  package static let generationLimit: UInt32 = 1 << 26

  /// Slot, index and generation, for logs, after the engine's number unless that is 0.
  public var description: String {
    let engine = self.engineNumber == 0 ? "" : "\(self.engineNumber):"
    return "device \(engine)\(self.slot)/\(self.index).\(self.generation)"
  }
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
