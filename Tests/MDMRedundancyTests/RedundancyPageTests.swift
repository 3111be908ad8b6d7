import MDMRedundancy
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The page *Redundancy* has a diagram and a table that are drawn from the tables in the sources.
struct RedundancyPageTests {
  @Test("the page's diagram and table are what the sources say")
  func page() throws {
    let path = Self.path
    let page = try #require(Self.read(path))
    let drawn = Self.replacing(
      Self.rows, between: "rows",
      in: Self.replacing(Self.diagram, between: "diagram", in: page))
    if getenv("MDM_WRITE_DOCUMENTATION") != nil { Self.write(drawn, path) }
    #expect(drawn == page, "run the tests once with MDM_WRITE_DOCUMENTATION=1")
  }

  // MARK: - Drawing

  /// Every way from one pair of states to another, those of the same two rows as one arrow.
  private static var diagram: String {
    var arrows: [(from: String, to: String, events: [String])] = []
    for transition in GroupTransitionTable.all {
      let event = Self.words(transition.event.rawValue)
      if let place = arrows.firstIndex(where: {
        $0.from == transition.from && $0.to == transition.to
      }) {
        if !arrows[place].events.contains(event) { arrows[place].events.append(event) }
      } else {
        arrows.append((transition.from, transition.to, [event]))
      }
    }
    let lines = arrows.map { "  \($0.from) --> \($0.to): \($0.events.joined(separator: ", "))" }
    return "```mermaid\nstateDiagram-v2\n" + lines.joined(separator: "\n") + "\n```"
  }

  /// One line for each row: what the nodes show, what it means and what to do.
  private static var rows: String {
    var lines = ["| row | first node | second node | what has happened | what to do |"]
    lines.append("|---|---|---|---|---|")
    for row in NodePairTable.all {
      let actions = row.actions.isEmpty ? "–" : row.actions.joined(separator: " ")
      lines.append(
        "| \(row.name) | \(Self.text(row.first)) | \(Self.text(row.second)) | \(row.cause) | "
          + "\(actions) |")
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ side: NodePairRow.Side) -> String {
    if side.states.isEmpty { return "not heard" }
    let states = side.states.map(\.displayName).joined(separator: " or ")
    let reasons = side.reasons.map(\.displayName).joined(separator: " or ")
    return reasons.isEmpty ? states : "\(states), *\(reasons)*"
  }

  /// `usersMoved` as `users moved`.
  private static func words(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      text += character.isUppercase ? " \(character.lowercased())" : String(character)
    }
  }

  // MARK: - The file

  private static var path: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/") + "/Documentation/Redundancy.md"
  }

  private static func replacing(_ text: String, between name: String, in page: String) -> String {
    let (begin, end) = ("<!-- \(name) begin -->\n", "\n<!-- \(name) end -->")
    let parts = page.split(separator: begin, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return page }
    let rest = parts[1].split(separator: end, maxSplits: 1, omittingEmptySubsequences: false)
    guard rest.count == 2 else { return page }
    return "\(parts[0])\(begin)\(text)\(end)\(rest[1])"
  }

  private static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  private static func write(_ text: String, _ path: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }
}
