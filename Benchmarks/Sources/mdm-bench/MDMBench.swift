import BenchmarkKit
import Foundation

/// The benchmarks' command line.
///
/// `main` is synchronous on purpose: instructions are counted by single-stepping one thread, and a
/// `main` that awaits would hand its thread to the executor.
@main
struct MDMBench {
  static func main() {
    Machine.restartDeterministically()
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let runner = Runner(
      self.benchmarks, thresholdsFolder: package.appendingPathComponent("Thresholds").path,
      isIsolating: true,
      print: { line in
        print(line)
        fflush(nil)
      },
      complain: { line in FileHandle.standardError.write(Data((line + "\n").utf8)) })
    exit(runner.run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  /// All benchmarks, in the order in which they run.
  static var benchmarks: [Benchmark] {
    [
      .receive, .receiveAndRead, .furtherQuietDevices, .furtherActiveDevices, .holdAndFlush,
      .coalescePresence, .electionRefresh, .electionQuery, .bareElectionRefresh,
      .bareElectionQuery, .bareLogAppend, .readMarker, .sendWithCopies, .receiveByName, .service,
      .serviceThreads, .deviceStream, .idleSession, .heldStanza, .snapshot, .restore, .failover,
      .writeCarbon, .sessionReport, .longRun,
    ]
  }
}
