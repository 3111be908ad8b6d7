import MDM
import Synchronization

/// The other side of a node's service: puts down what it is to do, for the office to do it once the
/// verb has returned.
final class OfficeHost: MessagingHost {
  /// Something that a service asks for.
  enum Errand {
    case event(DeviceEvent, DeviceHandle, AccountName)
    case route(Stanza, from: AccountName)
    case push(DeviceHandle, AccountName)
    case archived(AccountName, ArchivePosition)
  }

  private let errands = Mutex<[Errand]>([])

  /// Takes what there is to do, oldest first.
  func take() -> [Errand] {
    self.errands.withLock { errands in
      defer { errands.removeAll(keepingCapacity: true) }
      return errands
    }
  }

  private func add(_ errand: Errand) { self.errands.withLock { $0.append(errand) } }

  func archive(_ request: ArchiveRequest, of account: AccountName) {
    self.add(.archived(account, request.position))
  }

  func deliver(_ event: DeviceEvent, to device: DeviceHandle, of account: AccountName) {
    self.add(.event(event, device, account))
  }

  func route(_ routing: Routing, from account: AccountName, because reason: ForeignReason) {
    self.add(.route(routing.stanza, from: account))
  }

  func push(_ push: Push, of account: AccountName) { self.add(.push(push.device, account)) }

  // The archive has what is worth keeping; whoever signs in again looks there.
  func undelivered(_ item: Undelivered, of account: AccountName) {}
  func unroutable(_ item: Unroutable, of account: AccountName) {}
  func unread(_ events: [DeviceEvent], of device: DeviceHandle, of account: AccountName) {}
}
