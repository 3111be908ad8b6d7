import MDMStorage
import MDMTestKit
import Testing

@Suite("NameArena")
struct NameArenaTests {
  private static func name(_ length: Int, _ letter: Character = "a") -> String {
    String(repeating: letter, count: length)
  }

  @Test(
    "a name of any length comes back byte for byte",
    arguments: [0, 1, 7, 8, 9, 15, 16, 17, 255, 1_023, 3_064, 3_065, 3_071])
  func roundTrip(length: Int) {
    var arena = NameArena()
    let name = Self.name(length)
    let reference = arena.insert(name)
    #expect(Int(reference.length) == length)
    #expect(arena.string(reference) == name)
    #expect(arena.equals(reference, name) == true)
    #expect(arena.equals(reference, name + "a") == false)
    if length > 0 {
      #expect(arena.equals(reference, Self.name(length - 1) + "b") == false)
      #expect(arena.equals(reference, "") == false)
    }
  }

  @Test("names with more than one byte a character and with a null byte are kept")
  func unusualNames() {
    var arena = NameArena()
    let names = ["Æthelred", "火星", "a\u{0}b", "👩‍👩‍👧‍👦", "e\u{301}", "é"]
    let references = names.map { arena.insert($0) }
    for (name, reference) in zip(names, references) {
      #expect(Array(arena.string(reference).utf8) == Array(name.utf8))
      #expect(arena.equals(reference, name) == true)
    }
    // Equal to the eye, not byte for byte (B28).
    #expect(arena.equals(references[4], "é") == false)
  }

  @Test("the empty name takes no room")
  func emptyName() {
    var arena = NameArena()
    let reference = arena.insert("")
    #expect(arena.allocatedBytes == 0)
    #expect(arena.string(reference) == "")
    #expect(arena.equals(.empty, "") == true)
    arena.remove(reference)
    #expect(arena.allocatedBytes == 0)
  }

  @Test("a freed block is handed out again to a name of the same size in eights")
  func reusesBlocks() {
    var arena = NameArena()
    // Fill one chunk of 64 KiB to the last byte.
    var references = (0..<4_096).map { _ in arena.insert(Self.name(16)) }
    let full = arena.allocatedBytes
    for round in 0..<10 {
      for place in stride(from: round, to: references.count, by: 3) {
        arena.remove(references[place])
        references[place] = arena.insert(Self.name(9 + (place + round) % 8, "b"))
      }
    }
    #expect(arena.allocatedBytes == full)
    _ = arena.insert("one more")
    #expect(arena.allocatedBytes == 2 * full)
  }

  @Test("freed blocks come back last freed first and hold just the new name")
  func reusesInOrder() {
    var arena = NameArena()
    let first = arena.insert("12345678")
    let second = arena.insert("abcdefgh")
    let witness = arena.insert("witness!")
    arena.remove(first)
    arena.remove(second)
    let third = arena.insert("x")
    let fourth = arena.insert("yy")
    #expect(arena.string(third) == "x")
    #expect(arena.string(fourth) == "yy")
    #expect(arena.string(witness) == "witness!")
  }

  @Test("no name straddles a chunk boundary and none is damaged by one")
  func chunkBoundaries() {
    var arena = NameArena()
    var names: [(String, NameArena.Reference)] = []
    // 3,071 bytes take 384 of a chunk's 8,192 units: 21 fit, and 128 units are left over.
    for number in 0..<100 {
      let name = Self.name(3_071 - number % 5, Character(String(number % 10)))
      names.append((name, arena.insert(name)))
    }
    for (name, reference) in names { #expect(arena.equals(reference, name) == true) }
    #expect(arena.allocatedBytes == 5 * 65_536)
  }

  @Test("a name that is one unit too long for what is left of a chunk opens the next")
  func endOfAChunk() {
    for left in [383, 384, 385] {
      var arena = NameArena()
      let witnesses = (0..<8_192 - left).map { _ in arena.insert("12345678") }
      let long = arena.insert(Self.name(3_071))
      #expect(arena.allocatedBytes == (left < 384 ? 2 : 1) * 65_536, "\(left) units left")
      #expect(arena.equals(long, Self.name(3_071)) == true)
      #expect(arena.string(witnesses[8_191 - left]) == "12345678")
    }
  }

  @Test(
    "random insertions and removals agree with an array",
    arguments: [11, 12, 13, 14] as [UInt64])
  func agreesWithArray(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var arena = NameArena()
    var live: [(String, NameArena.Reference)] = []
    let lengths = [0, 1, 7, 8, 9, 40, 63, 64, 65, 1_000, 3_070, 3_071]
    for step in 0..<3_000 {
      if live.count > 200 || (!live.isEmpty && random.chance(1, in: 3)) {
        let place = random.below(live.count)
        let (name, reference) = live.remove(at: place)
        guard arena.equals(reference, name), arena.string(reference) == name else {
          Issue.record("seed \(seed), step \(step): a name of \(name.utf8.count) bytes changed")
          return
        }
        arena.remove(reference)
      } else {
        let letter = Character(Unicode.Scalar(UInt8(97 + random.below(26))))
        let name = Self.name(lengths[random.below(lengths.count)], letter)
        live.append((name, arena.insert(name)))
      }
    }
    for (name, reference) in live { #expect(arena.string(reference) == name) }
  }

  @Test("a name over the limit is a programmer's error")
  func tooLong() async {
    await #expect(processExitsWith: .failure) {
      var arena = NameArena()
      _ = arena.insert(String(repeating: "a", count: 3_072))
    }
  }
}
