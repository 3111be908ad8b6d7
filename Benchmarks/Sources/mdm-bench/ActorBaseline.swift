import BenchmarkKit
import Dispatch
import Synchronization

// The other first way: an actor for each user, a stream for each device, a task that consumes it.

/// A user, with the rules that ``NaiveEngine`` has.
actor NaiveUser {
  private struct Device {
    let continuation: AsyncStream<NaiveMessage>.Continuation
    var isQuiet: Bool
    var lastActivity: ContinuousClock.Instant?
    var buffer: [NaiveMessage] = []
  }

  private let clock = ContinuousClock()
  private var devices: [String: Device] = [:]
  private var unread: [String: Int] = [:]

  func signIn(_ name: String, isQuiet: Bool) -> AsyncStream<NaiveMessage> {
    let (stream, continuation) = AsyncStream.makeStream(of: NaiveMessage.self)
    self.devices[name] = Device(
      continuation: continuation, isQuiet: isQuiet,
      lastActivity: isQuiet ? nil : self.clock.now)
    return stream
  }

  func receive(_ message: NaiveMessage) {
    let now = self.clock.now
    self.unread[message.conversation, default: 0] += 1
    let active = self.devices.filter { device in
      device.value.lastActivity.map { now - $0 < .seconds(300) } ?? false
    }.max { ($0.value.lastActivity ?? now) < ($1.value.lastActivity ?? now) }?.key
    for name in self.devices.keys {
      guard var device = self.devices[name] else { continue }
      if device.isQuiet, let active, active != name {
        device.buffer.append(message)
        if device.buffer.count >= 100 {
          for held in device.buffer { device.continuation.yield(held) }
          device.buffer.removeAll()
        }
        self.devices[name] = device
      } else {
        device.continuation.yield(message)
      }
    }
  }

  func signOutAll() {
    for device in self.devices.values { device.continuation.finish() }
    self.devices = [:]
  }
}

/// Users receive in turn; an operation is over when every message that is due has been consumed.
struct ActorReceiving: Workload, ~Copyable {
  private let users: [NaiveUser]
  private let messages: [NaiveMessage]
  private let consumed = Counter()
  private var next = 0
  /// Messages that each user has received, which says how many have reached a device.
  private var received: [Int]
  private var due = 0

  /// A count that consumers on any thread add to.
  final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  init(accounts: Int) {
    self.users = (0..<accounts).map { _ in NaiveUser() }
    self.messages = NaiveMessage.one(forEach: accounts)
    self.received = (0..<accounts).map { $0 % 100 }
    let (users, messages, consumed) = (self.users, self.messages, self.consumed)
    waitFor {
      for (number, user) in users.enumerated() {
        for device in ["phone-0", "desk-0"] {
          let stream = await user.signIn(device, isQuiet: device == "phone-0")
          Task.detached {
            for await message in stream {
              consume(message.payload.count)
              consumed.value.wrappingAdd(1, ordering: .relaxed)
            }
          }
        }
        for _ in 0..<(number % 100) { await user.receive(messages[number]) }
      }
    }
    self.due = (0..<accounts).reduce(0) { $0 + $1 % 100 }
    self.awaitConsumers()
  }

  mutating func run(_ count: Int) {
    let (users, messages, first) = (self.users, self.messages, self.next)
    for step in 0..<count {
      let number = (first + step) % users.count
      self.received[number] += 1
      self.due += self.received[number] % 100 == 0 ? 101 : 1
    }
    self.next = (first + count) % users.count
    waitFor {
      for step in 0..<count {
        let number = (first + step) % users.count
        await users[number].receive(messages[number])
      }
    }
    self.awaitConsumers()
  }

  private func awaitConsumers() {
    let (due, consumed) = (self.due, self.consumed)
    waitFor {
      while consumed.value.load(ordering: .relaxed) < due { await Task.yield() }
    }
  }

  /// Ends the streams, so that their consumers end.
  func finish() {
    let users = self.users
    waitFor {
      for user in users { await user.signOutAll() }
    }
  }
}

/// Carries out an asynchronous body on the pool while the calling thread waits.
func waitFor(_ body: @escaping @Sendable () async -> Void) {
  let isDone = DispatchSemaphore(value: 0)
  Task.detached {
    await body()
    isDone.signal()
  }
  isDone.wait()
}
