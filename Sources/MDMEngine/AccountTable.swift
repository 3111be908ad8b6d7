import MDMSession
import MDMStanza
import MDMStorage

/// The accounts of one engine by slot, their names, and their deadlines.
///
/// A name is hashed once, when its account is looked up at the edge; everything after that goes by
/// slot. Freed slots are handed out again, the last freed first, each time under a new generation.
struct AccountTable: ~Copyable, Sendable {
  /// The number of the engine, which every handle carries.
  let engineNumber: UInt8
  private var accounts = ChunkedStorage<Account>()
  private var homes = DeviceHomes()
  private var vacant: [UInt32] = []
  private var index = SlotIndex()
  var names = NameArena()
  private var deadlines = DeadlineHeap()
  /// Means nothing; what is read ahead of need ends up here, so that the reading is not left out.
  var readAhead: UInt64 = 0

  init(engineNumber: UInt8) { self.engineNumber = engineNumber }

  /// Slots there have ever been; some may be vacant.
  var slotCount: UInt32 { UInt32(truncatingIfNeeded: self.accounts.count) }

  /// Accounts open.
  var count: Int { self.accounts.count - self.vacant.count }

  /// The account in `slot`, read or changed in place.
  subscript(slot: UInt32) -> Account {
    @inline(always)
    _read { yield self.accounts[slot] }
    @inline(always)
    _modify { yield &self.accounts[slot] }
  }

  /// Whether `handle` names an open account.
  @inline(always)
  func isCurrent(_ handle: AccountHandle) -> Bool {
    handle.slot < self.slotCount && self.accounts[handle.slot].isOpen
      && self.accounts[handle.slot].handle == handle
  }

  /// Whether `device` is signed in under just this handle.
  @inline(always)
  func isCurrent(_ device: DeviceHandle) -> Bool {
    device.slot < self.slotCount && self.accounts[device.slot].isOpen
      && self.accounts[device.slot].isCurrent(device)
  }

  /// The open account of this name.
  ///
  /// - Complexity: O(1).
  func handle(named name: AccountName) -> AccountHandle? {
    let slot = self.index.find(hash: name.name.hash) { self.isNamed($0, name) }
    return slot.map { self.accounts[$0].handle }
  }

  /// The slot that has this name, if any has; another name may share the hash.
  func candidate(hash: Int) -> UInt32? { self.index.candidate(hash: hash) }

  private func isNamed(_ slot: UInt32, _ name: AccountName) -> Bool {
    let reference = self.accounts[slot].name
    guard Int(reference.length) == name.name.bytes.count else { return false }
    return name.name.bytes.withUnsafeBytes {
      HashedText.areSame(self.names.bytes(reference), $0)
    }
  }

  private func nameHash(of slot: UInt32) -> Int {
    HashedText.hash(of: self.names.bytes(self.accounts[slot].name))
  }

  /// Index of the account's device of this name.
  ///
  /// - Complexity: O(devices of the account).
  func device(named name: DeviceName, in slot: UInt32) -> Int? {
    var rest = self.accounts[slot].sets.occupied
    while let index = rest.popFirst() {
      if self.names.equals(self.accounts[slot].devices[index].session.name, name.text) {
        return index
      }
    }
    return nil
  }

  /// Opens an account under a name that no open account has.
  mutating func open(_ name: AccountName, archived position: ArchivePosition) -> AccountHandle {
    var account = self.takeSlot()
    account.name = self.names.insert(name.text)
    account.isOpen = true
    account.position = position.ordinal
    let handle = account.handle
    self.install(account)
    return handle
  }

  /// A vacant account in the slot to be used next; hand it back with ``install(_:)``.
  mutating func takeSlot() -> Account {
    guard let slot = self.vacant.popLast() else {
      let handle = AccountHandle(
        slot: self.slotCount, generation: 0, engineNumber: self.engineNumber)
      return self.makeSlot(handle)
    }
    var account = Account(handle: self.accounts[slot].handle, home: self.homes.home(of: slot))
    account.nextGeneration = self.accounts[slot].nextGeneration
    return account
  }

  /// Adds a slot behind the last one; returns the vacant account that belongs there.
  mutating func makeSlot(_ handle: AccountHandle) -> Account {
    self.homes.append()
    let home = self.homes.home(of: handle.slot)
    _ = self.accounts.append(Account(handle: handle, home: home))
    return Account(handle: handle, home: home)
  }

  /// Puts an account into its slot and makes it known by its name, which is in the arena already.
  mutating func install(_ account: consuming Account) {
    let slot = account.slot
    let deadline = account.deadline
    account.deadline = .distantFuture
    self.accounts[slot] = account
    guard self.accounts[slot].isOpen else { return }
    self.index.insert(hash: self.nameHash(of: slot), slot: slot)
    self.setDeadline(deadline, of: slot)
  }

