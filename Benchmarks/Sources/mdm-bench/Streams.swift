import BenchmarkKit

// What the service's own streams are to be compared with. The benchmarks of the service stand in a
// file of their own.

/// A producer on one task hands messages to a consumer on another through an `AsyncStream`.
struct HandOverAsyncStream: Workload, ~Copyable {
  private let message = NaiveMessage.one(forEach: 1)[0]

  mutating func run(_ count: Int) {
    let message = self.message
    waitFor {
      let (stream, continuation) = AsyncStream.makeStream(of: NaiveMessage.self)
      let consumer = Task.detached {
        var bytes = 0
        for await message in stream { bytes &+= message.payload.count }
        return bytes
      }
      for _ in 0..<count { continuation.yield(message) }
      continuation.finish()
      consume(await consumer.value)
    }
  }
}

extension Benchmark {
  static let asyncStreamHandOver = Benchmark(
    "async-stream", "a message handed to a consumer task through an AsyncStream, for comparison",
    size: "streams", of: [1]
  ) { _, recorder in
    // Allocations and instructions depend on how the tasks meet, so only the time is told.
    var workload = HandOverAsyncStream()
    if let times = recorder.nanoseconds(of: &workload) {
      recorder.record(Value("ns", times.minimum, "ns"))
      recorder.record(Value("ns-median", times.median, "ns"))
    }
  }
}
