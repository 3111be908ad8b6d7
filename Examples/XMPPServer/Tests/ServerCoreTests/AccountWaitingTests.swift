import MDM
import MDMXMPP
import ServerStorage
import Testing

@testable import ServerCore

/// What has become of one message, in the plainest terms.
private struct NaiveMessage {
  /// Something is to bring it to a device.
  var isCarried = true
  /// A device has it.
  var hasArrived = false
  /// The store was told of the message, and keeps it for the next device.
  var isStored = false
  var isKept = false
}

/// Whether messages wait, settle and come back as they should, whatever comes first.
struct AccountWaitingTests {
  private let harness: ServerHarness
  private let account: Account

  init() throws {
    self.harness = try ServerHarness()
    let address = try JID("alice@localhost")
    self.account = try #require(try self.harness.server.account(at: address))
  }

  /// The engine has accepted the message, and the turn's end tells the store of it.
  private func store(_ position: UInt64) throws -> Bool {
    let waits = self.account.hasToWait(position)
    try self.harness.server.store.append(
      ArchivedMessage(
        account: self.account.id, position: position, direction: .received,
        conversation: "bob@localhost", remote: "bob@localhost/phone", stamp: 0,
        stanza: Array("<message xmlns='jabber:client'/>".utf8)))
    if waits { try self.harness.server.store.addWaiting(self.account.id, position) }
    return waits
  }

  private var keptPositions: [UInt64] {
    get throws { try self.harness.server.store.waiting(of: self.account.id).map(\.position) }
  }

  private func mark(_ position: UInt64, isSettled: Bool) -> OutputBuffer.Mark {
    OutputBuffer.Mark(end: 0, position: position, isSettled: isSettled)
  }

  @Test("What arrives before the store is told does not wait")
  func arrivesFirst() throws {
    self.account.noteReceived(1)
    #expect(self.account.settle(1))
    #expect(try !self.store(1))
    #expect(try self.keptPositions == [])
    #expect(!self.account.hasWaiting)
  }

  @Test("What is on its way when the store is told waits until it arrives")
  func arrivesLater() throws {
    self.account.noteReceived(1)
    #expect(try self.store(1))
    #expect(self.account.isInFlight(1))
    #expect(try self.keptPositions == [1])
    #expect(self.account.settle(1))
    #expect(try self.keptPositions == [])
    #expect(!self.account.settle(1), "it has arrived already")
  }

  @Test("What nobody carries any more waits, whether the store knows of it or not")
  func released() throws {
    self.account.noteReceived(1)
    self.account.release(1)
    #expect(!self.account.isInFlight(1))
    #expect(try self.store(1))
    self.account.noteReceived(2)
    #expect(try self.store(2))
    self.account.release(2)
    #expect(try self.keptPositions == [1, 2])
    #expect(self.account.waitingCount == 2)
    #expect(!self.account.isInFlight(1))
    #expect(!self.account.isInFlight(2))
  }

  @Test("What comes back after it was released still arrives")
  func carriedAgain() throws {
    self.account.noteReceived(1)
    #expect(try self.store(1))
    self.account.release(1)
    self.account.noteInFlight(1)
    self.account.release(1)
    self.account.noteInFlight(1)
    #expect(self.account.settle(1))
    #expect(try self.keptPositions == [])
  }

  @Test("What counted as taken and was not written waits again")
  func takenBack() throws {
    self.account.noteReceived(1)
    #expect(self.account.settle(1))
    #expect(try !self.store(1))
    self.account.release(self.mark(1, isSettled: true))
    #expect(try self.keptPositions == [1])
    #expect(self.account.hasWaiting)
    self.account.noteInFlight(1)
    #expect(self.account.settle(1))
    #expect(try self.keptPositions == [])
  }

  @Test("A message of which the account knows nothing changes nothing")
  func unknown() throws {
    #expect(!self.account.settle(9))
    self.account.release(9)
    #expect(!self.account.hasToWait(9))
    #expect(!self.account.hasWaiting)
  }

  @Test("Any order of events leaves what it leaves of each message by itself", arguments: 0..<20)
  func scripts(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var messages: [UInt64: NaiveMessage] = [:]
    var stored: UInt64 = 0
    for _ in 0..<300 {
      // A turn's messages are stored in the order of their positions.
      if random.below(4) == 0, stored < messages.count {
        stored += 1
        let hasArrived = messages[stored]?.hasArrived ?? false
        #expect(try self.store(stored) == !hasArrived)
        messages[stored]?.isStored = true
        messages[stored]?.isKept = !hasArrived
      }
      let position = UInt64(1 + random.below(messages.count + 1))
      guard var message = messages[position] else {
        self.account.noteReceived(position)
        messages[position] = NaiveMessage()
        continue
      }
      switch random.below(4) {
      case 0:
        #expect(self.account.settle(position) == message.isCarried)
        message.hasArrived = true
        message.isCarried = false
        message.isKept = false
      case 1:
        self.account.release(position)
        message.isCarried = false
      case 2 where message.isKept && !message.isCarried:
        self.account.noteInFlight(position)
        message.isCarried = true
      case 3 where message.isStored && message.hasArrived:
        self.account.release(self.mark(position, isSettled: true))
        message.isKept = true
        message.hasArrived = false
      default:
        break
      }
      messages[position] = message
      #expect(self.account.isInFlight(position) == message.isCarried)
      let kept = messages.filter(\.value.isKept).keys.sorted()
      #expect(self.account.waitingCount == kept.count)
      #expect(try self.keptPositions == kept)
    }
  }

  @Test("The latest sixteen streams that ended are remembered")
  func endedStreams() {
    for index in 0..<20 { self.account.noteEndedStream("stream \(index)", handled: UInt32(index)) }
    #expect(self.account.endedStreams.count == 16)
    #expect(self.account.endedStreams["stream 3"] == nil)
    #expect(self.account.endedStreams["stream 4"] == 4)
    #expect(self.account.endedStreams["stream 19"] == 19)
  }

  @Test("A user name is the local part of an address, prepared, and nothing else")
  func localPart() {
    #expect(Account.localPart("Alice", domain: "localhost") == "alice")
    for name in ["", "alice/phone", "alice@localhost", "a b", "alice@localhost/x", "@"] {
      #expect(Account.localPart(name, domain: "localhost") == nil, "\(name)")
    }
  }
}
