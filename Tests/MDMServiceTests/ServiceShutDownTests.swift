import MDM
import MDMTestKit
import Synchronization
import Testing

@Suite("What shutting down hands over")
struct ServiceShutDownTests {
  @Test("nobody comes in on any shard once the first effect of shutting down is performed")
  func doorsAreShutFirst() async throws {
    for finishes in [false, true] {
      let scene = try Scene { $0.shards = 2 }
      let service = scene.service
      let first = service.name(onShard: 0)
      let last = service.name(onShard: 1)
      let errors = Log<ServiceError>()
      scene.host.react { entry in
        guard entry.text == "undelivered held of \(first)" else { return }
        if finishes { service.finish() }
        do throws(ServiceError) {
          _ = try service.open(last)
        } catch { errors.append(error) }
      }
      try await service.withDevice(SignIn(device: "phone"), of: first) { phone in
        service.connectionLost(phone.handle)
        service.receive(.message("held"), for: phone.account)
        service.shutDown()
      }
      service.finish()
      #expect(errors.all == [.shuttingDown])
      #expect(service.counters().gauges.accounts == 0)
    }
  }
}

extension MessagingService {
  /// A name of an account on this shard.
  func name(onShard shard: Int) -> AccountName {
    var number = 0
    while self.shard(of: AccountName("user\(number)")) != shard { number += 1 }
    return AccountName("user\(number)")
  }
}
