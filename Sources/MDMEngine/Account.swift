import MDMElection
import MDMQuietMode
import MDMReadSync
import MDMRouting
import MDMSession
import MDMStanza
import MDMStorage

/// What few accounts need.
struct AccountExtras: Sendable {
  /// Which device without MDM holds which conversation (B19).
  var conversationHolds = ConversationHolds()
  /// Messages that wait for the archive's word (B20).
  var archiveBacklog = ArchiveBacklog()
}

/// One account: the unit of everything. No command reads another account's state.
///
/// Fields are in order of their alignment, so that there is no room between them.
struct Account: ~Copyable, Sendable {
  var handle: AccountHandle
  /// When something happens by itself.
  var deadline = MonotonicInstant.distantFuture
  /// The last archive position handed out.
  var position: UInt64 = 0
  var held = HeldList()
  /// Place in the engine's heap of deadlines, `.max` for none.
  var deadlinePlace = UInt32.max
  var reads = LazyBox<ReadRegister>()
  var extras = LazyBox<AccountExtras>()
  var devices: DeviceBuffer
  /// Generation of the next device to sign in; goes on when the slot changes hands, so that no
  /// handle of an earlier account fits a device of a later one.
  var nextGeneration: UInt32 = 0
  var election = ActiveClientElection()
  var isOpen = false
  var name = NameArena.Reference.empty
  var sets = SessionSets()

  /// A vacant account.
  ///
  /// - Parameter home: where its first devices live.
  init(handle: AccountHandle, home: UnsafeMutablePointer<Device>) {
    self.handle = handle
    self.devices = DeviceBuffer(home: home)
  }

  var slot: UInt32 { self.handle.slot }

  /// The handle of the device at `index`.
  @inline(always)
  func handle(of index: Int) -> DeviceHandle {
    DeviceHandle(
      of: self.handle, index: index, generation: self.devices[index].session.generation)
  }

  /// Whether `device` is signed in under just this handle.
  @inline(always)
  func isCurrent(_ device: DeviceHandle) -> Bool {
    device.index < DeviceSet.capacity && device.isPlaced(like: self.handle)
      && self.sets.occupied.contains(device.index)
      && self.devices[device.index].session.generation == device.generation
  }

  /// The stamp of whoever acted last.
  @inline(always)
  var holderStamp: ActivityStamp {
    self.election.holder < 0 ? .never : self.devices[Int(self.election.holder)].activity
  }

  /// The last position that does not wait for the archive: what a person can have seen (B20).
  var settledPosition: UInt64 {
    if self.extras.isEmpty { return self.position }
    return self.extras.value.archiveBacklog.firstAwaited.map { $0 - 1 } ?? self.position
  }

  /// Makes sure that ``reads`` has a value.
  @inline(always)
  mutating func needReads() {
    if self.reads.isEmpty { self.makeReads() }
  }

  @inline(never)
  private mutating func makeReads() { self.reads.fill(ReadRegister()) }

  /// Makes sure that ``extras`` has a value.
  mutating func needExtras() {
    if self.extras.isEmpty { self.extras.fill(AccountExtras()) }
  }
}
