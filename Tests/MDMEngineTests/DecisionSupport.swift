import MDM
import MDMTestKit

/// A laptop that has been the active client since 0:01 and a phone that is quiet.
func makeQuietStory(
  _ edit: (inout Configuration.Values) -> Void = { _ in }
) throws -> Scenario {
  let story = try Scenario(edit)
  story.signIn("laptop", "phone")
  story.at("0:00").available("phone")
  story.at("0:01").available("laptop")
  story.quiet("phone")
  return story
}

/// Devices of the main account that became available one second after the other: the last one is
/// the active client.
func makeStory(
  _ devices: String..., edit: (inout Configuration.Values) -> Void = { _ in }
) throws -> Scenario {
  let story = try Scenario(edit)
  for (second, device) in devices.enumerated() {
    story.at(ClockReading(nanoseconds: Int64(second) * 1_000_000_000))
    story.signInAvailable(device)
  }
  return story
}

/// The instant of a clock reading in a story that begins at the origin.
func instant(_ reading: ClockReading) -> MonotonicInstant { reading.instant(after: .origin) }
