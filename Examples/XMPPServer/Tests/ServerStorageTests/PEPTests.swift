import ServerStorage
import Testing

struct PEPTests {
  private let configuration = PEPNodeConfiguration(
    accessModel: "presence", maxItems: 3, sendLastPublished: "on_sub_and_presence", persist: true)

  @Test("Nodes are made once, configured and removed with their items")
  func nodes() throws {
    let (store, alice, bob) = try makeStore()
    #expect(try store.nodeConfiguration(of: alice, node: "n") == nil)
    #expect(try !store.setNodeConfiguration(self.configuration, of: alice, node: "n"))
    #expect(try store.createNode(of: alice, node: "n", configuration: self.configuration))
    var other = self.configuration
    other.accessModel = "open"
    other.persist = false
    #expect(try !store.createNode(of: alice, node: "n", configuration: other))
    #expect(try store.nodeConfiguration(of: alice, node: "n") == self.configuration)
    #expect(try store.setNodeConfiguration(other, of: alice, node: "n"))
    #expect(try store.nodeConfiguration(of: alice, node: "n") == other)
    try store.createNode(of: alice, node: "a", configuration: other)
    #expect(try store.nodes(of: alice) == ["a", "n"])
    #expect(try store.nodeCount(of: alice) == 2)
    #expect(try store.nodes(of: bob) == [])
    try store.publish(
      node: "n", itemID: "i", payload: [1], publisher: "p", maxItems: 3, of: alice)
    #expect(try store.deleteNode(of: alice, node: "n"))
    #expect(try !store.deleteNode(of: alice, node: "n"))
    #expect(try store.item(of: alice, node: "n", id: "i") == nil)
    let nobody = AccountID(rawValue: 99)
    #expect(
      reason { try store.createNode(of: nobody, node: "n", configuration: other) }
        == .noSuchAccount)
  }

  @Test("Publishing keeps the newest items; an id published again is the newest")
  func publishing() throws {
    let (store, alice, bob) = try makeStore()
    func publish(_ id: String, _ maxItems: Int) throws -> [String] {
      try store.publish(
        node: "n", itemID: id, payload: Array(id.utf8), publisher: "a@x/\(id)",
        maxItems: maxItems, of: alice)
    }
    func ids(_ limit: Int) throws -> [String] {
      try store.items(of: alice, node: "n", limit: limit).map(\.id)
    }
    #expect(reason { _ = try publish("1", 3) } == .noSuchNode)
    try store.createNode(of: alice, node: "n", configuration: self.configuration)
    try store.createNode(of: bob, node: "n", configuration: self.configuration)
    try store.publish(
      node: "n", itemID: "1", payload: [], publisher: "b", maxItems: 1, of: bob)
    for id in ["1", "2", "3"] { #expect(try publish(id, 3) == []) }
    #expect(try publish("1", 3) == [])
    #expect(try ids(9) == ["2", "3", "1"])
    #expect(try ids(2) == ["3", "1"])
    #expect(try ids(0) == [])
    #expect(try publish("4", 3) == ["2"])
    #expect(try publish("5", 2) == ["3", "1"])
    #expect(try ids(9) == ["4", "5"])
    #expect(try publish("6", 0) == ["4", "5"])
    let item = PEPItem(id: "6", publisher: "a@x/6", payload: Array("6".utf8))
    #expect(try store.item(of: alice, node: "n", id: "6") == item)
    #expect(try store.retract(of: alice, node: "n", id: "6"))
    #expect(try !store.retract(of: alice, node: "n", id: "6"))
    #expect(try ids(9) == [])
    #expect(try store.items(of: bob, node: "n", limit: 9).map(\.id) == ["1"])
  }
}
