import MDMRedundancy
import MDMStanza

/// A node of the cluster that most tests are set in.
func makeNode(
  _ name: String, cluster: String = "east", publisher: String = "pub-1", version: String = "15.0.1"
) -> GroupNode {
  GroupNode(
    name: name, cluster: cluster, databasePublisher: publisher, softwareVersion: version)
}

/// A definition that keeps every rule.
func makeDefinition(
  _ name: String = "group-1", nodes: [GroupNode] = [makeNode("imp-1"), makeNode("imp-2")],
  highAvailability: Bool = false
) -> GroupDefinition {
  GroupDefinition(name: name, nodes: nodes, highAvailability: highAvailability)
}

/// The instant so many seconds after the origin.
func at(_ seconds: Int) -> MonotonicInstant {
  MonotonicInstant.origin.advanced(by: .seconds(seconds))
}
