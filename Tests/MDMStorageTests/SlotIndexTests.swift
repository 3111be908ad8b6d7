import MDMStorage
import MDMTestKit
import Testing

@Suite("SlotIndex")
struct SlotIndexTests {
  /// The inverse of the factor that the index multiplies hashes by, so that a test can choose the
  /// fingerprint that a hash will have.
  private static let inverse: UInt64 = {
    var inverse: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<6 { inverse = inverse &* (2 &- 0x9E37_79B9_7F4A_7C15 &* inverse) }
    return inverse
  }()

  /// A hash whose fingerprint is `fingerprint`; `variant` tells hashes of one fingerprint apart.
  private static func hash(fingerprint: UInt32, variant: UInt32 = 0) -> Int {
    let mixed = UInt64(fingerprint) << 32 | UInt64(variant)
    return Int(truncatingIfNeeded: mixed &* Self.inverse)
  }

  @Test("an empty index finds nothing and removing from it does nothing")
  func emptyIndex() {
    var index = SlotIndex()
    #expect(index.find(hash: 7) { _ in true } == nil)
    index.remove(hash: 7, slot: 0)
    #expect(index.count == 0)
    #expect(index.allocatedBytes == 0)
  }

  @Test("a slot takes the place of another under the same hash, and nothing else moves")
  func replacing() {
    var index = SlotIndex()
    for slot in 0..<20 as Range<UInt32> {
      index.insert(hash: Self.hash(fingerprint: slot % 5), slot: slot)
    }
    index.replace(7, by: 99, hash: Self.hash(fingerprint: 2))
    #expect(index.count == 20)
    #expect(index.find(hash: Self.hash(fingerprint: 2)) { $0 == 7 } == nil)
    #expect(index.find(hash: Self.hash(fingerprint: 2)) { $0 == 99 } == 99)
    for slot in 0..<20 as Range<UInt32> where slot != 7 {
      #expect(index.find(hash: Self.hash(fingerprint: slot % 5)) { $0 == slot } == slot)
    }
  }

  @Test("two slots under one hash are told apart by the caller's match")
  func sameHash() {
    var index = SlotIndex()
    index.insert(hash: 42, slot: 1)
    index.insert(hash: 42, slot: 2)
    #expect(index.find(hash: 42) { $0 == 1 } == 1)
    #expect(index.find(hash: 42) { $0 == 2 } == 2)
    #expect(index.find(hash: 42) { $0 == 3 } == nil)
    index.remove(hash: 42, slot: 1)
    #expect(index.find(hash: 42) { $0 == 1 } == nil)
    #expect(index.find(hash: 42) { $0 == 2 } == 2)
    #expect(index.count == 1)
  }

  @Test("different hashes with one fingerprint do not lose each other")
  func collidingFingerprints() {
    var index = SlotIndex()
    for variant in 0..<UInt32(100) {
      index.insert(hash: Self.hash(fingerprint: 5, variant: variant), slot: variant)
    }
    for variant in stride(from: UInt32(0), to: 100, by: 2) {
      index.remove(hash: Self.hash(fingerprint: 5, variant: variant), slot: variant)
    }
    for variant in 0..<UInt32(100) {
      let hash = Self.hash(fingerprint: 5, variant: variant)
      let found = index.find(hash: hash) { $0 == variant }
      #expect(found == (variant % 2 == 0 ? nil : variant))
    }
    #expect(index.count == 50)
  }

  @Test("closing a gap moves entries back over the end of the table")
  func wrapsAround() {
    // Eight places: three entries at home in the last place run on into places 0 and 1, where one
    // that is at home in place 0 has to queue behind them.
    for victim in 0..<4 {
      var index = SlotIndex()
      let homes: [UInt32] = [7, 15, 23, 0]
      for (slot, home) in homes.enumerated() {
        index.insert(hash: Self.hash(fingerprint: home), slot: UInt32(slot))
      }
      #expect(index.allocatedBytes == 64)
      index.remove(hash: Self.hash(fingerprint: homes[victim]), slot: UInt32(victim))
      for (slot, home) in homes.enumerated() {
        let found = index.find(hash: Self.hash(fingerprint: home)) { $0 == UInt32(slot) }
        #expect(found == (slot == victim ? nil : UInt32(slot)), "removed \(victim), slot \(slot)")
      }
    }
  }

  @Test("an entry at its own place is not moved into an earlier gap")
  func keepsEntriesAtHome() {
    var index = SlotIndex()
    let homes: [UInt32] = [2, 3, 4]
    for (slot, home) in homes.enumerated() {
      index.insert(hash: Self.hash(fingerprint: home), slot: UInt32(slot))
    }
    index.remove(hash: Self.hash(fingerprint: 2), slot: 0)
    #expect(index.find(hash: Self.hash(fingerprint: 3)) { $0 == 1 } == 1)
    #expect(index.find(hash: Self.hash(fingerprint: 4)) { $0 == 2 } == 2)
  }

  @Test("removing what is not there leaves everything else", arguments: [0, 7])
  func removesNothing(fingerprint: Int) {
    var index = SlotIndex()
    index.insert(hash: Self.hash(fingerprint: 7), slot: 3)
    index.remove(hash: Self.hash(fingerprint: UInt32(fingerprint)), slot: 4)
    #expect(index.count == 1)
    #expect(index.find(hash: Self.hash(fingerprint: 7)) { $0 == 3 } == 3)
  }

  @Test("fingerprint 0 with slot 0 is an entry like any other")
  func zeroFingerprint() {
    var index = SlotIndex()
    index.insert(hash: 0, slot: 0)
    #expect(index.find(hash: 0) { $0 == 0 } == 0)
    index.remove(hash: 0, slot: 0)
    #expect(index.find(hash: 0) { $0 == 0 } == nil)
  }

  @Test(
    "random insertions and removals agree with a dictionary",
    arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func agreesWithDictionary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var index = SlotIndex()
    var reference: [Int: Int] = [:]
    // Few fingerprints, so that long runs form, wrap around and are torn open.
    let keys = 24 + random.below(200)
    let spread = 1 + random.below(64)
    func hash(_ key: Int) -> Int {
      Self.hash(fingerprint: UInt32(key % spread), variant: UInt32(key))
    }
    for step in 0..<4_000 {
      let key = random.below(keys)
      if reference[key] == nil {
        reference[key] = step
        index.insert(hash: hash(key), slot: UInt32(key))
      } else {
        reference[key] = nil
        index.remove(hash: hash(key), slot: UInt32(key))
      }
      let probe = random.below(keys)
      let found = index.find(hash: hash(probe)) { $0 == UInt32(probe) } != nil
      guard found == (reference[probe] != nil), index.count == reference.count else {
        Issue.record("seed \(seed), step \(step), key \(probe): found \(found)")
        return
      }
    }
    for key in 0..<keys {
      let found = index.find(hash: hash(key)) { $0 == UInt32(key) } != nil
      #expect(found == (reference[key] != nil))
    }
  }
}