  /// Frees an account without devices.
  mutating func close(_ slot: UInt32) {
    assert(self.accounts[slot].sets.occupied.isEmpty)
    self.setDeadline(.distantFuture, of: slot)
    self.index.remove(hash: self.nameHash(of: slot), slot: slot)
    self.names.remove(self.accounts[slot].name)
    let handle = self.accounts[slot].handle
    let nextGeneration = self.accounts[slot].nextGeneration
    self.accounts[slot] = Account(
      handle: AccountHandle(
        slot: slot, generation: handle.generation &+ 1, engineNumber: self.engineNumber),
      home: self.homes.home(of: slot))
    self.accounts[slot].nextGeneration = nextGeneration
    self.vacant.append(slot)
  }

  // MARK: - Deadlines

  /// The earliest deadline of any account, exactly; `.distantFuture` for none.
  var earliestDeadline: MonotonicInstant {
    mutating get { self.deadlines.first?.instant ?? .distantFuture }
  }

  /// The account whose deadline comes first, lower slots first among equals.
  var nextDue: (slot: UInt32, instant: MonotonicInstant)? { self.deadlines.first }

  /// Moves an account's deadline; `.distantFuture` takes it away.
  ///
  /// - Complexity: O(log accounts with a deadline); O(1) when nothing changes.
  mutating func setDeadline(_ instant: MonotonicInstant, of slot: UInt32) {
    guard self.accounts[slot].deadline != instant else { return }
    self.accounts[slot].deadline = instant
    self.deadlines.set(instant, of: slot, in: &self.accounts)
  }

  // MARK: - Snapshot

  /// Vacant slots in the order in which they will be handed out last to first.
  var vacantSlots: [UInt32] { self.vacant }

  /// Puts the order of vacant slots of a snapshot back.
  mutating func restore(vacant: [UInt32]) { self.vacant = vacant }

  /// Bytes allocated for accounts, names and the index; devices and read state not included.
  var allocatedBytes: Int {
    self.accounts.allocatedBytes + self.homes.allocatedBytes + self.names.allocatedBytes
      + self.index.allocatedBytes
  }
}

/// A binary heap of account deadlines in which each account has at most one place, which it knows.
///
/// Order: earlier first, then the lower slot, so that simultaneous deadlines are handled in the
/// same order everywhere.
private struct DeadlineHeap: Sendable {
  private var heap: [(instant: MonotonicInstant, slot: UInt32)] = []

  var first: (slot: UInt32, instant: MonotonicInstant)? {
    self.heap.first.map { ($0.slot, $0.instant) }
  }

  mutating func set(
    _ instant: MonotonicInstant, of slot: UInt32, in accounts: inout ChunkedStorage<Account>
  ) {
    var place = accounts[slot].deadlinePlace
    if instant == .distantFuture {
      if place != .max { self.remove(Int(place), in: &accounts) }
      return
    }
    if place == .max {
      place = UInt32(self.heap.count)
      self.heap.append((instant, slot))
      accounts[slot].deadlinePlace = place
    } else {
      self.heap[Int(place)].instant = instant
    }
    self.restoreOrder(at: Int(place), in: &accounts)
  }

  private mutating func remove(_ place: Int, in accounts: inout ChunkedStorage<Account>) {
    accounts[self.heap[place].slot].deadlinePlace = .max
    let last = self.heap.removeLast()
    guard place < self.heap.count else { return }
    self.heap[place] = last
    accounts[last.slot].deadlinePlace = UInt32(place)
    self.restoreOrder(at: place, in: &accounts)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (self.heap[left], self.heap[right])
    return a.instant == b.instant ? a.slot < b.slot : a.instant < b.instant
  }

  private mutating func restoreOrder(
    at start: Int, in accounts: inout ChunkedStorage<Account>
  ) {
    var place = start
    while place > 0, self.precedes(place, (place - 1) / 2) {
      self.swap(place, (place - 1) / 2, in: &accounts)
      place = (place - 1) / 2
    }
    while true {
      var best = place
      for child in [2 * place + 1, 2 * place + 2] where child < self.heap.count {
        if self.precedes(child, best) { best = child }
      }
      guard best != place else { return }
      self.swap(place, best, in: &accounts)
      place = best
    }
  }

  private mutating func swap(
    _ left: Int, _ right: Int, in accounts: inout ChunkedStorage<Account>
  ) {
    self.heap.swapAt(left, right)
    accounts[self.heap[left].slot].deadlinePlace = UInt32(left)
    accounts[self.heap[right].slot].deadlinePlace = UInt32(right)
  }
}
