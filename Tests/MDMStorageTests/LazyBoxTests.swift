import MDMStorage
import Testing

private final class LifeCount {
  var alive = 0
}

private struct Tracked: ~Copyable {
  let life: LifeCount
  var value = 0

  init(_ life: LifeCount) {
    self.life = life
    life.alive += 1
  }

  deinit { self.life.alive -= 1 }
}

@Suite("LazyBox")
struct LazyBoxTests {
  @Test("an empty box costs one pointer and has no value")
  func emptyBox() {
    let box = LazyBox<[Int]>()
    #expect(box.isEmpty == true)
    #expect(MemoryLayout<LazyBox<[Int]>>.size == MemoryLayout<UnsafeRawPointer>.size)
  }

  @Test("a value is filled in, changed in place, emptied and filled in again")
  func fillAndEmpty() {
    let life = LifeCount()
    do {
      var box = LazyBox<Tracked>()
      #expect(life.alive == 0)
      box.fill(Tracked(life))
      #expect(box.isEmpty == false)
      box.value.value = 5
      #expect(box.value.value == 5)
      box.empty()
      #expect(box.isEmpty == true)
      #expect(life.alive == 0)
      box.empty()
      box.fill(Tracked(life))
      #expect(box.value.value == 0)
      #expect(life.alive == 1)
    }
    #expect(life.alive == 0)
  }

  @Test("filling a full box is a programmer's error")
  func fillTwice() async {
    await #expect(processExitsWith: .failure) {
      var box = LazyBox<Int>()
      box.fill(1)
      box.fill(2)
    }
  }

  @Test("the value of an empty box is a programmer's error")
  func readEmpty() async {
    await #expect(processExitsWith: .failure) {
      let box = LazyBox<Int>()
      _ = box.value + 1
    }
  }
}
