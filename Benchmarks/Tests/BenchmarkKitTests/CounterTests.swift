import CBenchmark
import Testing

@testable import BenchmarkKit

extension KitTests {
  /// The counters count exactly what they should.
  struct CounterTests {
    @Test(
      "allocations are counted one by one, and none is made up",
      .enabled(if: Machine.countsAllocations))
    func allocations() {
      var workload = Allocating(perOperation: 0)
      #expect(Recorder(.full).allocations(of: &workload, count: 100) == 0)
      workload = Allocating(perOperation: 3)
      #expect(Recorder(.full).allocations(of: &workload, count: 100) == 3)
    }

    @Test(
      "instructions are counted one by one: a loop of two takes two a turn",
      .enabled(if: Machine.countsInstructions), arguments: [1, 10, 1_000])
    func instructions(_ turns: UInt64) {
      let steps = { (count: UInt64) -> Int64 in
        cb_instructions_begin(1_000_000)
        cb_spin(count)
        return cb_instructions_end()
      }
      let first = steps(1)
      #expect(steps(1 + turns) - first == 2 * Int64(turns))
      #expect(steps(1 + turns) - first == 2 * Int64(turns))
    }

    @Test(
      "instructions of a workload leave out what the call costs by itself",
      .enabled(if: Machine.countsInstructions))
    func instructionsOfWorkload() {
      var workload = Spinning(turns: 50)
      let short = Recorder(.full).instructions(of: &workload, count: 20)
      workload = Spinning(turns: 150)
      let long = Recorder(.full).instructions(of: &workload, count: 20)
      // A hundred turns of two instructions lie between them.
      #expect(long.flatMap { long in short.map { long - $0 } } == 200)
    }

    @Test("counting ends by itself at its limit", .enabled(if: Machine.countsInstructions))
    func instructionLimit() {
      cb_instructions_begin(100)
      cb_spin(100_000)
      #expect(cb_instructions_end() == -2)
    }

    @Test("bytes in use go up by a block and down again", .enabled(if: Machine.bytesInUse != nil))
    func bytesInUse() throws {
      let before = try #require(Machine.bytesInUse)
      let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 << 20)
      let during = try #require(Machine.bytesInUse)
      block.deallocate()
      let after = try #require(Machine.bytesInUse)
      // Other threads of the test process allocate meanwhile, so little is left to chance.
      #expect(abs(during - before - 64 << 20) < 8 << 20)
      #expect(abs(after - before) < 8 << 20)
    }

    @Test("counts are taken over whole periods")
    func wholePeriods() {
      #expect(Recorder.whole(1, 100) == 100)
      #expect(Recorder.whole(100, 100) == 100)
      #expect(Recorder.whole(101, 100) == 200)
      #expect(Recorder.whole(0, 7) == 7)
      var workload = Periodic()
      _ = Recorder(.full).allocations(of: &workload, count: 11)
      #expect(workload.odd == 0)
    }

    @Test("a smoke test carries each thing out once and tells no times")
    func smoke() {
      var workload = Periodic()
      let recorder = Recorder(.smoke)
      recorder.measure(&workload, sample: 1_000)
      #expect(recorder["ns"] == nil)
      #expect(recorder["instructions"] == nil)
      #expect(workload.total <= 3 * workload.period)
      #expect(workload.total > 0)
    }

    @Test("a profile carries out as many operations as were asked for, and a warm-up")
    func profile() {
      var workload = Periodic()
      let recorder = Recorder(.profile(operations: 500))
      recorder.measure(&workload, sample: 1_000)
      #expect(recorder.values == [])
      #expect(workload.total == 500 + 3 * workload.period)
    }
  }
}

private struct Allocating: Workload, ~Copyable {
  let perOperation: Int

  mutating func run(_ count: Int) {
    for _ in 0..<(count * self.perOperation) {
      let block = UnsafeMutablePointer<Int>.allocate(capacity: 4)
      block.initialize(to: count)
      consume(Int(bitPattern: block))
      block.deallocate()
    }
  }
}

private struct Spinning: Workload, ~Copyable {
  let turns: UInt64

  mutating func run(_ count: Int) {
    for _ in 0..<count { cb_spin(self.turns) }
  }
}

/// Notes whether it was ever asked for part of a period.
private struct Periodic: Workload, ~Copyable {
  let period = 10
  var total = 0
  var odd = 0

  mutating func run(_ count: Int) {
    self.total += count
    self.odd += count % self.period
  }
}
