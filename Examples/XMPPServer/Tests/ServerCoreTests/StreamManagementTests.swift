import MDMXMPP
import Testing

@testable import ServerCore

struct StreamManagementTests {
  /// Acknowledges, and returns what need not be kept any longer.
  private func acknowledge(_ handled: UInt32, _ management: inout StreamManagement) -> [UInt64] {
    var settled: [UInt64] = []
    management.acknowledge(handled) { settled.append($0) }
    return settled
  }

  private func management(sent count: Int, after acknowledged: UInt32 = 0) -> StreamManagement {
    var management = StreamManagement(resumptionID: "id", acknowledged: acknowledged)
    for index in 0..<count { management.noteSent([1, 2, 3], position: UInt64(index)) }
    return management
  }

  @Test("An acknowledgement settles what it covers, in order, and no more")
  func acknowledges() {
    var management = self.management(sent: 5)
    #expect(management.unacknowledgedBytes == 15)
    #expect(self.acknowledge(2, &management) == [0, 1])
    #expect(management.unacknowledged.map(\.position) == [2, 3, 4])
    #expect(management.unacknowledgedBytes == 9)
    #expect(self.acknowledge(2, &management) == [])
    #expect(self.acknowledge(5, &management) == [2, 3, 4])
    #expect(management.unacknowledged.isEmpty)
    #expect(management.unacknowledgedBytes == 0)
  }

  @Test("Stanzas without a place in the archive are counted, but not settled")
  func withoutPosition() {
    var management = StreamManagement(resumptionID: nil)
    management.noteSent([1], position: nil)
    management.noteSent([2], position: 8)
    #expect(self.acknowledge(2, &management) == [8])
  }

  @Test("More than was sent is refused, and so is less than before")
  func accepts() {
    var management = self.management(sent: 3)
    #expect(management.accepts(0))
    #expect(management.accepts(3))
    #expect(!management.accepts(4))
    #expect(!management.accepts(.max))
    _ = self.acknowledge(2, &management)
    #expect(!management.accepts(1))
    #expect(management.accepts(2))
    #expect(management.accepts(3))
    #expect(!management.accepts(4))
  }

  @Test("The count goes round at 2³² (XEP-0198 §4)")
  func wraps() {
    var management = self.management(sent: 4, after: .max - 1)
    #expect(management.accepts(.max))
    #expect(management.accepts(2))
    #expect(!management.accepts(3))
    #expect(!management.accepts(.max - 2))
    #expect(self.acknowledge(.max, &management) == [0])
    #expect(self.acknowledge(1, &management) == [1, 2])
    #expect(management.acknowledged == 1)
    #expect(self.acknowledge(2, &management) == [3])
  }

  @Test("A long queue is tidied up without losing its order")
  func compaction() {
    var random = SeededGenerator(seed: 7)
    var management = StreamManagement(resumptionID: "id")
    var model: [UInt64] = []
    var sent: UInt64 = 0
    var acknowledged: UInt32 = 0
    for _ in 0..<2_000 {
      if random.below(3) > 0 {
        for _ in 0..<random.below(12) {
          management.noteSent([0, 0], position: sent)
          model.append(sent)
          sent += 1
        }
      } else {
        let count = random.below(model.count + 1)
        acknowledged &+= UInt32(count)
        #expect(management.accepts(acknowledged))
        #expect(self.acknowledge(acknowledged, &management) == Array(model.prefix(count)))
        model.removeFirst(count)
      }
      #expect(management.unacknowledged.map(\.position) == model)
      #expect(management.unacknowledgedBytes == 2 * model.count)
      #expect(!management.accepts(acknowledged &+ UInt32(model.count) &+ 1))
    }
  }

  @Test("What is sent calls for a question")
  func question() {
    var management = StreamManagement(resumptionID: nil)
    #expect(!management.owesQuestion)
    management.noteSent([1], position: nil)
    #expect(management.owesQuestion)
  }

  @Test("Only a stream that may be resumed says so")
  func elements() {
    var management = StreamManagement(resumptionID: "abc")
    management.handled = .max
    let enabled = management.enabled(maximum: 300)
    #expect(enabled.isNamed("enabled", namespace: "urn:xmpp:sm:3"))
    #expect(enabled.attribute("id") == "abc")
    #expect(enabled.attribute("resume") == "true")
    #expect(enabled.attribute("max") == "300")
    let plain = StreamManagement(resumptionID: nil).enabled(maximum: 300)
    #expect(plain.attributes.isEmpty)
    #expect(management.resumed("abc").attribute("h") == "4294967295")
    #expect(management.resumed("abc").attribute("previd") == "abc")
    #expect(management.answer == Array("<a xmlns='urn:xmpp:sm:3' h='4294967295'/>".utf8))
    let failed = StreamManagement.failed(.itemNotFound, handled: 4)
    #expect(failed.attribute("h") == "4")
    #expect(failed.elements.map(\.name) == ["item-not-found"])
  }
}
