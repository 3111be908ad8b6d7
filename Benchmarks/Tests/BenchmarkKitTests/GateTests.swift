import Foundation
import Testing

@testable import BenchmarkKit

extension KitTests {
  /// The gate on results that are made up: it fails when it should, on both sides, and says why.
  struct GateTests {
    private func result(_ values: Value...) -> CaseResult { CaseResult("receive", size: 1, values) }

    private func gate(_ entries: [String: Thresholds.Entry]) -> Gate {
      Gate(Thresholds(swift: "6.3", values: entries))
    }

    private func reasons(
      _ value: Value, recorded: Double, limit: String? = nil, waiver: String? = nil
    ) -> [String] {
      let entry = Thresholds.Entry(recorded: recorded, limit: limit, waiver: waiver)
      let gate = self.gate(["receive/1 \(value.name)": entry])
      return gate.judge([self.result(value)], isComplete: true).failures.map { $0.reason }
    }

    @Test("allocations must be what was recorded: one more fails, and so does one less")
    func allocations() {
      let value = { (amount: Double) in Value("allocations", amount, "allocations", .exact) }
      #expect(self.reasons(value(2), recorded: 2) == [])
      #expect(self.reasons(value(2.01), recorded: 2) == ["worse than recorded"])
      #expect(
        self.reasons(value(1), recorded: 2)
          == ["better than recorded; record the gain, or it is lost unseen"])
    }

    @Test("instructions may be off by a little, on either side, and no more")
    func instructions() {
      let value = { (amount: Double) in
        Value("instructions", amount, "instructions", .instructions)
      }
      #expect(self.reasons(value(1_000), recorded: 1_000) == [])
      #expect(self.reasons(value(1_020), recorded: 1_000) == [])
      #expect(self.reasons(value(1_021), recorded: 1_000) == ["worse than recorded"])
      #expect(self.reasons(value(950), recorded: 1_000) == [])
      #expect(self.reasons(value(949), recorded: 1_000).count == 1)
      // Near zero a whole instruction is allowed.
      #expect(self.reasons(value(3), recorded: 2) == [])
      #expect(self.reasons(value(3.1), recorded: 2) == ["worse than recorded"])
    }

