import MDM
import MDMRedundancy
import Testing

@Suite("A user moves between two nodes")
struct MoveOfAUserTests {
  @Test(
    "goals 7, 11: with whatever fails on the way, what the devices get is as if nobody had moved",
    arguments: 1...120)
  func invisible(seed: Int) throws {
    let harness = try MoveHarness(seed: seed)
    for _ in 0..<12 {
      harness.live(8)
      try harness.move()
      #expect(harness.worker != nil)
    }
    harness.live(20)
    #expect(harness.said == harness.expected)
    #expect(harness.said.contains { $0.contains(" gets ") })
    #expect(harness.moves + harness.undone == 12)
    #expect(harness.redirects.count == harness.moves)
    // One node has the account, the other has forgotten it.
    let owners = NodeID.allCases.filter { harness.nodes[$0].account != nil }
    #expect(owners.count == 1 && owners.first == harness.worker)
  }

  @Test("the scripts do move users and undo moves, while a phone holds, flushes, rings and reads")
  func scripts() throws {
    var moves = 0
    var undone = 0
    var said: [String] = []
    for seed in 1...40 {
      let harness = try MoveHarness(seed: seed)
      for _ in 0..<12 {
        harness.live(2)
        try harness.move()
      }
      moves += harness.moves
      undone += harness.undone
      said += harness.said
    }
    #expect(moves > 100 && undone > 100)
    for sign in [
      "flush", "heldBack", "activeClient", "noActiveClient", "push", "read up to", "retract",
    ] {
      let count = said.count { $0.contains(sign) }
      #expect(count > 20, "\(sign)")
    }
  }
}
