import MDM
import MDMTestKit
import Testing

/// Scripts that once showed a defect, made as short as they would go. Each is played with every
/// property checked after every step; the name says what used to happen.
struct PropertyRegressionTests {
  private func play(
    _ script: Script, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for explaining in [false, true] {
      let violation = EngineAuditor.violation(of: script, explaining: explaining)
      #expect(violation == nil, "\(script.code)", sourceLocation: sourceLocation)
    }
  }

  private let mac = ScriptDevice(0, 0)
  private let phone = ScriptDevice(0, 1)
  private let tablet = ScriptDevice(0, 2)

  private func opening(_ requests: SignIn...) -> [ScriptStep] {
    [ScriptStep(.still, .open(account: 0, archived: 0))]
      + requests.map { ScriptStep(.still, .signIn(account: 0, $0)) }
  }

  private func chat(_ id: Int, _ conversation: ConversationID = "c0", bytes: Int = 0) -> Stanza {
    Stanza(
      .chat, conversation: conversation, id: "\(id)",
      payload: Array(repeating: 0x2E, count: bytes))
  }

  @Test("B21: a marker that overtakes a message waiting for the archive leaves it read (seed 7)")
  func markerOvertakesArchive() throws {
    self.play(
      Script(
        configuration: try Configuration { $0.archiveFailure = .refuse },
        steps: self.opening(SignIn(device: "d0")) + [
          ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
          ScriptStep(.still, .read(self.mac, "c0", upTo: .last(back: 0))),
          ScriptStep(.still, .archived(account: 0, request: 0)),
        ]))
  }

  @Test("B21: sending marks nothing read that still waits for the archive (seed 9)")
  func sendingReadsOnlyWhatCame() throws {
    let configuration = try Configuration {
      $0.archiveFailure = .refuse
      $0.sendMarksRead = true
    }
    let steps =
      self.opening(SignIn(device: "d0")) + [
        ScriptStep(.still, .send(self.mac, self.chat(1), toSelf: nil)),
        ScriptStep(.still, .receive(account: 0, self.chat(2), to: .account)),
        ScriptStep(.still, .archived(account: 0, request: 0)),
        ScriptStep(.still, .archived(account: 0, request: 0)),
      ]
    self.play(Script(configuration: configuration, steps: steps))
    // The same when the wait ends for all because the policy changes.
    let lenient = try Configuration { $0.sendMarksRead = true }
    self.play(
      Script(
        configuration: configuration,
        steps: steps.dropLast(2) + [ScriptStep(.still, .configure(lenient))]))
  }

  @Test("B14: a device cut off while its message waits for the archive keeps its buffer (seed 115)")
  func detachedSenderKeepsBuffer() throws {
    for stanza in [self.chat(2), Stanza(.request, id: "2")] {
      self.play(
        Script(
          configuration: try Configuration { $0.archiveFailure = .refuse },
          steps: self.opening(SignIn(device: "d0")) + [
            ScriptStep(.still, .receive(account: 0, self.chat(1), to: .device("d0"))),
            ScriptStep(.still, .send(self.mac, stanza, toSelf: nil)),
            ScriptStep(.still, .connectionLost(self.mac)),
            ScriptStep(.still, .archived(account: 0, request: 0)),
            ScriptStep(.still, .archived(account: 0, request: 0)),
          ]))
    }
  }

  @Test("B26: a message of the own account does not ring when activity expires (seed 197)")
  func ownMessageNeverRings() throws {
    let own = Stanza(.chat, conversation: "c0", flags: .ownAccount, id: "2")
    self.play(
      Script(
        configuration: try Configuration { $0.flushOnActivityExpiry = true },
        steps: self.opening(
          SignIn(device: "d0"), SignIn(device: "d1", presence: .available(.away))) + [
            ScriptStep(.still, .setMode(self.phone, .quiet)),
            ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
            ScriptStep(.still, .receive(account: 0, own, to: .account)),
            ScriptStep(.deadline(0), .expire),
          ]))
  }

  @Test("B9: what nobody has been told of rings on resume though another detached device waits too")
  func resumeRingsForUntoldMessages() {
    self.play(
      Script(
        steps: self.opening(SignIn(device: "d0"), SignIn(device: "d1")) + [
          ScriptStep(.still, .connectionLost(self.mac)),
          ScriptStep(.still, .connectionLost(self.phone)),
          ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
          ScriptStep(.still, .resume(self.phone)),
          ScriptStep(.still, .resume(self.mac)),
        ]))
  }

  @Test("B9: what a push told of does not ring again on resume of another device (seed 656)")
  func pushedIsTold() {
    self.play(
      Script(
        steps: self.opening(SignIn(device: "d0", pushEnabled: true), SignIn(device: "d1")) + [
          ScriptStep(.still, .connectionLost(self.mac)),
          ScriptStep(.still, .connectionLost(self.phone)),
          ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
          ScriptStep(.still, .resume(self.phone)),
        ]))
  }

  @Test("B21: a marker given up for want of room is told when the device resumes (seed 1999)")
  func givenUpMarkerIsTold() throws {
    self.play(
      Script(
        configuration: try Configuration { $0.perSessionLimit = 1 },
        steps: self.opening(SignIn(device: "d0"), SignIn(device: "d1")) + [
          ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
          ScriptStep(.still, .connectionLost(self.phone)),
          ScriptStep(.still, .read(self.mac, "c0", upTo: .last(back: 0))),
          ScriptStep(.still, .receive(account: 0, self.chat(2), to: .account)),
          ScriptStep(.still, .resume(self.phone)),
        ]))
  }

