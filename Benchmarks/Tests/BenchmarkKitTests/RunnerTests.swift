import Foundation
import Testing

@testable import BenchmarkKit

extension KitTests {
  /// The command line, with benchmarks that are made up.
  struct RunnerTests {
    private final class Output {
      var printed: [String] = []
      var complaints: [String] = []
    }

    private func run(_ arguments: String...) -> (Runner.Exit, Output) {
      let output = Output()
      let benchmarks = [
        Benchmark("one", "first", size: "things", of: [1, 2]) { size, recorder in
          recorder.record(Value("amount", Double(size), "things", .exact))
        },
        Benchmark(
          "two", "second", size: "things", of: [3]
        ) { size, recorder in
          recorder.record(Value("amount", Double(size), "things"))
        }
        .concluding { trend in
          [Value("twice", trend.value("amount", at: 3).map { $0 * 2 }, "things")]
        },
      ]
      let runner = Runner(
        benchmarks, thresholdsFolder: "no such folder", isIsolating: false,
        print: { output.printed.append($0) },
        complain: { output.complaints.append($0) })
      return (runner.run(arguments), output)
    }

    @Test(
      "wrong options are told of and end with 2",
      arguments: [
        ["--what"], ["--filter"], ["--filter", "("], ["--filter", "three"], ["--size", "x"],
        ["--size", "9"], ["--profile", "0"], ["--check", "--record"], ["--check", "--size", "1"],
        ["--record", "--json"], ["one"],
      ])
    func usage(_ arguments: [String]) {
      let output = Output()
      let runner = Runner(
        [Benchmark("one", "first", size: "things", of: [1]) { _, _ in }],
        thresholdsFolder: "no such folder", isIsolating: false,
        print: { output.printed.append($0) },
        complain: { output.complaints.append($0) })
      #expect(runner.run(arguments) == .usage)
      #expect(output.complaints.count == 1)
      #expect(output.printed == [])
    }

    @Test("a gate without thresholds is wrong usage, not a pass")
    func noThresholds() {
      let (exit, output) = self.run("--check")
      #expect(exit == .usage)
      #expect(output.complaints.count == 1)
    }

    @Test("the list names benchmarks and sizes, the filter selects")
    func list() {
      let (exit, output) = self.run("--list")
      #expect(exit == .passed)
      #expect(output.printed.count == 2)
      #expect(output.printed.first?.hasPrefix("one  (things: 1, 2)") == true)
      #expect(self.run("--list", "--filter", "^t").1.printed.count == 1)
    }

    @Test("a smoke test runs each benchmark at its smallest size")
    func smoke() {
      let (exit, output) = self.run("--smoke")
      #expect(exit == .passed)
      #expect(output.printed == ["one works", "two works"])
    }

    @Test("results are one JSON object, conclusions with them")
    func json() throws {
      let (exit, output) = self.run("--json")
      #expect(exit == .passed)
      let text = try #require(output.printed.first)
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      let results = try #require(object?["results"] as? [[String: Any]])
      #expect(results.count == 4)
      let last = try #require(results.last)
      #expect(last["size"] is NSNull)
      let values = try #require(last["values"] as? [String: [String: Any]])
      #expect(values["twice"]?["amount"] as? Double == 6)
    }

    @Test(
      "what a child process found survives the way to its parent, tolerances and limits with it")
    func findings() {
      let findings = Isolation.Findings(
        values: [
          Value("ratio", 7, "times", .limitOnly, limit: .atMost(6)),
          Value("instructions", nil, "instructions", .instructions),
          Value("allocations", 0.25, "allocations", .exact, limit: .atLeast(1)),
          Value("ns", 1, "ns"),
        ], notes: ["a line"])
      #expect(Isolation.Findings(output: Data(findings.output.utf8)) == findings)
      #expect(Isolation.Findings(output: Data()) == nil)
    }

    @Test("a case on its own prints its findings, and an unknown one is wrong usage")
    func oneCase() throws {
      let (exit, output) = self.run("--case", "one", "2")
      #expect(exit == .passed)
      let text = try #require(output.printed.first)
      #expect(Isolation.Findings(output: Data(text.utf8))?.values.first?.amount == 2)
      #expect(self.run("--case", "three", "2").0 == .usage)
    }

    @Test("numbers have three decimals at most")
    func numbers() {
      #expect(Value("a", 1.000_4, "x").text == "1")
      #expect(Value("a", -0.25, "x").text == "-0.25")
      #expect(Value("a", 12.345_6, "x").text == "12.346")
      #expect(Value("a", nil, "x").text == "-")
    }

    @Test("growth and slope follow from the sizes")
    func trend() {
      let trend = Trend([
        CaseResult("a", size: 1, [Value("n", 10, "x")]),
        CaseResult("a", size: 8, [Value("n", 80, "x")]),
      ])
      #expect(trend.ratio("n", of: 8, to: 1) == 8)
      #expect(trend.slope("n", from: 1, to: 8) == 10)
      #expect(trend.ratio("m", of: 8, to: 1) == nil)
    }
  }
}
