import MDMElection
import MDMQuietMode
import MDMSession
import MDMStanza
import MDMStorage

/// Everything about one signed-in device: what each module keeps of it, side by side.
struct Device: BitwiseCopyable, Sendable {
  var session: DeviceSession
  var activity = ActivityStamp.never
  var held = HeldQueue()
}

/// The devices of one account by index; places without a device hold nothing that is ever read.
///
/// Most people have one or two. Those lie in a home that the table of accounts keeps for each slot,
/// without a block of memory of their own; when there are more, all of them move to the heap.
struct DeviceBuffer: ~Copyable, @unchecked Sendable {
  private var base: UnsafeMutablePointer<Device>
  private var capacity = UInt32(DeviceHomes.devicesPerHome)

  /// A buffer whose first devices lie at `home`.
  init(home: UnsafeMutablePointer<Device>) { self.base = home }

  deinit {
    if self.capacity > DeviceHomes.devicesPerHome { self.base.deallocate() }
  }

  /// The device at `index`, read or changed in place.
  ///
  /// - Precondition: a device has been placed there.
  subscript(index: Int) -> Device {
    @inline(always)
    unsafeAddress { UnsafePointer(self.address(index)) }
    @inline(always)
    unsafeMutableAddress { self.address(index) }
  }

  @inline(always)
  private func address(_ index: Int) -> UnsafeMutablePointer<Device> {
    precondition(index >= 0 && index < self.capacity)
    return self.base + index
  }

  /// Where the device at `index` lies, for code that works on it at length; it stays there until
  /// another is placed.
  ///
  /// - Precondition: a device has been placed there. Checked in debug builds only, for the hot
  ///   path, whose indices come from the sets of occupied places.
  @inline(always)
  mutating func pointer(to index: Int) -> UnsafeMutablePointer<Device> {
    assert(index >= 0 && index < self.capacity)
    return self.base + index
  }

  /// Puts a device at `index`.
  mutating func place(_ device: Device, at index: Int) {
    if index >= self.capacity { self.grow(beyond: index) }
    (self.base + index).initialize(to: device)
  }

  private mutating func grow(beyond index: Int) {
    var capacity = self.capacity
    while index >= capacity { capacity *= 2 }
    let grown = UnsafeMutablePointer<Device>.allocate(capacity: Int(capacity))
    grown.initialize(from: self.base, count: Int(self.capacity))
    if self.capacity > DeviceHomes.devicesPerHome { self.base.deallocate() }
    self.base = grown
    self.capacity = capacity
  }
}

/// Room for the first devices of every slot.
struct DeviceHomes: ~Copyable, Sendable {
  /// How many devices a home has room for; divides a chunk, so that a home lies in one.
  static var devicesPerHome: Int { 2 }

  private var devices = ChunkedStorage<Device>()

  /// Makes the home of the next slot.
  mutating func append() {
    let vacant = Device(
      session: DeviceSession(
        generation: 0, name: .empty, kind: .desktop, traits: [], refusal: nil))
    for _ in 0..<Self.devicesPerHome { _ = self.devices.append(vacant) }
  }

  /// Where the devices of `slot` live; that never moves.
  func home(of slot: UInt32) -> UnsafeMutablePointer<Device> {
    self.devices.pointer(to: slot * UInt32(Self.devicesPerHome))
  }

  /// Bytes allocated.
  var allocatedBytes: Int { self.devices.allocatedBytes }
}
