import MDMMonitoring
import MDMStanza
import Testing

@Suite("NodeUsage")
struct NodeUsageTests {
  private static func meminfo(_ total: Int, _ available: Int) -> String {
    """
    MemTotal:       \(total) kB
    MemFree:          183744 kB
    MemAvailable:    \(available) kB
    Buffers:          120364 kB
    HugePages_Total:       0
    """
  }

  private static func stat(_ numbers: String) -> String {
    """
    cpu  \(numbers)
    cpu0 1 1 1 1 1 1 1 1 0 0
    intr 1 2 3
    ctxt 44
    """
  }

  @Test("R-080: memory that cannot be given away, and processor time since the last look")
  func linux() throws {
    var meter = LinuxUsageMeter()
    let noted = meter.note(
      meminfo: Self.meminfo(8_000_000, 2_000_000), stat: Self.stat("100 0 50 800 50 0 0 0 9 9"))
    let first = try #require(noted)
    #expect(first.memoryTotal == 8_192_000_000 && first.memoryUsed == 6_144_000_000)
    #expect(first.memoryBasisPoints == 7_500)
    #expect(first.processorBasisPoints == nil)
    #expect(first.description == "memory 75.00 %")
    // 40 of 200 ticks were idle or waited for a disk; what guests get counts once.
    let later = meter.note(
      meminfo: Self.meminfo(8_000_000, 2_000_001), stat: Self.stat("200 20 80 830 60 1 4 5 80 9"))
    let second = try #require(later)
    #expect(second.processorBasisPoints == 8_000)
    #expect(second.description == "memory 74.99 %, processors 80.00 %")
    #expect(!second.exceeds(limitPercent: 80) && second.exceeds(limitPercent: 79))
  }

  @Test("texts that are none of Linux's give nothing, and leave the meter as it was")
  func otherTexts() {
    var meter = LinuxUsageMeter()
    let (good, stat) = (Self.meminfo(8_000, 2_000), Self.stat("1 1 1 1"))
    _ = meter.note(meminfo: good, stat: stat)
    let before = meter
    for text in [
      "", "MemTotal: 8000 kB", "MemTotal: 8000 kB\nMemAvailable: x kB",
      "MemTotal: 0 kB\nMemAvailable: 0 kB", "MemTotal: -5 kB\nMemAvailable: 1 kB",
      "MemTotal: \(Int.max) kB\nMemAvailable: 1 kB", "MemTotal: 8 MB\nMemAvailable: 1 MB",
    ] {
      #expect(meter.note(meminfo: text, stat: stat) == nil, "\(text)")
    }
    for text in ["", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4", "cpu 1 2 x 4", "cpu \(UInt64.max) 0 0 0"] {
      #expect(meter.note(meminfo: good, stat: text) == nil, "\(text)")
    }
    #expect(meter == before)
    // No time has passed, or the machine was started anew.
    #expect(meter.note(meminfo: good, stat: stat)?.processorBasisPoints == nil)
    #expect(meter.note(meminfo: good, stat: Self.stat("0 0 0 1"))?.processorBasisPoints == nil)
  }

  @Test("R-080: an alert says how busy the machine was, and what that means")
  func besideTheAlarm() throws {
    let settings = try AlarmSettings { $0.holdTime = .seconds(10) }
    var alarm = CapacityAlarm(.node("imp1"), model: CapacityModel(.users5K), settings: settings)
    var effects: [CapacityAlarmEffect] = []
    func at(_ seconds: Int) -> MonotonicInstant {
      MonotonicInstant.origin.advanced(by: .seconds(seconds))
    }
    alarm.note(load: 6_001, at: at(0), into: &effects)
    alarm.expire(at: at(10), into: &effects)
    #expect(effects.last?.alert.usage == nil)
    #expect(effects.last?.alert.advice == CapacityAlert.suggestedAction)
    for (used, expected) in [(95, "high as well"), (30, "not high")] {
      let usage = NodeUsage(memoryUsed: used, memoryTotal: 100, processorBasisPoints: 1_250)
      alarm.note(usage: usage)
      alarm.expire(at: at(used == 95 ? 610 : 1_210), into: &effects)
      let alert = try #require(effects.last?.alert)
      #expect(alert.usage == usage)
      #expect(alert.advice.contains(expected) && alert.advice.contains("memory \(used).00 %"))
    }
    #expect(effects.count == 3)
  }

  @Test("R-080: memory and processors are metrics beside the alarm's")
  func metrics() {
    var page = MetricsPage()
    let label = [MetricLabel("node", "imp1")]
    let usage = NodeUsage(memoryUsed: 3, memoryTotal: 4, processorBasisPoints: 1_203)
    page.add(usage.metrics(labels: label))
    let text = PrometheusText.text(of: page)
    for line in [
      "mdm_node_memory_used_bytes{node=\"imp1\"} 3", "mdm_node_memory_bytes{node=\"imp1\"} 4",
      "mdm_node_processor_busy_ratio{node=\"imp1\"} 0.1203",
    ] {
      #expect(text.contains(line), "\(text)")
    }
    let clamped = NodeUsage(memoryUsed: 9, memoryTotal: 4, processorBasisPoints: -1)
    #expect(clamped == NodeUsage(memoryUsed: 4, memoryTotal: 4, processorBasisPoints: 0))
  }
}
