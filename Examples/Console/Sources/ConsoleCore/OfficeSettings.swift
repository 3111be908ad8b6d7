import MDM

/// What an office is made of.
public struct OfficeSettings: Sendable {
  /// People in it.
  public var people = 60
  /// What everything that is left to chance comes from.
  public var seed: UInt64 = 1
  /// Users that a node is made for: a node has room for one and a half sessions each (R-074…R-076).
  public var size = OVASize.users5K
  /// Somebody more, with a name of the caller's choice.
  public var guest: String?
  /// The minute of the first day up to which everything has happened already.
  public var startMinute = OfficeTime.morning

  /// The settings with their defaults.
  public init() {}

  /// People that an office may have.
  public static let peopleRange = 2...400
  /// Bytes that the guest's name may have.
  public static let guestLimit = 200

  /// A size for which so many people fill their nodes to something over a half.
  public static func fittingSize(people: Int) -> OVASize {
    (try? OVASize(users: max(4, people * 5 / 2))) ?? .users5K
  }
}
