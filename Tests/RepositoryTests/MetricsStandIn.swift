import Synchronization

// What the monitoring page's bridge uses of swift-metrics, under the same names and signatures, so
// that the bridge compiles and runs here without the dependency.

/// What has been recorded, as lines.
enum StandIn {
  private static let all = Mutex<[String]>([])

  static func add(_ line: String) { self.all.withLock { $0.append(line) } }

  static func take() -> [String] {
    self.all.withLock { all in
      defer { all = [] }
      return all
    }
  }
}

/// A metric of the stand-in.
struct StandInHandle {
  let text: String

  init(_ kind: String, _ label: String, _ dimensions: [(String, String)]) {
    self.text = ([kind, label] + dimensions.map { "\($0.0)=\($0.1)" }).joined(separator: " ")
  }
}

final class FloatingPointCounter {
  private let handle: StandInHandle
  init(label: String, dimensions: [(String, String)] = []) {
    self.handle = StandInHandle("counter", label, dimensions)
  }
  func increment(by amount: Double) { StandIn.add("\(self.handle.text) +\(amount)") }
}

final class Gauge {
  private let handle: StandInHandle
  init(label: String, dimensions: [(String, String)] = []) {
    self.handle = StandInHandle("gauge", label, dimensions)
  }
  func record(_ value: Double) { StandIn.add("\(self.handle.text) =\(value)") }
}

final class Recorder {
  private let handle: StandInHandle
  init(label: String, dimensions: [(String, String)] = []) {
    self.handle = StandInHandle("recorder", label, dimensions)
  }
  func record(_ value: Double) { StandIn.add("\(self.handle.text) \(value)") }
}

final class Timer {
  private let handle: StandInHandle
  init(label: String, dimensions: [(String, String)] = []) {
    self.handle = StandInHandle("timer", label, dimensions)
  }
  func recordNanoseconds(_ duration: Int64) { StandIn.add("\(self.handle.text) \(duration)ns") }
}
