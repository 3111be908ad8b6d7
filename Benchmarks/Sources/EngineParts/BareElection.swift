public import BenchmarkKit
import MDMElection
import MDMStanza

// Parts that only the engine's own targets see; the manifest tells how they are reached.

/// The election's register alone: two devices act in turn, or it is asked.
public struct BareElection: Workload, ~Copyable {
  private var register = ActiveClientElection()
  private var stamps = [ActivityStamp.never, .never]
  private var now = MonotonicInstant.origin
  private let asks: Bool
  private let window: Int64 = 300_000_000_000

  /// A register with one act in it.
  ///
  /// - Parameter asks: whether an operation is a question or an act.
  public init(asks: Bool) {
    self.asks = asks
    self.act(by: 0)
  }

  private mutating func act(by index: Int) {
    self.now.nanoseconds &+= 1_000
    self.stamps[index] = self.register.noteAct(
      .availablePresence, by: index, previous: self.stamps[index], at: self.now,
      window: self.window)
  }

  /// Notes acts or asks.
  public mutating func run(_ count: Int) {
    for number in 0..<count {
      if self.asks {
        consume(
          self.register.active(
            holderStamp: self.stamps[0], at: self.now, window: self.window))
      } else {
        self.act(by: number & 1)
      }
    }
  }
}
