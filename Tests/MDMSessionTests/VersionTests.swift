import MDMSession
import Testing

@Suite("Version")
struct VersionTests {
  @Test(
    "B23: versions compare by the numbers between the dots",
    arguments: [
      ("11.10", "11.7"), ("X8.11", "X8.8"), ("X12.5", "X8.8"), ("12.0", "11.7"),
      ("11.7.1", "11.7"), ("11.7.0.1", "11.7"), ("12.0.1-su2", "12.0"), ("v2", "1.999"),
      ("4294967295", "4294967294"), ("1.0.0.1", "1"), ("11.07", "11.6"), ("12", "11.9.9.9"),
    ])
  func newer(later: String, earlier: String) throws {
    let later = try #require(Version(later))
    let earlier = try #require(Version(earlier))
    #expect(later > earlier)
    #expect(!(later < earlier))
    #expect(later != earlier)
  }

  @Test(
    "B23: trailing zeros, letters in front and what follows a sign do not count",
    arguments: [
      ("11.7", "11.7.0"), ("X8.8", "8.8"), ("12.0.1-su2", "12.0.1"), ("12.0.1 SU3", "12.0.1"),
      ("0", "0.0.0"), ("Jabber12.5", "12.5"), ("11.07", "11.7"), ("11.7.", "11.7"),
      ("12.5(1)", "12.5"),
    ])
  func same(one: String, other: String) throws {
    let one = try #require(Version(one))
    let other = try #require(Version(other))
    #expect(one == other)
    #expect(one.hashValue == other.hashValue)
    #expect(!(one < other) && !(other < one))
  }

  @Test(
    "what holds no number, or one over 32 bits, is no version",
    arguments: [
      "", "X", "junk", "-1", ".", ".7", "11..7", " 11.7", "4294967296", "11.4294967296",
      "99999999999999999999", "X-8.8", "é12",
    ])
  func junk(text: String) {
    #expect(Version(text) == nil)
  }

  @Test("a version is described by its numbers")
  func description() {
    #expect(Version(11, 7).description == "11.7")
    #expect(Version("X12.5.3-beta")?.description == "12.5.3")
    #expect(Version(11, 7).components == [11, 7])
    #expect(Version(0).components == [0])
  }

  @Test("the order is total over a list of real versions")
  func order() {
    let texts = ["8.8", "8.11", "11.6.9", "11.7", "11.7.1", "11.10", "12.0.1", "12.5", "14.0"]
    let versions = texts.compactMap { Version($0) }
    #expect(versions.count == texts.count)
    #expect(versions.shuffled().sorted() == versions)
  }
}
