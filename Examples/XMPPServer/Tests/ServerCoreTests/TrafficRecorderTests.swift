import Glibc
import Testing

@testable import ServerCore

/// A value of JSON, as far as recordings have any.
private enum JSONValue: Equatable {
  case string(String)
  case number(String)
  case bool(Bool)
}

/// Reads one flat JSON object (RFC 8259); nil for anything else.
private struct JSONLine {
  private var rest: Substring.UnicodeScalarView
  private(set) var values: [String: JSONValue] = [:]

  init?(_ line: Substring) {
    self.rest = line.unicodeScalars
    guard self.take("{") else { return nil }
    repeat {
      guard let key = self.string(), self.values[key] == nil, self.take(":"),
        let value = self.value()
      else { return nil }
      self.values[key] = value
    } while self.take(",")
    guard self.take("}"), self.rest.isEmpty else { return nil }
  }

  subscript(key: String) -> String? {
    guard case .string(let text) = self.values[key] else { return nil }
    return text
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard self.rest.first == scalar else { return false }
    self.rest.removeFirst()
    return true
  }

  private mutating func value() -> JSONValue? {
    if self.rest.first == "\"" { return self.string().map { .string($0) } }
    let word = String(String.UnicodeScalarView(self.rest.prefix { $0 != "," && $0 != "}" }))
    self.rest = self.rest.dropFirst(word.unicodeScalars.count)
    if word == "true" || word == "false" { return .bool(word == "true") }
    let digits: ClosedRange<UInt8> = 0x30...0x39
    let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard
      parts.allSatisfy({ part in !part.isEmpty && part.utf8.allSatisfy { digits.contains($0) } }),
      parts[0] == "0" || !parts[0].hasPrefix("0")
    else { return nil }
    return .number(word)
  }

  private mutating func string() -> String? {
    guard self.take("\"") else { return nil }
    var text = String.UnicodeScalarView()
    while let scalar = self.rest.popFirst() {
      switch scalar {
      case "\"": return String(text)
      case "\\":
        guard let escaped = self.rest.popFirst(),
          let meant: Unicode.Scalar = [
            "\"": "\"", "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "/": "/",
          ][escaped]
        else { return nil }
        text.append(meant)
      case "\u{0}"..."\u{1F}": return nil
      default: text.append(scalar)
      }
    }
    return nil
  }
}

struct TrafficRecorderTests {
  private let harness: ServerHarness
  private let path: String

  init() throws {
    self.harness = try ServerHarness(["registration": "true"])
    self.path = "\(self.harness.directory.path)/traffic.jsonl"
    self.harness.server.recorder = try TrafficRecorder(path: self.path)
  }

  /// Ends the recording; its lines.
  private func lines() throws -> [Substring] {
    self.harness.server.recorder = nil
    return try TextFile.read(self.path, limit: 1 << 22)
      .split(separator: "\n", omittingEmptySubsequences: true)
  }

  @Test("Each line is a JSON object with the direction, the element, the connection and the time")
  func lineFormat() throws {
    let alice = try self.harness.connect()
    try alice.authenticate("alice")
    try alice.bind("pho\"ne\\")
    let body = "tab\tline\nreturn\r \"quoted\" \\ \u{7F} ключ 🔑 &lt;"
    try alice.say("<message to='bob@localhost' type='chat'><body>\(body)</body></message>")
    var received: [String] = []
    for line in try self.lines() {
      let object = try #require(JSONLine(line), "\(line)")
      #expect(["in", "out"].contains(object["dir"]))
      #expect(object.values["conn"] == .number("1"))
      #expect(object.values["tls"] == .bool(false))
      guard case .number(let time) = object.values["t"] else {
        Issue.record("no time in \(line)")
        continue
      }
      #expect(time.split(separator: ".").last?.count == 6)
      if object["dir"] == "in" { received.append(object["xml"] ?? "") }
      let known: Set = ["dir", "xml", "conn", "t", "jid", "tls"]
      #expect(known.isSuperset(of: object.values.keys))
    }
    let last = try #require(received.last)
    #expect(last == "<message to='bob@localhost' type='chat'><body>\(body)</body></message>")
    #expect(try self.jids().last == "alice@localhost/pho\"ne\\")
  }

  private func jids() throws -> [String] {
    try TextFile.read(self.path, limit: 1 << 22).split(separator: "\n").compactMap {
      JSONLine($0)?["jid"]
    }
  }

  @Test("Both directions are there, from the opening tag to the closing one")
  func directions() throws {
    let alice = try self.harness.bound("alice", "phone")
    try alice.say("</stream:stream>")
    let objects = try self.lines().compactMap { JSONLine($0) }
    for direction in ["in", "out"] {
      let xml = objects.filter { $0["dir"] == direction }.compactMap { $0["xml"] }
      #expect(xml.filter { $0.contains("<stream:stream") }.count == 2)
      #expect(xml.last == "</stream:stream>")
    }
  }

  @Test("What proves a client is left out, and so are passwords")
  func secrets() throws {
    let client = try self.harness.connect()
    try client.say(TestClient.header)
    _ = client.hear()
    let answer = try client.ask(
      """
      <iq type='set' id='1'><query xmlns='jabber:iq:register'><username>carol</username>\
      <password>hunter2</password></query></iq>
      """)
    #expect(answer.attribute("type") == "error" || answer.attribute("type") == "result")
    let carol = try self.harness.bound("alice", "phone")
    try carol.say(
      """
      <iq type='set' id='2'><query xmlns='jabber:iq:register'><username>alice</username>\
      <password>hunter3</password></query></iq>
      """)
    let text = try self.lines().joined(separator: "\n")
    for secret in ["hunter", "n,,n=alice", "biws"] { #expect(!text.contains(secret)) }
    // What is sent as Base64 is no better hidden: no element of SASL from a client has content.
    for object in try self.harness.recordedLines(self.path) where object.contains("xmpp-sasl") {
      #expect(object.contains("\"dir\":\"out\"") || object.contains("/>\""), "\(object)")
    }
  }

  @Test("A recording is for its owner's eyes, and never goes over a file that is there")
  func file() throws {
    var status = stat()
    #expect(stat(self.path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(throws: SystemError.self) { try TrafficRecorder(path: self.path) }
  }
}

extension ServerHarness {
  /// The lines of a recording.
  func recordedLines(_ path: String) throws -> [Substring] {
    try TextFile.read(path, limit: 1 << 22).split(separator: "\n")
  }
}