  @Test("B8: only the latest marker is held though the reader still waits for one (seed 198)")
  func markersCoalesce() {
    self.play(
      Script(
        steps: self.opening(
          SignIn(device: "d0"), SignIn(device: "d1", presence: .available(.away)),
          SignIn(device: "d2", presence: .available(.away))) + [
            ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
            ScriptStep(.still, .receive(account: 0, self.chat(2), to: .account)),
            ScriptStep(.still, .receive(account: 0, self.chat(3), to: .account)),
            ScriptStep(.still, .setMode(self.phone, .quiet)),
            ScriptStep(.still, .setMode(self.tablet, .quiet)),
            ScriptStep(.still, .read(self.mac, "c0", upTo: .last(back: 2))),
            ScriptStep(.still, .read(self.phone, "c0", upTo: .last(back: 1))),
            ScriptStep(.still, .read(self.mac, "c0", upTo: .last(back: 0))),
          ]))
  }

  @Test("B8: only the latest presence is held though an older one went to more devices")
  func presenceCoalescesByDevice() {
    func presence(_ id: Int) -> Stanza { Stanza(.presence, coalescingKey: "k", id: "\(id)") }
    self.play(
      Script(
        steps: self.opening(SignIn(device: "d0"), SignIn(device: "d1"), SignIn(device: "d2")) + [
          ScriptStep(.still, .setMode(self.phone, .quiet)),
          ScriptStep(.still, .setMode(self.tablet, .quiet)),
          ScriptStep(.still, .receive(account: 0, presence(1), to: .account)),
          ScriptStep(.still, .receive(account: 0, presence(2), to: .device("d2"))),
          ScriptStep(.still, .receive(account: 0, presence(3), to: .device("d2"))),
          ScriptStep(.still, .receive(account: 0, presence(4), to: .account)),
        ]))
  }

  @Test("B11: the largest buffer goes first though it gave up its oldest stanza meanwhile")
  func largestBufferGoesFirst() throws {
    let configuration = try Configuration {
      $0.perSessionLimit = 3
      $0.overallLimit = 8
    }
    func receipts(_ ids: ClosedRange<Int>, to device: DeviceName) -> [ScriptStep] {
      ids.map { id in
        let receipt = Stanza(.receipt, flags: .noCopy, id: "\(id)")
        return ScriptStep(.after(1), .receive(account: 0, receipt, to: .device(device)))
      }
    }
    var steps = self.opening(
      SignIn(device: "d0"), SignIn(device: "d1"), SignIn(device: "d2"), SignIn(device: "d3"))
    for number in [0, 2, 3] {
      steps.append(ScriptStep(.still, .setMode(ScriptDevice(0, number), .quiet)))
    }
    steps.append(ScriptStep(.still, .connectionLost(self.phone)))
    // The limit is reached by a little, so that the engine goes on watching the buffers.
    steps += receipts(1...2, to: "d0") + receipts(3...4, to: "d1")
    steps += receipts(5...6, to: "d2") + receipts(7...8, to: "d3")
    // The cut-off device has the largest buffer and gives up its oldest stanza.
    steps += receipts(9...10, to: "d1") + receipts(11...11, to: "d0")
    self.play(Script(configuration: configuration, steps: steps))
  }

  @Test("B26: messages released from the archive by a new policy have their deadline (seed 12795)")
  func releasedMessagesHaveADeadline() throws {
    self.play(
      Script(
        configuration: try Configuration {
          $0.archiveFailure = .refuse
          $0.flushOnActivityExpiry = true
        },
        steps: self.opening(
          SignIn(device: "d0"), SignIn(device: "d1", presence: .available(.away))) + [
            ScriptStep(.still, .setMode(self.phone, .quiet)),
            ScriptStep(.still, .receive(account: 0, self.chat(1), to: .account)),
            ScriptStep(
              .still, .configure(try Configuration { $0.flushOnActivityExpiry = true })),
            ScriptStep(.deadline(0), .expire),
          ]))
  }

  @Test("RFC 6121 §8.5: what a user writes to her own account goes where arriving stanzas go")
  func writingToOneself() {
    let request = Stanza(.request, id: "1")
    let exact = Stanza(.chat, flags: .exactDeviceOnly, id: "2")
    for (stanza, address) in [
      (request, StanzaAddress.account), (exact, .device("elsewhere")),
      (self.chat(3), .device("d0")),
    ] {
      self.play(
        Script(
          steps: self.opening(SignIn(device: "d0"), SignIn(device: "d1", requestsMDM: false)) + [
            ScriptStep(.still, .send(self.mac, stanza, toSelf: address))
          ]))
    }
  }

  @Test("B9: markers caught up with take outstanding notifications back")
  func catchingUpTakesBack() {
    self.play(
      Script(
        steps: self.opening(SignIn(device: "d0"), SignIn(device: "d1")) + [
          ScriptStep(.after(400_000_000_000), .receive(account: 0, self.chat(1), to: .account)),
          ScriptStep(.still, .requestMDM(self.phone, false)),
          ScriptStep(.still, .read(self.mac, "c0", upTo: .last(back: 0))),
          ScriptStep(.still, .requestMDM(self.phone, true)),
        ]))
  }
}
