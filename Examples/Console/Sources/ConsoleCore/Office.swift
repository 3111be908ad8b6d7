import MDM
import MDMRedundancy
import MDMTestKit

/// People who chat on two or three devices each, on two nodes that stand in for each other, while
/// days go by.
///
/// The same settings give the same office, message by message, however its time is cut into steps:
/// everything happens at an instant of its own, and all chance is one seeded generator. Nothing is
/// said here about real time; whoever has the office calls ``advance(to:)``. It is not for several
/// threads at once.
public final class Office {
  /// What can happen in the office.
  enum Event {
    case morning
    case sample
    case arrive(Int)
    case leave(Int)
    case goOut(Int, minutes: Int, device: Int?)
    case comeBack(Int)
    case pickUp(Int)
    case putDown(Int)
    case sink(Int)
    case think(Int)
    case write(Int, to: Int)
    case read(Int, ConversationID, ArchivePosition, device: Int)
    case poll(Int)
    case loseConnection(Int, device: Int, seconds: Int)
    case reappear(Int, device: Int)
    case logIn(Int, device: Int)
    case group(OfficeGroup.Event)
  }

  let settings: OfficeSettings
  let clock: ManualClock
  var random: SeededGenerator
  var agenda = Agenda<Event>()
  var people: [Person] = []
  /// Places of people by account.
  var places: [AccountName: Int] = [:]
  var nodes: PerNode<OfficeNode>
  var group: OfficeGroup
  var capacity: OfficeCapacity
  /// Where everybody is at home.
  var assignment = UserAssignment()
  var history = History()
  /// Whether sessions or nodes have changed since the alarms were told.
  var isChanged = true
  /// The last position of each account's archive, by place: archives outlive nodes.
  var archived: [ArchivePosition] = []
  /// Messages still to be written in the conversation of two people, by their places.
  var turns: [Int: Int] = [:]
  /// Messages written so far.
  var messageCount = 0
  /// A digest of all that happened, for comparing two offices.
  public internal(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

  /// An office on the morning of its first day, or later if the settings say so.
  public init(_ settings: OfficeSettings = OfficeSettings()) {
    let clock = ManualClock(at: OfficeTime.instant(day: 0, minute: OfficeTime.morning))
    self.settings = settings
    self.clock = clock
    self.random = SeededGenerator(seed: settings.seed)
    self.nodes = PerNode(
      first: OfficeNode(.first, clock: clock.serviceClock),
      second: OfficeNode(.second, clock: clock.serviceClock))
    self.group = OfficeGroup()
    self.capacity = OfficeCapacity(size: settings.size)
    self.hire()
    self.startGroup()
    self.agenda.add(.morning, at: clock.now)
    self.agenda.add(.sample, at: clock.now)
    self.advance(to: OfficeTime.instant(day: 0, minute: settings.startMinute))
  }

  /// What time it is in the office.
  public var now: MonotonicInstant { self.clock.now }

  /// Lets so many nanoseconds go by; in the evening also the night, down to the next morning.
  public func advance(byNanoseconds nanoseconds: Int64) {
    let instant = self.now.advanced(byNanoseconds: nanoseconds)
    let day = OfficeTime.day(of: instant)
    let isEvening = instant >= OfficeTime.instant(day: day, minute: OfficeTime.evening)
    self.advance(
      to: isEvening ? OfficeTime.instant(day: day + 1, minute: OfficeTime.morning) : instant)
  }

  /// Lets everything happen up to an instant, in order.
  public func advance(to instant: MonotonicInstant) {
    self.doErrands()
    while let next = self.nextInstant, next <= instant {
      self.clock.advance(to: next)
      self.expire()
      while let due = self.agenda.next, due <= self.now, let event = self.agenda.take() {
        self.perform(event)
        self.doErrands()
      }
      self.observe()
    }
    self.clock.advance(to: instant)
  }

  /// When something happens next.
  private var nextInstant: MonotonicInstant? {
    let deadlines = [
      self.agenda.next, self.nodes.first.service.nextDeadline,
      self.nodes.second.service.nextDeadline, self.group.nextDeadline, self.capacity.nextDeadline,
    ]
    return deadlines.compactMap { $0 }.min()
  }

  private func expire() {
    for node in NodeID.allCases { self.nodes[node].service.expire(at: self.now) }
    self.doErrands()
    self.expireGroup()
    self.doErrands()
    self.expireCapacity()
  }

  private func perform(_ event: Event) {
    switch event {
    case .morning: self.beginDay()
    case .sample: self.sample()
    case .arrive(let place): self.arrive(place)
    case .leave(let place): self.leave(place)
    case .goOut(let place, let minutes, let device): self.goOut(place, minutes, device)
    case .comeBack(let place): self.comeBack(place)
    case .pickUp(let place): self.pickUp(place)
    case .putDown(let place): self.putDown(place)
    case .sink(let place): self.sink(place)
    case .think(let place): self.think(place)
    case .write(let place, let other): self.write(place, to: other)
    case .read(let place, let conversation, let position, let device):
      self.read(place, conversation, upTo: position, on: device)
    case .poll(let place): self.poll(place)
    case .loseConnection(let place, let device, let seconds):
      self.loseConnection(place, device, seconds)
    case .reappear(let place, let device): self.resume(place, device)
    case .logIn(let place, let device): self.logIn(place, device)
    case .group(let event): self.perform(event)
    }
  }

  // MARK: - Chance

  /// Something later, so many seconds from now.
  func schedule(_ event: Event, in seconds: ClosedRange<Int>) {
    let wait = Int64(self.random.number(in: seconds)) * OfficeTime.second
    self.agenda.add(event, at: self.now.advanced(byNanoseconds: wait))
  }

  /// Something at a minute of the running day, give or take a minute.
  func schedule(_ event: Event, atMinute minute: Int) {
    let seconds = Int64(self.random.below(60)) * OfficeTime.second
    let instant = OfficeTime.instant(day: OfficeTime.day(of: self.now), minute: minute)
    self.agenda.add(event, at: max(self.now, instant.advanced(byNanoseconds: seconds)))
  }

  /// Mixes something that happened into the fingerprint.
  func mix(_ value: UInt64) {
    self.fingerprint = (self.fingerprint ^ value) &* 0x0000_0100_0000_01B3
  }
}
