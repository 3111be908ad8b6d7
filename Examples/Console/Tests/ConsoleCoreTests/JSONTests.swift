import Testing

@testable import ConsoleCore

@Suite("JSON")
struct JSONTests {
  @Test(
    "values are written as RFC 8259 has them",
    arguments: [
      (JSON.null, "null"), (true, "true"), (-7, "-7"), (.number(1.5), "1.5"),
      (.number(.infinity), "null"), (.number(.nan), "null"), ("Jürgen", "\"Jürgen\""),
      (.array([]), "[]"), (.object([]), "{}"),
      (.members(["b": 1, "a": .array([nil, "x"])]), #"{"b":1,"a":[null,"x"]}"#),
      ("a\"b\\c\n\t\u{7F}", #""a\"b\\c\u000a\u0009\u007f""#),
      ("</script>", #""\u003c/script>""#),
    ] as [(JSON, String)])
  func written(value: JSON, text: String) {
    #expect(value.text == text)
  }

  @Test("no text can end its quotation or begin markup")
  func escapes() {
    for byte in UInt8(0)...127 {
      let text = JSON.string(String(UnicodeScalar(byte))).text
      let inside = text.dropFirst().dropLast()
      #expect(!inside.isEmpty)
      #expect(!inside.contains("<"))
      #expect(inside.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
      let isQuoted = inside == "\\\"" || inside == "\\\\"
      #expect(isQuoted || !inside.contains("\""))
    }
  }
}
