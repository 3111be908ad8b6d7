import HTTPServing
import Testing

@testable import ConsoleCore

@Suite("Who may ask for what")
struct AccessTests {
  static let secret = "correct-horse-battery-staple"
  static let host = HTTPRequest.Field("Host", "localhost:8480")
  static let token = HTTPRequest.Field("Authorization", "Bearer \(secret)")

  private func access(_ token: String? = AccessTests.secret) -> Access {
    Access(port: 8_480, token: token.flatMap { AdminToken(Array($0.utf8)) })
  }

  @Test(
    "only the loopback address's own names are answered to",
    arguments: [
      ("localhost:8480", true), ("LOCALHOST:8480", true), ("127.0.0.1:8480", true),
      ("[::1]:8480", true), ("localhost", false), ("localhost:80", false), ("", false),
      ("evil.example:8480", false), ("localhost.evil.example:8480", false),
      ("127.0.0.1:8480.evil.example", false), ("localhost:8480,evil.example", false),
    ])
  func hosts(name: String, isServed: Bool) {
    let request = HTTPRequest("GET", "/", headers: [.init("Host", name)])
    #expect((self.access().refusal(of: request) == nil) == isServed)
    let status = self.access().refusal(of: request)?.status
    #expect(status == (isServed ? nil : 421))
  }

  @Test("a request without a host, or with two, is refused")
  func oneHost() {
    for hosts in [[], [Self.host, Self.host]] {
      #expect(self.access().refusal(of: HTTPRequest("GET", "/", headers: hosts))?.status == 421)
    }
  }

  @Test(
    "orders of other sites are refused before the token is looked at",
    arguments: [
      ([], nil),
      ([.init("Origin", "http://localhost:8480"), .init("Sec-Fetch-Site", "same-origin")], nil),
      ([.init("Origin", "http://evil.example")], 403), ([.init("Origin", "null")], 403),
      ([.init("Origin", "https://localhost:8480")], 403),
      ([.init("Origin", "http://127.0.0.1:8480")], 403),
      ([.init("Origin", "http://localhost:8480"), .init("Origin", "http://evil.example")], 403),
      ([.init("Sec-Fetch-Site", "cross-site")], 403),
      ([.init("Sec-Fetch-Site", "same-site")], 403), ([.init("Sec-Fetch-Site", "none")], 403),
    ] as [([HTTPRequest.Field], Int?)])
  func sites(headers: [HTTPRequest.Field], status: Int?) {
    let request = HTTPRequest(
      "POST", "/api/orders/speed", headers: [Self.host, Self.token] + headers)
    #expect(self.access().refusalOfOrder(request)?.status == status)
  }

  @Test(
    "an order takes the token, whole and alone",
    arguments: [
      ("Bearer correct-horse-battery-staple", true), ("bearer correct-horse-battery-staple", true),
      ("Bearer correct-horse-battery-stapl", false), ("Bearer ", false), ("", false),
      ("Bearer correct-horse-battery-staple2", false),
      ("Bearer correct-horse-battery-staplf", false),
      ("Bearer  correct-horse-battery-staple", false),
      ("Basic correct-horse-battery-staple", false), ("correct-horse-battery-staple", false),
    ])
  func tokens(authorization: String, isRight: Bool) {
    let request = HTTPRequest(
      "POST", "/", headers: [Self.host, .init("Authorization", authorization)])
    let refusal = self.access().refusalOfOrder(request)
    #expect(refusal?.status == (isRight ? nil : 401))
    #expect(isRight || refusal?.header("WWW-Authenticate") == "Bearer realm=\"console\"")
  }

  @Test("without a token nothing can be changed, whatever is shown")
  func readOnly() {
    let request = HTTPRequest("POST", "/", headers: [Self.host, Self.token])
    #expect(self.access(nil).refusalOfOrder(request)?.status == 403)
    #expect(!self.access(nil).allowsOrders)
  }

  @Test(
    "a token has 16 to 256 visible characters and one line",
    arguments: [
      (String(repeating: "x", count: 15), false), (String(repeating: "x", count: 16), true),
      (String(repeating: "x", count: 256), true), (String(repeating: "x", count: 257), false),
      ("sixteen-letters-\n", true), ("sixteen-letters-\r\n", true),
      ("sixteen letters-x", false), ("sixteen-letters-\nand-more", false),
      ("sixteen-lettersé-x", false),
    ])
  func tokenForm(text: String, isToken: Bool) {
    #expect((AdminToken(Array(text.utf8)) != nil) == isToken)
  }
}
