import Dispatch
import Foundation
import Synchronization

/// A second thread, which works at the same moment as the one that owns it. Each keeps to a
/// processor of its own, or a busy system would often let them share one.
public final class Partner: Sendable {
  private let wake = DispatchSemaphore(value: 0)
  private let isDone = DispatchSemaphore(value: 0)
  private let isReady = Atomic<Bool>(false)
  private let mayStart = Atomic<Bool>(false)
  private let end = Atomic<Int>(0)
  private let wasDisturbed = Atomic<Bool>(false)
  /// What it does next; nil for going home.
  private let work = Mutex<(@Sendable () -> Void)?>(nil)

  /// A partner that sleeps.
  public init() {
    Machine.keepThread(toProcessor: 0)
    Thread.detachNewThread { self.serve() }
  }

  private func serve() {
    Machine.keepThread(toProcessor: 1)
    while true {
      self.wake.wait()
      guard let work = self.work.withLock({ $0 }) else { return }
      let preemptions = Machine.threadPreemptions
      self.isReady.store(true, ordering: .releasing)
      while !self.mayStart.load(ordering: .acquiring) {}
      work()
      self.end.store(Machine.nanoseconds, ordering: .releasing)
      self.wasDisturbed.store(
        Machine.threadPreemptions != preemptions, ordering: .releasing)
      self.isDone.signal()
    }
  }

  /// Nanoseconds from the moment at which both are ready until both have done their work; nil when
  /// the processor was taken away from one of them. Waiting for each other is no such thing.
  ///
  /// - Parameter own: what the calling thread does meanwhile; nothing means that it sleeps.
  public func time(own: (() -> Void)?, partner work: @escaping @Sendable () -> Void) -> Int? {
    self.work.withLock { $0 = work }
    self.isReady.store(false, ordering: .relaxed)
    self.mayStart.store(false, ordering: .relaxed)
    self.wake.signal()
    while !self.isReady.load(ordering: .acquiring) {}
    let preemptions = Machine.threadPreemptions
    let start = Machine.nanoseconds
    self.mayStart.store(true, ordering: .releasing)
    own?()
    let ownEnd = own == nil ? start : Machine.nanoseconds
    let isDisturbed = Machine.threadPreemptions != preemptions
    self.isDone.wait()
    if isDisturbed || self.wasDisturbed.load(ordering: .acquiring) { return nil }
    return max(ownEnd, self.end.load(ordering: .acquiring)) - start
  }

  /// Ends the thread; the owner's is free again.
  public func dismiss() {
    Machine.keepThread(toProcessor: nil)
    self.work.withLock { $0 = nil }
    self.wake.signal()
  }
}

/// A workload that one thread at a time carries out.
public final class Job<W: Workload & ~Copyable & Sendable>: @unchecked Sendable {
  // Whoever uses it sees to it that no two threads have it at once.
  private var workload: W

  /// A job.
  public init(_ workload: consuming W) { self.workload = workload }

  /// Carries out `count` operations.
  public func run(_ count: Int) { self.workload.run(count) }
}

/// What a second thread is worth: two jobs one after the other, and both at the same time.
public struct PairTiming: Sendable {
  private var first: [Int] = []
  private var second: [Int] = []
  private var both: [Int] = []
  /// Slices of both in which each thread had a processor from beginning to end.
  public var undisturbed: Int { self.both.count }

  /// Nothing measured.
  public init() {}

  /// How many times as much two threads get done as one, by the quarter of the slices that was
  /// quickest: a single best one says more about luck than about the jobs.
  public var gain: Double {
    (Self.quartile(of: self.first) + Self.quartile(of: self.second)) / Self.quartile(of: self.both)
  }

  private static func quartile(of times: [Int]) -> Double {
    times.isEmpty ? .infinity : Double(times.sorted()[times.count / 4])
  }

  /// Measures one slice of each.
  ///
  /// Each job is carried out once before it is timed: its processor has seen to other pairs since,
  /// and what both find in their caches together neither should miss alone.
  public mutating func measure<W: Workload & ~Copyable & Sendable>(
    _ own: Job<W>, _ other: Job<W>, count: Int, with partner: Partner
  ) {
    own.run(count)
    let start = Machine.nanoseconds
    own.run(count)
    self.first.append(Machine.nanoseconds - start)
    _ = partner.time(own: nil, partner: { other.run(count) })
    if let time = partner.time(own: nil, partner: { other.run(count) }) {
      self.second.append(time)
    }
    if let time = partner.time(own: { own.run(count) }, partner: { other.run(count) }) {
      self.both.append(time)
    }
  }
}
