import MDM
import MDMTestKit
import Testing

@Suite("DeploymentSizing")
struct DeploymentSizingTests {
  @Test("R-020, R-021: 25,000 users with two clients each need a capacity of 50,000")
  func workedExample() throws {
    let sizing = try DeploymentSizing(users: 25_000, clientsPerUser: 2)
    #expect(sizing.capacity == 50_000)
    let plans = ServingMode.allCases.map { sizing.plan(of: .users25K, mode: $0) }
    #expect(plans.map { $0.nodes } == [2, 4, 4])
    #expect(plans.map { $0.groups } == [0, 2, 2])
    #expect(plans.map { $0.clientsPerNode } == [25_000, 25_000, 12_500])
    #expect(plans.map { $0.clientsOfSurvivor } == [25_000, 25_000, 25_000])
    #expect(plans.map { $0.level.percentText } == ["66.66", "66.66", "66.66"])
    #expect(sizing.smallestSize() == nil)
    let oneClient = try DeploymentSizing(users: 25_000, clientsPerUser: 1)
    #expect(oneClient.capacity == 25_000 && oneClient.smallestSize() == .users25K)
  }

  @Test("R-021: the smallest documented size that is enough for one group")
  func smallest() throws {
    for (users, clients, size) in [
      (1, 1, .users5K), (5_000, 1, .users5K), (2_500, 2, .users5K), (2_501, 2, .users15K),
      (5_000, 3, .users15K), (5_001, 3, .users25K), (8_334, 3, nil),
    ] as [(Int, Int, OVASize?)] {
      let sizing = try DeploymentSizing(users: users, clientsPerUser: clients)
      #expect(sizing.smallestSize() == size, "\(users) users with \(clients) clients")
    }
    // Whoever has no client takes room all the same.
    #expect(try DeploymentSizing(users: 6_000, clients: 100).smallestSize() == .users15K)
  }

  @Test("R-021, R-073, R-077: the fewest nodes that hold the clients, and no alarm at 80 %")
  func plansHold() throws {
    var random = SeededGenerator(seed: 21)
    for _ in 0..<2_000 {
      let users = 1 + random.below(200_000)
      let sizing = try DeploymentSizing(users: users, clients: random.below(users * 3))
      let size = try OVASize(users: 1 + random.below(30_000))
      for mode in ServingMode.allCases {
        let plan = sizing.plan(of: size, mode: mode)
        let units = mode == .alone ? plan.nodes : plan.groups
        #expect(units * size.users >= sizing.capacity)
        #expect((units - 1) * size.users < sizing.capacity, "one fewer is not enough")
        #expect(plan.clientsOfSurvivor <= size.users)
        #expect(
          plan.clientsPerNode * (mode == .activeActive ? plan.nodes : units) >= sizing.clients)
        #expect(plan.level.load == plan.clientsPerNode)
        // Odd sizes round: a node of one user that is shared has room for three quarters.
        if size.users > 20 { #expect(plan.isWithin(limitPercent: 80)) }
        #expect(!plan.isWithin(limitPercent: 0) || sizing.clients == 0)
      }
    }
  }

  @Test("every number out of range is named at once")
  func ranges() {
    let error = #expect(throws: CapacityError.self) {
      try DeploymentSizing(users: 0, clients: -1)
    }
    #expect(error?.violations == [.users(0), .clients(-1)])
    #expect(error?.description.contains("clients is -1, allowed is 0…10000000") == true)
    #expect(throws: CapacityError.self) {
      try DeploymentSizing(users: 9_999_999, clientsPerUser: 2)
    }
    // The product of what is out of range is not looked at: it can be anything.
    for (users, clients) in [(7, Int.max), (7, 0), (7, -1), (-2, -3), (0, .min)] {
      let error = #expect(throws: CapacityError.self) {
        try DeploymentSizing(users: users, clientsPerUser: clients)
      }
      #expect(error?.violations == (users == 7 ? [] : [.users(users)]) + [.clientsPerUser(clients)])
    }
    let tooMany = #expect(throws: CapacityError.self) {
      try DeploymentSizing(users: .max, clientsPerUser: 2)
    }
    #expect(tooMany?.violations == [.users(.max), .clients(.max)])
  }
}

@Suite("Why clients are counted")
struct LoadOfDevicesTests {
  @Test("R-020, R-058: each further device of a user is a session more and gets everything again")
  func devicesAreLoad() throws {
    for devices in 1...4 {
      var engine = MessagingEngine(startingAt: .origin)
      var effects = Effects()
      let alice = try engine.open("alice@example.org", at: .origin, into: &effects)
      for number in 0..<devices {
        let signIn = SignIn(device: DeviceName("device \(number)"))
        try engine.signIn(signIn, to: alice, at: .origin, into: &effects)
      }
      effects.removeAll()
      let hello = Stanza(.chat, conversation: "bob@example.org", payload: [1, 2, 3])
      engine.receive(hello, for: alice, at: .origin, into: &effects)
      let copies = effects.map { if case .deliver = $0 { 1 } else { 0 } }.reduce(0, +)
      #expect(copies == devices)
      #expect(engine.sessionCounts().load == devices)
      #expect(engine.counters(at: .origin).gauges.sessions == devices)
    }
  }
}
