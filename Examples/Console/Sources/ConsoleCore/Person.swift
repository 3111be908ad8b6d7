import MDM
import MDMRedundancy

/// Somebody of the office, with devices.
struct Person {
  /// Name, as people write it.
  let name: String
  /// The account's name.
  let account: AccountName
  /// The node that the account belongs to.
  let home: NodeID
  /// Whether it is nobody, only a session that takes room.
  let isLoad: Bool
  /// Whom the person writes to, by place in the office.
  var contacts: [Int] = []
  /// The devices, in order of their place.
  var devices: [OfficeDevice]
  /// Where the person is.
  var place = Place.home
  /// The device that the person looks at, by place.
  var inUse: Int?
  /// Where the account is open: the node and its handle there.
  var seat: Seat?
  /// What has happened to the devices, for the timeline.
  var journal = Journal()

  /// Whether a device keeps a second connection, to the other node: laptops do.
  func hasStandby(_ device: Int) -> Bool {
    self.devices[device].kind == .desktop && !self.isLoad
  }

  /// Where somebody is.
  enum Place: Equatable {
    /// Not at work.
    case home
    /// At the desk, in front of the laptop.
    case desk
    /// At work, away from the desk.
    case out
  }

  /// Where an account is open.
  struct Seat: Equatable {
    let node: NodeID
    let account: AccountHandle
  }

  /// The person's telephone, by place.
  var phone: Int? { self.devices.firstIndex { $0.isPhone } }
}

/// A device of somebody.
struct OfficeDevice {
  /// Its name within the account.
  let name: DeviceName
  /// What sort of device it is.
  let kind: DeviceKind
  /// Whether a push service reaches it.
  let isPushEnabled: Bool
  /// Whether it comes through an edge server.
  let isOffPremise: Bool
  /// Its session, while it has one.
  var handle: DeviceHandle?
  /// Whether its connection is up.
  var isConnected = false
  /// The mode that it asked for last.
  var mode = SessionMode.normal
  /// Whether it is to be signed in, should its session be lost.
  var isWanted = false

  /// Whether it is carried about in a pocket.
  var isPhone: Bool { self.kind == .iPhone || self.kind == .androidPhone }

  /// Whether stanzas can go to and come from it.
  var isUp: Bool { self.handle != nil && self.isConnected }
}
