import HTTPServing
import Testing

@Suite("Parts of an address")
struct PercentEncodingTests {
  @Test(
    "what is encoded is decoded, and nothing else is changed",
    arguments: [
      ("alice", "alice"), ("a%20b", "a b"), ("a+b", "a+b"), ("%3Cb%3e", "<b>"),
      ("J%C3%BCrgen", "Jürgen"), ("%252F", "%2F"), ("a%2Fb", "a/b"),
    ])
  func decodes(encoded: String, text: String) {
    #expect(PercentEncoding.decode(encoded) == text)
  }

  @Test(
    "what is no encoding is refused",
    arguments: ["%", "%2", "%zz", "%+1", "a%00b", "%FF", "%C3", "%ED%A0%80"])
  func refuses(encoded: String) {
    #expect(PercentEncoding.decode(encoded) == nil)
  }

  @Test("a plus sign is a space in arguments alone")
  func plus() {
    #expect(PercentEncoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
  }
}

@Suite("Requests")
struct HTTPRequestTests {
  @Test("a slash that is encoded does not separate parts")
  func encodedSlash() {
    #expect(HTTPRequest("GET", "/users/a%2Fb").path == ["users", "a/b"])
    #expect(HTTPRequest("GET", "/").path == [])
    #expect(HTTPRequest("GET", "/users/").path == ["users", ""])
    #expect(HTTPRequest("GET", "users").path == nil)
    #expect(HTTPRequest("GET", "/%").path == nil)
  }

  @Test("a header that is there twice has no value")
  func doubled() {
    let once = HTTPRequest("GET", "/", headers: [.init("HOST", "a")])
    #expect(once.header("Host") == "a")
    let twice = HTTPRequest("GET", "/", headers: [.init("Host", "a"), .init("host", "b")])
    #expect(twice.header("host") == nil)
    #expect(twice.hasHeader("Host"))
  }
}
