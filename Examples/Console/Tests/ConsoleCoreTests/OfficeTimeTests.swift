import MDM
import Testing

@testable import ConsoleCore

@Suite("The office's calendar")
struct OfficeTimeTests {
  @Test(
    "a time of day is read strictly",
    arguments: [
      ("06:30", 390), ("09:05", 545), ("20:29", 1_229), ("06:29", nil), ("20:30", nil),
      ("9:05", nil), ("09:60", nil), ("09:5", nil), ("+9:05", nil), ("09:05:00", nil), ("", nil),
    ] as [(String, Int?)])
  func reads(text: String, minute: Int?) {
    #expect(OfficeTime.minute(text) == minute)
  }

  @Test("days and minutes are instants, and the first day is a Monday of 2026")
  func instants() {
    let instant = OfficeTime.instant(day: 2, minute: 631)
    #expect(OfficeTime.day(of: instant) == 2)
    #expect(OfficeTime.text(instant.advanced(by: .seconds(7))) == "10:31:07")
    let first = CalendarTime(seconds: OfficeTime.unixSeconds(.origin))
    #expect(first.description == "2026-03-02T00:00:00Z")
  }
}
