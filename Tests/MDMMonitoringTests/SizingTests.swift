import MDMMonitoring
import Testing

struct SizingTests {
  @Test("R-021: 25,000 users with two clients each need a capacity of 50,000")
  func example() {
    let sizing = Sizing(users: 25_000, clientsPerUser: 2)
    #expect(sizing.clients == 50_000)
    #expect(sizing.nodes(of: .users25K, mode: .alone) == 2)
    #expect(Sizing(users: 25_000, clientsPerUser: 1).nodes(of: .users25K, mode: .alone) == 1)
  }

  @Test("R-058, R-073, R-077: more clients need more nodes, in every mode and of every size")
  func growing() {
    for size in [OVASize.users5K, .users15K, .users25K] {
      for mode in ServingMode.allCases {
        var last = 0
        for clients in 1...6 {
          let sizing = Sizing(users: 10_000, clientsPerUser: clients)
          let nodes = sizing.nodes(of: size, mode: mode)
          #expect(nodes >= last)
          last = nodes
          if mode != .alone { #expect(nodes % 2 == 0) }
          // None of them is then over its limit.
          let serving = mode == .activeStandby ? nodes / 2 : nodes
          let model = CapacityModel(size, mode: mode)
          let share = (sizing.clients + serving - 1) / serving
          #expect(!model.exceeds(limitPercent: 80, load: share))
          #expect(share <= size.users)
        }
        #expect(last > Sizing(users: 10_000, clientsPerUser: 1).nodes(of: size, mode: mode))
      }
    }
  }

  @Test("a low limit needs more nodes, and nobody needs none")
  func limits() {
    let sizing = Sizing(users: 5_000, clientsPerUser: 1)
    #expect(sizing.nodes(of: .users5K, mode: .alone, limitPercent: 40) == 2)
    #expect(sizing.nodes(of: .users5K, mode: .alone, limitPercent: 0) == 67)
    #expect(sizing.nodes(of: .users5K, mode: .activeStandby) == 2)
    for users in [0, -5] {
      #expect(Sizing(users: users, clientsPerUser: 2).nodes(of: .users5K, mode: .activeActive) == 0)
    }
    #expect(Sizing(users: .max, clientsPerUser: .max).clients == 10_000_000_000_000_000)
  }
}
