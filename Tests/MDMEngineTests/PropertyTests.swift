import MDM
import MDMTestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random scripts against the naive reference model.
///
/// `MDM_PROPERTY_SCRIPTS=100000` plays more of them, `MDM_PROPERTY_SEED=17` just one.
struct PropertyTests {
  static let stepsPerScript = 300
  /// How many parts the scripts are dealt out to, so that they run side by side.
  static let parts = 20

  static func environment(_ name: String) -> Int? {
    guard let text = getenv(name) else { return nil }
    return Int(String(cString: text))
  }

  static let scripts = Self.environment("MDM_PROPERTY_SCRIPTS") ?? 2_000

  @Test(
    "B1–B28: random scripts lose nothing, keep order and limits, and do what a naive model says",
    arguments: 0..<parts)
  func scripts(part: Int) {
    var failures = 0
    for seed in stride(from: part, to: Self.scripts, by: Self.parts) {
      if let only = Self.environment("MDM_PROPERTY_SEED"), only != seed { continue }
      if Self.play(UInt64(seed)) { continue }
      failures += 1
      // One report tells more than many.
      if failures == 1 { return }
    }
  }

  /// Plays the script of one seed; false when a property does not hold.
  static func play(_ seed: UInt64) -> Bool {
    let script = ScriptGenerator(seed: seed).script(steps: Self.stepsPerScript)
    // A quarter of the scripts has a second engine that explains what it does.
    let violation = EngineAuditor.violation(of: script, explaining: seed % 4 == 0)
    guard let violation else { return true }
    let least = PropertyMinimiser.minimise(script, violation)
    let last = EngineAuditor.violation(of: least, explaining: seed % 4 == 0) ?? violation
    Issue.record(
      """
      Seed \(seed): \(violation)
      Configuration: \(script.configuration.scriptCode)
      Least script: \(last)
      \(least.code)
      """)
    return false
  }
}
