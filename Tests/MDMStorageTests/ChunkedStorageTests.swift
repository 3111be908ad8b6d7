import MDMStorage
import Testing

/// Counts how many elements of a storage are alive.
private final class LifeCount {
  var alive = 0
}

/// An element that reports its birth and its end.
private struct Tracked: ~Copyable {
  let life: LifeCount
  var value: Int

  init(_ value: Int, _ life: LifeCount) {
    self.value = value
    self.life = life
    life.alive += 1
  }

  deinit { self.life.alive -= 1 }
}

@Suite("ChunkedStorage")
struct ChunkedStorageTests {
  @Test("indices are handed out densely from 0 over many chunks and every record keeps its value")
  func appendsOverManyChunks() {
    var storage = ChunkedStorage<Int>()
    let total = 512 * 20 + 7
    for value in 0..<total {
      let index = storage.append(value &* 31)
      #expect(index == UInt32(value))
    }
    #expect(storage.count == total)
    var wrong = 0
    for value in 0..<total where storage[UInt32(value)] != value &* 31 { wrong += 1 }
    #expect(wrong == 0)
  }

  @Test("a record is changed in place at both sides of every chunk boundary")
  func changesInPlace() {
    var storage = ChunkedStorage<[Int]>()
    for value in 0..<(512 * 3) { _ = storage.append([value]) }
    for index: UInt32 in [0, 511, 512, 1_023, 1_024, 1_535] {
      storage[index].append(-1)
    }
    for index: UInt32 in [0, 511, 512, 1_023, 1_024, 1_535] {
      #expect(storage[index] == [Int(index), -1])
    }
    #expect(storage[510] == [510])
    #expect(storage[513] == [513])
  }

  @Test("nothing moves once written: an element's address survives later chunks")
  func keepsAddresses() {
    var storage = ChunkedStorage<Int>()
    _ = storage.append(1)
    let before = withUnsafePointer(to: &storage[0]) { UInt(bitPattern: $0) }
    for value in 0..<10_000 { _ = storage.append(value) }
    let after = withUnsafePointer(to: &storage[0]) { UInt(bitPattern: $0) }
    #expect(before == after)
  }

  @Test("the end of the storage ends each element once", arguments: [0, 1, 511, 512, 513, 5_000])
  func endsEveryElement(count: Int) {
    let life = LifeCount()
    do {
      var storage = ChunkedStorage<Tracked>()
      for value in 0..<count { _ = storage.append(Tracked(value, life)) }
      #expect(life.alive == count)
      var sum = 0
      for index in 0..<UInt32(count) { sum += storage[index].value }
      #expect(sum == count * (count - 1) / 2)
    }
    #expect(life.alive == 0)
  }

  @Test("assigning over a record ends the old one and none other")
  func replacesOne() {
    let life = LifeCount()
    do {
      var storage = ChunkedStorage<Tracked>()
      for value in 0..<600 { _ = storage.append(Tracked(value, life)) }
      storage[550] = Tracked(-1, life)
      #expect(life.alive == 600)
      #expect(storage[550].value == -1)
      #expect(storage[549].value == 549)
    }
    #expect(life.alive == 0)
  }

  @Test("one chunk at a time: allocated bytes grow by a chunk and by nothing else")
  func growsByChunks() {
    var storage = ChunkedStorage<UInt64>()
    #expect(storage.allocatedBytes == 0)
    _ = storage.append(0)
    let one = storage.allocatedBytes
    #expect(one >= 512 * 8)
    for value in 1..<512 { _ = storage.append(UInt64(value)) }
    #expect(storage.allocatedBytes == one)
    _ = storage.append(512)
    #expect(storage.allocatedBytes == one + 512 * 8)
  }

  @Test("reserving one makes room for just the next append")
  func reservesOne() {
    var storage = ChunkedStorage<UInt8>()
    storage.reserveOne()
    let reserved = storage.allocatedBytes
    #expect(reserved > 0)
    storage.reserveOne()
    _ = storage.append(1)
    #expect(storage.allocatedBytes == reserved)
    #expect(storage.count == 1)
  }
}