    @Test("where more is better, less is worse")
    func ratios() {
      let value = { (amount: Double) in
        Value("times-naive", amount, "times", .ratio, limit: .atLeast(8))
      }
      #expect(self.reasons(value(20), recorded: 20, limit: ">= 8") == [])
      #expect(self.reasons(value(10.1), recorded: 20, limit: ">= 8") == [])
      #expect(self.reasons(value(9.9), recorded: 20, limit: ">= 8") == ["worse than recorded"])
      #expect(self.reasons(value(41), recorded: 20, limit: ">= 8").count == 1)
      #expect(
        self.reasons(value(7.9), recorded: 9, limit: ">= 8") == ["the limit is broken"])
    }

    @Test("a broken limit fails whatever was recorded")
    func limits() {
      let value = Value(
        "instructions", 400, "instructions", .instructions, limit: .atMost(350))
      #expect(self.reasons(value, recorded: 400, limit: "<= 350") == ["the limit is broken"])
      let onlyLimit = Value("ratio", 7, "times", .limitOnly, limit: .atMost(6))
      #expect(self.reasons(onlyLimit, recorded: 1, limit: "<= 6") == ["the limit is broken"])
      let within = Value("ratio", 5.9, "times", .limitOnly, limit: .atMost(6))
      #expect(self.reasons(within, recorded: 1, limit: "<= 6") == [])
      #expect(self.reasons(within, recorded: 0, limit: "<= 6") == [])
    }

    @Test("a waiver lets a limit be missed, is told of, and must go when the limit is reached")
    func waivers() {
      let missed = Value(
        "instructions", 400, "instructions", .instructions, limit: .atMost(350))
      let entry = Thresholds.Entry(recorded: 400, limit: "<= 350", waiver: "being worked on")
      let verdict = self.gate(["receive/1 instructions": entry])
        .judge([self.result(missed)], isComplete: true)
      #expect(verdict.failures == [])
      #expect(
        verdict.waived == ["receive/1 instructions: 400, wanted <= 350: being worked on"])
      let reached = Value(
        "instructions", 350, "instructions", .instructions, limit: .atMost(350))
      #expect(
        self.reasons(reached, recorded: 350, limit: "<= 350", waiver: "being worked on")
          == ["the limit is reached and needs no waiver any more"])
      // A ratio of times reaches its limit for good only with something to spare.
      let ratio = { (amount: Double) in
        Value("times", amount, "times", .limitOnly, limit: .atLeast(50))
      }
      let recorded = { (amount: Double) in
        self.reasons(ratio(amount), recorded: 45, limit: ">= 50", waiver: "being worked on")
      }
      #expect(recorded(99) == [])
      #expect(recorded(101) == ["the limit is reached and needs no waiver any more"])
      // The record still counts.
      let worse = Value("instructions", 500, "instructions", .instructions, limit: .atMost(350))
      #expect(
        self.reasons(worse, recorded: 400, limit: "<= 350", waiver: "being worked on")
          == ["worse than recorded"])
    }

    @Test("a limit that the file has otherwise fails")
    func otherLimit() {
      let value = Value("instructions", 10, "instructions", .instructions, limit: .atMost(40))
      #expect(
        self.reasons(value, recorded: 10, limit: "<= 60")
          == ["the file has another limit than the benchmark"])
    }

    @Test("a value without a record fails, and a record without a value in a complete run")
    func missing() {
      let value = Value("instructions", 10, "instructions", .instructions)
      let none = self.gate([:]).judge([self.result(value)], isComplete: true)
      #expect(none.failures.map { $0.reason } == ["there is no record"])
      let gate = self.gate(["other/1 allocations": .init(recorded: 0)])
      #expect(gate.judge([], isComplete: false).failures == [])
      #expect(
        gate.judge([], isComplete: true).failures.map { $0.reason }
          == ["no benchmark gives this value"])
    }

    @Test("what this machine cannot measure is skipped, and what is only printed is not compared")
    func unavailable() {
      let unknown = Value("instructions", nil, "instructions", .instructions)
      let printed = Value("ns", 100, "ns")
      let verdict = self.gate(["receive/1 instructions": .init(recorded: 10)])
        .judge([self.result(unknown, printed)], isComplete: true)
      #expect(verdict.failures == [])
      #expect(verdict.skipped == ["receive/1 instructions"])
      #expect(verdict.compared == 0)
    }

    @Test("a failure names benchmark, size, what was measured and allowed, and how to record anew")
    func failureText() {
      let value = Value("instructions", 700, "instructions", .instructions)
      let gate = self.gate(["receive/1 instructions": .init(recorded: 640)])
      let text = gate.judge([self.result(value)], isComplete: true).failures.first?.text
      #expect(
        text == """
          receive/1 instructions: worse than recorded
            measured 700, allowed 608 to 652.8 (recorded: 640)
            to record anew: swift run -c release --package-path Benchmarks mdm-bench --record \
          --filter '^receive$'
          """)
    }

    @Test("thresholds survive their file, one line a value, and damage is an error")
    func file() throws {
      let thresholds = Thresholds(
        swift: "6.3",
        values: [
          "send/8 instructions": .init(recorded: 1_860.406),
          "receive/1 instructions": .init(
            recorded: 643.25, limit: "<= 350", waiver: "a \"reason\""),
          "send/* bend": .init(recorded: -0.5), "send/10 instructions": .init(recorded: 2),
        ])
      let json = thresholds.json
      #expect(try Thresholds(json: Data(json.utf8)) == thresholds)
      let lines = json.split(separator: "\n").filter { $0.contains("recorded") }
      #expect(
        lines.map { $0.split(separator: "\"")[1] } == [
          "receive/1 instructions", "send/8 instructions", "send/10 instructions", "send/* bend",
        ])
      #expect(throws: (any Error).self) { try Thresholds(json: Data(json.utf8.dropLast(4))) }
    }

    @Test("recording keeps what was not run, and drops what a complete run no longer gives")
    func recording() {
      var thresholds = Thresholds(
        swift: "6.3",
        values: [
          "receive/1 instructions": .init(recorded: 400, limit: "<= 350", waiver: "soon"),
          "send/1 allocations": .init(recorded: 1), "receive/1 bytes": .init(recorded: 3),
        ])
      let results = [
        self.result(
          Value("instructions", 390, "instructions", .instructions, limit: .atMost(350)),
          Value("bytes", nil, "bytes", .bytes), Value("ns", 5, "ns"))
      ]
      thresholds.record(results, isComplete: false)
      #expect(thresholds.values["receive/1 instructions"]?.recorded == 390)
      #expect(thresholds.values["receive/1 instructions"]?.waiver == "soon")
      #expect(thresholds.values["send/1 allocations"]?.recorded == 1)
      #expect(thresholds.values["receive/1 bytes"]?.recorded == 3)
      #expect(thresholds.values["receive/1 ns"] == nil)
      let reached = self.result(
        Value("instructions", 340, "instructions", .instructions, limit: .atMost(350)))
      thresholds.record([reached], isComplete: true)
      #expect(
        thresholds.values == ["receive/1 instructions": .init(recorded: 340, limit: "<= 350")])
    }
  }
}
