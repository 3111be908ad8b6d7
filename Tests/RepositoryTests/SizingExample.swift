import MDM

func nodesNeeded() throws -> SizingPlan {
  let sizing = try DeploymentSizing(users: 25_000, clientsPerUser: 2)
  precondition(sizing.capacity == 50_000)
  // Two pairs of nodes for 25,000 users, each pair sharing its users.
  return sizing.plan(of: .users25K, mode: .activeActive)
}
