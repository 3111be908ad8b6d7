import MDMStanza
import Testing

@Suite("Handles")
struct HandlesTests {
  @Test("a device handle keeps slot, index and generation apart at every edge")
  func packing() {
    for slot: UInt32 in [0, 1, AccountHandle.slotLimit - 1] {
      for index in [0, 1, 31, 63] {
        for generation: UInt32 in [0, 1, DeviceHandle.generationLimit - 1] {
          for number: UInt8 in [0, 1, .max] {
            let handle = DeviceHandle(
              slot: slot, index: index, generation: generation, engineNumber: number)
            #expect(handle.slot == slot)
            #expect(handle.index == index)
            #expect(handle.generation == generation)
            #expect(handle.engineNumber == number)
          }
        }
      }
    }
  }

  @Test("a slot beyond 24 bits never changes the engine's number")
  func slotsAreMasked() {
    let account = AccountHandle(slot: .max, generation: 4, engineNumber: 3)
    #expect(account == AccountHandle(slot: 0xFF_FFFF, generation: 4, engineNumber: 3))
    let device = DeviceHandle(slot: .max, index: 2, generation: 4, engineNumber: 3)
    #expect(device == DeviceHandle(slot: 0xFF_FFFF, index: 2, generation: 4, engineNumber: 3))
  }

  @Test("all device handles of one slot differ by index and by generation")
  func distinct() {
    var handles: Set<DeviceHandle> = []
    for index in 0..<32 {
      for generation in 0..<UInt32(32) {
        handles.insert(DeviceHandle(slot: 7, index: index, generation: generation))
      }
    }
    #expect(handles.count == 32 * 32)
  }

  @Test("an account handle survives being carried in a device handle's eight bytes")
  func carrying() {
    #expect(MemoryLayout<DeviceHandle>.size == 8)
    #expect(MemoryLayout<AccountHandle>.size == 8)
    for slot: UInt32 in [0, 5, AccountHandle.slotLimit - 1] {
      for generation: UInt32 in [0, 63, 64, 1 << 26, .max] {
        let account = AccountHandle(slot: slot, generation: generation, engineNumber: 9)
        #expect(AccountHandle(carriedBy: DeviceHandle(carrying: account)) == account)
      }
    }
  }

  @Test("descriptions say slot, index and generation")
  func descriptions() {
    #expect(AccountHandle(slot: 3, generation: 2).description == "account 3.2")
    #expect(DeviceHandle(slot: 3, index: 1, generation: 9).description == "device 3/1.9")
    let account = AccountHandle(slot: 3, generation: 2, engineNumber: 7)
    #expect(account.description == "account 7:3.2")
    let device = DeviceHandle(slot: 3, index: 1, generation: 9, engineNumber: 7)
    #expect(device.description == "device 7:3/1.9")
  }
}
