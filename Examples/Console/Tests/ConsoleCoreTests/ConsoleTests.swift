import ConsolePages
import HTTPServing
import MDMRedundancy
import Testing

@testable import ConsoleCore

@Suite("The console's answers")
struct ConsoleTests {
  private func makeConsole(token: String? = AccessTests.secret, guest: String? = nil) -> Console {
    var settings = OfficeSettings()
    settings.people = 6
    settings.guest = guest
    settings.startMinute = 9 * 60
    settings.size = OfficeSettings.fittingSize(people: 6)
    let console = Console(office: settings, speed: 60)
    console.open(
      Access(port: 8_480, token: token.flatMap { AdminToken(Array($0.utf8)) }))
    return console
  }

  private func get(
    _ path: String, _ query: [HTTPRequest.Field] = [], method: String = "GET"
  ) -> HTTPRequest {
    HTTPRequest(method, path, query: query, headers: [AccessTests.host])
  }

  private func order(_ path: String, _ query: [HTTPRequest.Field] = []) -> HTTPRequest {
    HTTPRequest(
      "POST", "/api/orders/\(path)", query: query, headers: [AccessTests.host, AccessTests.token])
  }

  @Test(
    "what can be had, and what it is",
    arguments: [
      ("/", 200, "text/html; charset=utf-8"), ("/main.js", 200, "text/javascript; charset=utf-8"),
      ("/console.css", 200, "text/css; charset=utf-8"), ("/icon.svg", 200, "image/svg+xml"),
      ("/healthz", 200, "text/plain; charset=utf-8"),
      ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"),
      ("/api/state", 200, "application/json"), ("/api/history", 200, "application/json"),
      ("/api/people", 200, "application/json"), ("/api/report", 200, "application/json"),
      ("/api/users", 200, "application/json"),
      ("/api/report.csv", 200, "text/csv; charset=utf-8; header=present"),
      ("/api/users.csv", 200, "text/csv; charset=utf-8; header=present"),
      ("/api/events", 200, "text/event-stream"),
      ("/nothing", 404, nil), ("/api", 404, nil), ("/api/people/nobody", 404, nil),
      ("/api/people/a/b", 404, nil), ("/..%2Fmain.js", 404, nil), ("/%zz", 400, nil),
    ] as [(String, Int, String?)])
  func paths(path: String, status: Int, type: String?) {
    let response = self.makeConsole().respond(to: self.get(path))
    #expect(response.status == status)
    if let type { #expect(response.header("Content-Type") == type) }
    for header in HTTPResponse.guards { #expect(response.header(header.name) == header.value) }
  }

  @Test("every page is in the program, and its parts are its own")
  func pages() {
    for page in Page.all {
      #expect(!page.bytes.isEmpty)
      let text = String(decoding: page.bytes, as: UTF8.self)
      #expect(!text.contains("http://") || page.name.hasSuffix(".svg") || page.name == "dom.js")
      #expect(!text.contains("https://"))
      #expect(!text.contains("innerHTML"))
      #expect(!text.contains("insertAdjacentHTML"))
    }
    let index = String(decoding: Page.all[0].bytes, as: UTF8.self)
    #expect(!index.contains("style="))
    #expect(!index.contains("onclick"))
    #expect(!index.contains("<style"))
  }

  @Test("methods that are not meant are refused, with those that are")
  func methods() {
    let console = self.makeConsole()
    let posted = console.respond(to: self.get("/api/state", method: "POST"))
    #expect(posted.status == 405)
    #expect(posted.header("Allow") == "GET, HEAD")
    let asked = console.respond(to: self.get("/api/orders/speed"))
    #expect(asked.status == 405)
    #expect(asked.header("Allow") == "POST")
    #expect(console.respond(to: self.get("/", method: "HEAD")).status == 200)
  }

  @Test("before it is open, and under a foreign name, nothing is answered")
  func closed() {
    let console = Console(office: OfficeSettings(), speed: 1)
    #expect(console.respond(to: self.get("/healthz")).status == 503)
    console.open(Access(port: 1, token: nil))
    #expect(console.respond(to: self.get("/healthz")).status == 421)
  }

  @Test(
    "orders are parsed strictly",
    arguments: [
      ("speed", ["value": "120"], 200), ("speed", ["value": "0"], 200),
      ("speed", ["value": "7201"], 400), ("speed", ["value": "-1"], 400),
      ("speed", ["value": "fast"], 400), ("speed", [:], 400), ("load", ["value": "12"], 200),
      ("load", ["value": "12", "node": "imp-2"], 200),
      ("load", ["value": "12", "node": "imp-3"], 400), ("load", ["value": "5001"], 400),
      ("alarm-limit", ["value": "70"], 200), ("alarm-limit", ["value": "0"], 400),
      ("line/cut", [:], 200), ("line/mend", [:], 200), ("line", [:], 404), ("recover", [:], 409),
      ("nodes/imp-1/failover", [:], 200), ("nodes/imp-1/fallback", [:], 409),
      ("nodes/imp-1/off", [:], 200), ("nodes/imp-1/breaks", [:], 200),
      ("nodes/imp-1/explode", [:], 404), ("nodes/imp-9/off", [:], 400), ("", [:], 404),
    ] as [(String, [String: String], Int)])
  func orders(path: String, arguments: [String: String], status: Int) {
    let query = arguments.keys.sorted().map { HTTPRequest.Field($0, arguments[$0] ?? "") }
    let console = self.makeConsole()
    #expect(console.respond(to: self.order(path, query)).status == status)
    let bare = HTTPRequest(
      "POST", "/api/orders/\(path)", query: query, headers: [AccessTests.host])
    #expect(console.respond(to: bare).status == 401)
  }

  @Test("the stopped office stands still, the running one does not")
  func speed() {
    let console = self.makeConsole()
    let state = { console.respond(to: self.get("/api/state")).text }
    let before = state()
    console.pass(nanoseconds: 200_000_000)
    #expect(state() != before)
    _ = console.respond(to: self.order("speed", [.init("value", "0")]))
    let stopped = state()
    console.pass(nanoseconds: 200_000_000)
    #expect(state() == stopped)
  }

  @Test("the table has the lines of the report, and a file's name (R-087)")
  func tables() throws {
    let console = self.makeConsole()
    let report = console.respond(to: self.get("/api/report.csv"))
    #expect(report.header("Content-Disposition") == "attachment; filename=\"sessions.csv\"")
    #expect(report.text.split(separator: "\r\n").count == 5)
    let node = [HTTPRequest.Field("node", "imp-2")]
    let users = console.respond(to: self.get("/api/users.csv", node))
    #expect(users.header("Content-Disposition") == "attachment; filename=\"users-imp-2.csv\"")
    #expect(users.text.split(separator: "\r\n").dropFirst().allSatisfy { $0.contains("imp-2") })
    let other = [HTTPRequest.Field("node", "x\r\ny")]
    #expect(console.respond(to: self.get("/api/users.csv", other)).status == 404)
  }

  @Test("the day comes piece by piece")
  func history() {
    let console = self.makeConsole()
    let all = console.respond(to: self.get("/api/history")).text
    #expect(all.contains("\"first\":0"))
    let rest = console.respond(to: self.get("/api/history", [.init("from", "149")])).text
    #expect(rest.contains("\"first\":149"))
    #expect(rest.utf8.count < all.utf8.count / 10)
  }

  @Test("a name full of markup is a text in every answer, and no formula in a table (B25)")
  func hostileName() throws {
    let name = "=cmd|<img src=x onerror=alert(1)>"
    let console = self.makeConsole(guest: name)
    let people = console.respond(to: self.get("/api/people")).text
    #expect(people.contains("=cmd|\\u003cimg src=x onerror=alert(1)>"))
    let table = console.respond(to: self.get("/api/users.csv")).text
    #expect(!table.contains("\n=cmd"))
  }

  @Test("one browser too many is told so")
  func streams() {
    let console = self.makeConsole()
    var kept: [HTTPResponse] = []
    for _ in 0..<Console.streamLimit {
      kept.append(console.respond(to: self.get("/api/events")))
    }
    #expect(kept.allSatisfy { $0.status == 200 })
    #expect(console.respond(to: self.get("/api/events")).status == 503)
  }
}
