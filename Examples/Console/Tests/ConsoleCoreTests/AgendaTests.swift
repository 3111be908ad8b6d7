import MDM
import MDMTestKit
import Testing

@testable import ConsoleCore

@Suite("The agenda")
struct AgendaTests {
  @Test("events come in order of time, and at one time in the order of their addition")
  func order() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<50 {
      var agenda = Agenda<Int>()
      var model: [(instant: Int64, number: Int)] = []
      for number in 0..<random.number(in: 1...120) {
        if random.chance(1, in: 4), let first = model.first {
          #expect(agenda.next == MonotonicInstant(nanoseconds: first.instant))
          #expect(agenda.take() == first.number)
          model.removeFirst()
        }
        let instant = Int64(random.below(9))
        agenda.add(number, at: MonotonicInstant(nanoseconds: instant))
        model.append((instant, number))
        model.sort { $0 < $1 }
      }
      for (_, number) in model { #expect(agenda.take() == number) }
      #expect(agenda.take() == nil)
      #expect(agenda.next == nil)
    }
  }
}
