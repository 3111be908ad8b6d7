import MDM
import MDMRedundancy

/// The console's view of an office of its own, whose time goes faster than ours.
final class OfficeSource: ConsoleSource {
  let office: Office
  /// Tells this run of the program from others: numbers begin anew.
  private let run: String
  private var speed: Int

  init(_ settings: OfficeSettings, speed: Int) {
    self.office = Office(settings)
    self.speed = speed
    self.run = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  }

  /// The most real time that is made up for at once: on a slow machine, or after it slept, office
  /// time goes more slowly than it should, and requests are answered all the same.
  private static let longest: Int64 = 200_000_000

  func pass(nanoseconds: Int64) {
    let real = min(max(0, nanoseconds), Self.longest)
    self.office.advance(byNanoseconds: real * Int64(self.speed))
  }

  func perform(_ order: ConsoleOrder) throws(OrderError) {
    switch order {
    case .speed(let speed): self.speed = speed
    case .load(let count, let node): self.office.setLoad(count, on: node)
    case .alarmLimit(let percent):
      do throws(CapacityError) { try self.office.setAlarmLimit(percent) } catch {
        throw OrderError("\(error)")
      }
    case .cut(let isCut): self.office.setCut(isCut)
    case .recover: try self.command(.recover)
    case .node(let node, let order): try self.perform(order, node)
    }
  }

  private func perform(_ order: ConsoleOrder.NodeOrder, _ node: NodeID) throws(OrderError) {
    switch order {
    case .off: self.office.setRunning(false, node)
    case .on: self.office.setRunning(true, node)
    case .breaks: self.office.setBroken(true, node)
    case .mend: self.office.setBroken(false, node)
    case .failover: try self.command(.failover(node))
    case .fallback: try self.command(.fallback(node))
    }
  }

  private func command(_ command: AdminCommand) throws(OrderError) {
    do throws(CommandRefusal) { try self.office.command(command) } catch {
      throw OrderError("\(error)")
    }
  }

  // MARK: - How things stand

  var state: JSON {
    let (office, counters) = (self.office, self.office.counters)
    let states = office.sessionStates
    return .members([
      "source": "office", "run": .string(self.run),
      "now": OfficeTime.seconds(office.now), "clock": .string(OfficeTime.text(office.now)),
      "day": .string("Day \(OfficeTime.day(of: office.now) + 1)"), "speed": .int(self.speed),
      "people": .int(office.people.count { !$0.isLoad }),
      "messages": .int(office.messageCount),
      "counters": .array(
        counters.snapshot.named.map { name, text in
          .members(["name": .string(name.rawValue), "text": .string(text)])
        }),
      "slice": .int(Int(clamping: counters.slices.current)),
      "sessions": states.json, "totals": counters.totals.json,
      "waiting": .int(counters.gauges.heldStanzas),
      "waitingBytes": .int(counters.gauges.heldBytes),
      "flushes": counters.flushesJSON, "hold": counters.holdJSON,
      "capacity": office.capacityJSON, "group": office.groupJSON,
      "samples": .int(office.history.count),
    ])
  }

  func history(from first: Int) -> JSON? {
    let history = self.office.history
    let samples = history.samples(from: first) ?? history.samples[...]
    let day = OfficeTime.day(of: self.office.now)
    return .members([
      "run": .string(self.run), "first": .int(history.count - samples.count),
      "from": OfficeTime.seconds(OfficeTime.instant(day: day, minute: OfficeTime.morning)),
      "to": OfficeTime.seconds(OfficeTime.instant(day: day, minute: OfficeTime.evening)),
      "samples": .array(samples.map { $0.json }),
    ])
  }

  var report: SessionReport? { self.office.report }

  var people: JSON? { self.office.peopleJSON }

  func person(_ account: String) -> JSON? { self.office.personJSON(account) }

  var metrics: String? { PrometheusText.text(of: self.office.metrics) }
}
