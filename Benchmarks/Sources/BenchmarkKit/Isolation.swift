import Foundation

/// Measures each case in a process of its own.
///
/// How many instructions a copy takes depends a little on where in memory things lie, and so on all
/// that was allocated before. In a fresh process that is always the same, whichever benchmarks were
/// selected and whatever they left behind.
public enum Isolation {
  /// What one case found: the values, and lines for the reader.
  struct Findings: Codable, Equatable {
    var values: [Value]
    var notes: [String]

    init(values: [Value], notes: [String]) {
      self.values = values
      self.notes = notes
    }

    init(_ recorder: Recorder) {
      self.init(values: recorder.values, notes: recorder.notes)
    }

    /// The findings in a child's output; nil when they are not there, as after a crash.
    init?(output: Data) {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      guard let findings = try? decoder.decode(Self.self, from: output) else { return nil }
      self = findings
    }

    /// What a child prints.
    var output: String {
      let encoder = JSONEncoder()
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      let data = (try? encoder.encode(self)) ?? Data()
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// Measures a case by starting this program once more; nil when that fails.
  static func measure(_ benchmark: Benchmark, at size: Int) -> Findings? {
    guard let program = Bundle.main.executablePath else { return nil }
    let child = Process()
    child.executableURL = URL(fileURLWithPath: program)
    child.arguments = ["--case", benchmark.name, "\(size)"]
    let output = Pipe()
    child.standardOutput = output
    guard (try? child.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    child.waitUntilExit()
    return child.terminationStatus == 0 ? Findings(output: data) : nil
  }
}
