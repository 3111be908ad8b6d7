import Foundation
import MDM
import MDMTestKit

/// Replays a recording from beginning to end.
public enum Replayer {
  /// What a replay comes to.
  public struct Result: Sendable {
    /// What happened.
    public var story: Story
    /// What the recording holds: stanzas, and streams that begin, end or go on.
    public var events = 0
    /// Lines that could not be read.
    public var errors: [RecordingError]
    /// Violated invariants, the first first; empty unless asked to verify.
    public var violations: [String] = []
    /// Commands whose effects were checked.
    public var checks = 0
  }

  /// The recording that ships with the example.
  public static var sample: URL? {
    Bundle.module.url(
      forResource: "slixmpp-quiet-flow", withExtension: "jsonl", subdirectory: "Captures")
  }

  /// All recordings that ship with the example, by name.
  public static var samples: [URL] {
    guard let folder = Self.sample?.deletingLastPathComponent() else { return [] }
    let found = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (found ?? []).filter { $0.pathExtension == "jsonl" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  /// Replays `data`.
  ///
  /// - Parameters:
  ///   - configuration: how the engine behaves.
  ///   - progress: called now and then with the share that is done.
  public static func replay(
    _ data: Data, configuration: Configuration, verifying: Bool = false,
    progress: (Double) -> Void = { _ in }
  ) throws -> Result {
    let recording = Recording(contentsOf: data) { progress($0 / 2) }
    var server = try VirtualServer(
      domain: recording.domain, hosted: recording.hosted, configuration: configuration)
    let share = verifying ? 0.2 : 0.5
    for (index, event) in recording.events.enumerated() {
      server.handle(event)
      if index % 500 == 0 {
        progress(0.5 + share * Double(index) / Double(max(1, recording.events.count)))
      }
    }
    var result = Result(
      story: Story(), events: recording.events.count, errors: recording.errors)
    if verifying {
      (result.violations, result.checks) = Self.audit(
        server.journal, configuration
      ) { progress(0.7 + 0.3 * $0) }
    }
    result.story = server.end()
    progress(1)
    return result
  }

  /// Plays the replay's commands to the test kit's auditor, which stops at the first violation.
  private static func audit(
    _ journal: [(command: Command?, instant: MonotonicInstant)], _ configuration: Configuration,
    progress: (Double) -> Void
  ) -> (violations: [String], checks: Int) {
    let auditor = EngineAuditor(configuration: configuration, explaining: true)
    do throws(AuditViolation) {
      for (index, entry) in journal.enumerated() {
        if let command = entry.command {
          try auditor.perform(command, at: entry.instant)
        } else {
          try auditor.expire(at: entry.instant)
        }
        if index % 500 == 0 { progress(Double(index) / Double(journal.count)) }
      }
      try auditor.finish()
      return ([], auditor.played)
    } catch {
      return (["\(error)"], auditor.played)
    }
  }
}
