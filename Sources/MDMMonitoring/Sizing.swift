/// How large a deployment has to be, counted in clients instead of users.
///
/// Each user who is signed in on several devices adds to the load: 25,000 users with two
/// clients each need what 50,000 users with one client need.
///
///     let sizing = Sizing(users: 25_000, clientsPerUser: 2)
///     sizing.clients                                 // 50,000
///     sizing.nodes(of: .users25K, mode: .alone)      // 2
public struct Sizing: Hashable, Sendable {
  /// Users.
  public let users: Int
  /// Clients that a user has signed in at a time.
  public let clientsPerUser: Int

  /// A deployment of so many users with so many clients each; less than none counts as none, and
  /// either is held at 100 million.
  public init(users: Int, clientsPerUser: Int) {
    self.users = min(max(0, users), 100_000_000)
    self.clientsPerUser = min(max(0, clientsPerUser), 100_000_000)
  }

  /// Clients: the capacity that the deployment has to have.
  public var clients: Int { self.users * self.clientsPerUser }

  /// Nodes of a size that have room for it.
  ///
  /// A node takes as many clients as it is made for users, and never more sessions than do
  /// not raise the alarm. Where both nodes of a pair serve, each leaves room
  /// for the other's users, and where one stands by there are two for the work of one.
  ///
  /// - Parameter limitPercent: at what level the alarm is raised.
  public func nodes(of size: OVASize, mode: ServingMode, limitPercent: Int = 80) -> Int {
    let model = CapacityModel(size, mode: mode)
    let sessions = max(1, model.threshold(limitPercent: min(max(1, limitPercent), 100)))
    let users: Int
    switch mode {
    case .alone, .activeStandby: users = size.users
    case .activeActive: users = max(1, size.users / 2)
    }
    let room = min(users, sessions)
    let serving = (self.clients + room - 1) / room
    switch mode {
    case .alone: return serving
    // A pair is never of one node.
    case .activeActive: return serving + serving % 2
    case .activeStandby: return serving * 2
    }
  }
}
