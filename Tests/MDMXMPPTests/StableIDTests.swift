import MDMStanza
import MDMXMPP
import Testing

struct StableIDTests {
  @Test("reads back what it writes and nothing else (XEP-0359)")
  func roundTrip() {
    for ordinal: UInt64 in [1, 9, 10, 42, 1 << 40, .max] {
      let id = StableID(ArchivePosition(ordinal))
      #expect(StableID(id.description) == id)
    }
    for text in ["", "0", "01", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616", "٣"] {
      #expect(StableID(text) == nil, "\(text)")
    }
  }
}
