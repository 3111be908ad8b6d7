// The service guide's example, word for word; ReadmeTests sees to that.
import MDM

final class PrintingHost: MessagingHost {
  func archive(_ request: ArchiveRequest, of account: AccountName) {
    print("archive", request.position, "of", account, request.stanza)
  }

  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName) {
    print("to", device, event)
  }

  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason) {
    print("elsewhere", routing.stanza.destination, reason)
  }

  func undelivered(_ item: Undelivered, of account: AccountName) {
    print(item.disposition, item.stanza)
  }

  func unroutable(_ item: Unroutable, of account: AccountName) {
    print(item.disposition, item.stanza)
  }

  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName) {
    print("for the next sign-in of", account, events)
  }
}

/// Alice on her phone and Bob on his laptop; returns what Bob reads.
func converse(on service: MessagingService) async throws -> [String] {
  try await service.withDevice(SignIn(device: "phone"), of: "alice@example.org") { phone in
    try await service.withDevice(SignIn(device: "laptop"), of: "bob@example.org") { laptop in
      let hello = Stanza(
        .chat, conversation: "bob@example.org", id: "hello", destination: "bob@example.org")
      phone.send(hello)
      var seen: [String] = []
      for await case .delivery(let delivery) in laptop.events {
        seen.append("\(delivery.stanza)")
        break
      }
      return seen
    }
  }
}
