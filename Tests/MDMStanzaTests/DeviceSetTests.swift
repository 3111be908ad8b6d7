import MDMStanza
import MDMTestKit
import Testing

@Suite("DeviceSet")
struct DeviceSetTests {
  private static func reference(_ bits: UInt32) -> Set<Int> {
    Set((0..<32).filter { bits & (1 << UInt32($0)) != 0 })
  }

  @Test("the algebra agrees with sets of numbers", arguments: [1, 2, 3] as [UInt64])
  func algebra(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let edges: [UInt32] = [0, 1, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x5555_5555]
    for step in 0..<400 {
      let left = step < 36 ? edges[step / 6] : UInt32(truncatingIfNeeded: random.next())
      let right = step < 36 ? edges[step % 6] : UInt32(truncatingIfNeeded: random.next())
      let (a, b) = (DeviceSet(bits: left), DeviceSet(bits: right))
      let (x, y) = (Self.reference(left), Self.reference(right))
      #expect(Set((a & b).indices) == x.intersection(y))
      #expect(Set((a | b).indices) == x.union(y))
      #expect(Set((a - b).indices) == x.subtracting(y))
      #expect(a.count == x.count)
      #expect(a.isEmpty == x.isEmpty)
      #expect(a.first == x.min())
      #expect(a.indices == x.sorted())
      let index = random.below(32)
      #expect(Set((a - index).indices) == x.subtracting([index]))
      #expect(a.contains(index) == x.contains(index))
    }
  }

  @Test("changes of one index agree with a set of numbers")
  func changes() {
    var random = SeededGenerator(seed: 9)
    var set = DeviceSet()
    var reference: Set<Int> = []
    for _ in 0..<2_000 {
      let index = random.below(32)
      switch random.below(5) {
      case 0:
        set.insert(index)
        reference.insert(index)
      case 1:
        set.remove(index)
        reference.remove(index)
      case 2:
        set.set(index, true)
        reference.insert(index)
      case 3:
        set.set(index, false)
        reference.remove(index)
      default:
        let first = reference.min()
        let popped = set.popFirst()
        #expect(popped == first)
        if let first { reference.remove(first) }
      }
      #expect(set.indices == reference.sorted())
    }
  }

  @Test("taking out the first goes through all indices in ascending order, once")
  func popFirst() {
    var set: DeviceSet = [31, 0, 5, 17]
    var order: [Int] = []
    while let index = set.popFirst() { order.append(index) }
    #expect(order == [0, 5, 17, 31])
    #expect(set == DeviceSet())
    #expect(set.first == nil)
  }

  @Test("literals, single indices and the description name the same devices")
  func spelling() {
    #expect(DeviceSet(31) == [31])
    #expect(([] as DeviceSet).isEmpty)
    #expect(([3, 3] as DeviceSet).count == 1)
    #expect(([2, 0] as DeviceSet).description == "[0, 2]")
    #expect(DeviceSet.capacity == 32)
    #expect(DeviceSet(bits: .max).count == DeviceSet.capacity)
  }
}
