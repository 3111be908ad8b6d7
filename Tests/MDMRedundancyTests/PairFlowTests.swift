import MDMRedundancy
import MDMStanza
import Testing

@Suite("Two nodes")
struct PairFlowTests {
  @Test("R-162: two healthy nodes become Normal, each with its own users")
  func start() {
    var pair = PairHarness()
    pair.startBoth()
    pair.run(for: 1)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
    #expect(!pair.serves(.first, .second) && !pair.serves(.second, .first))
  }

  @Test("P01 → P02 → P03 → P04 → P01: there and back by hand", arguments: NodeID.allCases)
  func byHand(at node: NodeID) throws {
    var pair = PairHarness()
    pair.startBoth()
    pair.run(for: 1)
    pair.moves = [.none, .none]
    try pair.command(.failover(.first), at: node)
    pair.run(for: 1)
    #expect(pair.row == "P02", "\(pair.told)")
    pair.answerMoves(.done)
    pair.run(for: 1)
    #expect(pair.row == "P03", "\(pair.told)")
    #expect(pair.serves(.second, .first) && pair.serves(.second, .second))
    try pair.command(.fallback(.first), at: node)
    pair.run(for: 1)
    #expect(pair.row == "P04", "\(pair.told)")
    pair.answerMoves(.done)
    pair.run(for: 1)
    #expect(pair.row == "P01", "\(pair.told)")
    #expect(pair.serves(.first, .first) && pair.serves(.second, .second))
  }
}
