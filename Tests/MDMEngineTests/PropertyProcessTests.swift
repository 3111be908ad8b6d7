import MDM
import MDMTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The same scripts in two processes with different hash seeds.
struct PropertyProcessTests {
  static let seeds: Range<UInt64> = 0..<50
  static let steps = 300

  @Test("Determinism: fifty scripts give the same effects in two processes with other hash seeds")
  func sameEffectsInAnotherProcess() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      let digest = PropertyDigest.ofScripts(
        PropertyProcessTests.seeds, steps: PropertyProcessTests.steps)
      print("<digest>\(digest)</digest><hash>\("x".hashValue)</hash>")
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let digest = PropertyDigest.ofScripts(Self.seeds, steps: Self.steps)
    #expect(Self.text("digest", in: output) == "\(digest)")
    if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
      // Otherwise the comparison would prove nothing about the order of hashes.
      #expect(Self.text("hash", in: output) != "\("x".hashValue)")
    }
  }

  @Test("Determinism: another seed gives other effects, so the fingerprint sees them")
  func fingerprintSeesEffects() {
    #expect(
      PropertyDigest.ofScripts(0..<1, steps: 100) != PropertyDigest.ofScripts(1..<2, steps: 100))
    #expect(
      PropertyDigest.ofScripts(0..<1, steps: 100) != PropertyDigest.ofScripts(0..<1, steps: 101))
  }

  /// What stands between a tag and its end.
  private static func text(_ tag: String, in output: String) -> String? {
    let parts = output.split(separator: "<\(tag)>", maxSplits: 1)
    guard parts.count == 2 else {
      return output.hasPrefix("<\(tag)>")
        ? parts.first?.split(separator: "<").first.map { String($0) } : nil
    }
    return parts[1].split(separator: "<").first.map { String($0) }
  }
}
