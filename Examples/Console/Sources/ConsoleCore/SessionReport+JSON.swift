import MDM

extension SessionReport {
  /// The report as the page wants it.
  var json: JSON {
    .members([
      "generatedAt": .string(self.generatedAt.description),
      "lines": .array(
        self.lines.map { line in
          .members([
            "level": .string(line.level.rawValue), "group": .string(line.group),
            "node": .string(line.node), "users": .int(line.users),
            "sessions": .int(line.sessions), "inactive": .int(line.inactiveConnections),
          ])
        }),
    ])
  }

  /// The users of a node, or of all nodes.
  func usersJSON(of node: String?) -> JSON {
    let nodes = self.nodes.filter { node == nil || $0.name == node }
    return .members([
      "generatedAt": .string(self.generatedAt.description),
      "users": .array(
        nodes.flatMap { self.users(of: $0.name) }.map { user in
          .members([
            "user": .string(user.user.text), "node": .string(user.node),
            "sessions": .int(user.sessions),
            "deviceTypes": .array(user.deviceTypes.map { .string($0) }),
          ])
        }),
    ])
  }
}
