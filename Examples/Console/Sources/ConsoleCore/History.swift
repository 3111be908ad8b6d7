import MDM
import MDMRedundancy

/// A day's numbers, minute by minute.
struct History {
  /// The numbers at one instant.
  struct Sample {
    let instant: MonotonicInstant
    /// Sessions by how they stand; each session once.
    var sessions = SessionStates()
    /// Sessions of each node.
    var loads = [0, 0]
    /// Totals so far.
    var flushes: UInt64 = 0
    var delivered: UInt64 = 0
    var held: UInt64 = 0
    var notified: UInt64 = 0
    /// Stanzas that wait.
    var waiting = 0
  }

  /// Samples of the running day, oldest first.
  private(set) var samples: [Sample] = []
  /// Samples of days that are over.
  private(set) var forgotten = 0

  /// How many samples there have been ever.
  var count: Int { self.forgotten + self.samples.count }

  mutating func add(_ sample: Sample) { self.samples.append(sample) }

  /// A new day.
  mutating func begin() {
    self.forgotten += self.samples.count
    self.samples.removeAll(keepingCapacity: true)
  }

  /// The samples from one on, counted from the first ever; nil when that day is over.
  func samples(from first: Int) -> ArraySlice<Sample>? {
    guard first >= self.forgotten else { return nil }
    return self.samples.dropFirst(first - self.forgotten)
  }
}

/// Sessions by how they stand, each once: the colours of the console.
public struct SessionStates: Hashable, Sendable {
  /// Connected, everything is delivered as it comes.
  public var normal = 0
  /// Connected, in the background.
  public var quiet = 0
  /// Connected, nothing rings.
  public var silent = 0
  /// Behind a push service.
  public var phantom = 0
  /// Without a connection, for as long as it may resume.
  public var lost = 0

  /// None.
  public init() {}

  /// All of them.
  public var all: Int { self.normal + self.quiet + self.silent + self.phantom + self.lost }

  /// Counts a session.
  mutating func add(_ report: DeviceReport) {
    switch (report.phase, report.mode) {
    case (.suspended, _): self.phantom += 1
    case (.detached, _): self.lost += 1
    case (.connected, .normal): self.normal += 1
    case (.connected, .quiet): self.quiet += 1
    case (.connected, .silent): self.silent += 1
    }
  }
}

extension Office {
  /// How the sessions stand, asked session by session.
  var sessionStates: SessionStates {
    var states = SessionStates()
    for person in self.people {
      guard let seat = person.seat else { continue }
      for device in person.devices {
        guard let handle = device.handle,
          let report = self.nodes[seat.node].service.report(on: handle)
        else { continue }
        states.add(report)
      }
    }
    return states
  }

  /// The counters of both nodes together.
  public var counters: Counters {
    var counters = self.nodes.first.service.counters(at: self.now)
    counters.add(self.nodes.second.service.counters(at: self.now))
    return counters
  }

  /// Takes the numbers of this minute down.
  func sample() {
    var sample = History.Sample(instant: self.now)
    let counters = self.counters
    sample.sessions = self.sessionStates
    sample.loads = NodeID.allCases.map { self.capacity.alarms.nodes[$0].load }
    sample.flushes = counters.totals.flushes
    sample.delivered = counters.totals.delivered
    sample.held = counters.totals.held
    sample.notified = counters.totals.notified
    sample.waiting = counters.gauges.heldStanzas
    self.history.add(sample)
    self.agenda.add(.sample, at: self.now.advanced(byNanoseconds: OfficeTime.minute))
  }
}
