public import MDM

// What people, devices and the host do. Each call is one step, save where it says otherwise.
extension Scenario {
  // MARK: - Sessions

  /// Signs devices in, one step each, without presence: MDM desktops unless `edit` says otherwise.
  @discardableResult
  public func signIn(_ names: String..., edit: (inout SignIn) -> Void = { _ in }) -> Outcome {
    for name in names {
      var request = SignIn(
        device: DeviceName(self.split(name).device), presence: nil, catchUp: .all)
      edit(&request)
      self.signIn(name, request)
    }
    return self.outcome
  }

  /// Signs devices in, each available at once: of several the last one is the active client.
  @discardableResult
  public func signInAvailable(
    _ names: String..., edit: (inout SignIn) -> Void = { _ in }
  ) -> Outcome {
    for name in names {
      self.signIn(name) { request in
        request.presence = .available()
        edit(&request)
      }
    }
    return self.outcome
  }

  /// A device signs out.
  @discardableResult
  public func signOut(_ device: String) -> Outcome { self.apply(.signOut(self.device(device))) }

  /// A device's connection is lost.
  @discardableResult
  public func loseConnection(of device: String) -> Outcome {
    self.apply(.connectionLost(self.device(device)))
  }

  /// A device resumes.
  @discardableResult
  public func resume(_ device: String) -> Outcome { self.apply(.resume(self.device(device))) }

  /// A device sends undirected presence.
  @discardableResult
  public func presence(_ presence: DevicePresence, of device: String) -> Outcome {
    self.apply(.presence(self.device(device), presence))
  }

  /// Devices send Available presence, one step each.
  @discardableResult
  public func available(_ devices: String...) -> Outcome {
    for device in devices { self.presence(.available(), of: device) }
    return self.outcome
  }

  /// A device goes away.
  @discardableResult
  public func away(_ device: String) -> Outcome {
    self.presence(.available(.away), of: device)
  }

  /// A device sends unavailable presence.
  @discardableResult
  public func unavailable(_ device: String) -> Outcome {
    self.presence(.unavailable, of: device)
  }

  /// A device goes into the background.
  @discardableResult
  public func quiet(_ device: String) -> Outcome {
    self.apply(.setMode(self.device(device), .quiet))
  }

  /// A device comes back into the foreground.
  @discardableResult
  public func active(_ device: String) -> Outcome {
    self.apply(.setMode(self.device(device), .normal))
  }

  /// A device asks for silence.
  @discardableResult
  public func silent(_ device: String) -> Outcome {
    self.apply(.setMode(self.device(device), .silent))
  }

  /// A device asks for MDM, or gives it up.
  @discardableResult
  public func requestMDM(_ wanted: Bool = true, by device: String) -> Outcome {
    self.apply(.requestMDM(self.device(device), wanted))
  }

  /// A device sends a request that the server answers.
  @discardableResult
  public func request(by device: String) -> Outcome {
    self.apply(.requested(self.device(device)))
  }

  // MARK: - Stanzas

  /// A stanza arrives.
  ///
  /// - Parameters:
  ///   - id: what the story calls it.
  ///   - sender: the other end, which is the conversation and, for presence and headlines, the
  ///     coalescing key.
  ///   - account: the account it is for.
  @discardableResult
  public func receive(
    _ id: String, from sender: String = "bob", _ kind: StanzaKind = .chat,
    to address: StanzaAddress = .account, for account: String? = nil, flags: StanzaFlags = [],
    bytes: Int = 0
  ) -> Outcome {
    let stanza = Self.stanza(id, kind, with: sender, flags: flags, bytes: bytes)
    return self.apply(.receive(self.account(account), stanza, to: address))
  }

  /// A device sends a stanza to somebody else.
  @discardableResult
  public func send(
    _ id: String, by device: String, to contact: String = "bob", _ kind: StanzaKind = .chat,
    flags: StanzaFlags = [], bytes: Int = 0
  ) -> Outcome {
    let stanza = Self.stanza(id, kind, with: contact, flags: flags, bytes: bytes)
    return self.apply(.send(self.device(device), stanza, toSelf: nil))
  }

  /// A device sends a stanza to its own user.
  @discardableResult
  public func sendToSelf(
    _ id: String, by device: String, at address: StanzaAddress = .account,
    _ kind: StanzaKind = .chat
  ) -> Outcome {
    let own = self.split(device).account
    let stanza = Self.stanza(id, kind, with: own, flags: [], bytes: 0)
    return self.apply(.send(self.device(device), stanza, toSelf: address))
  }

  /// The stanza that ``receive(_:from:_:to:for:flags:bytes:)`` hands in.
  public static func stanza(
    _ id: String, _ kind: StanzaKind = .chat, with contact: String = "bob",
    key: String? = nil, flags: StanzaFlags = [], bytes: Int = 0
  ) -> Stanza {
    let isKeyed = kind == .presence || kind == .headline
    return Stanza(
      kind, conversation: isKeyed || kind == .request ? nil : ConversationID(contact),
      coalescingKey: isKeyed ? CoalescingKey(key ?? contact) : nil, flags: flags, id: id,
      source: contact, payload: Array(repeating: 0x61, count: bytes))
  }

  // MARK: - Reading

  /// A person reads a conversation up to a position.
  @discardableResult
  public func read(
    _ conversation: String, upTo position: ArchivePosition, on device: String
  ) -> Outcome {
    self.apply(.read(self.device(device), ConversationID(conversation), upTo: position))
  }

  /// A person reads a conversation up to a message, or all of it.
  @discardableResult
  public func read(_ conversation: String, upTo id: String? = nil, on device: String) -> Outcome {
    let account = self.split(device).account
    let last = self.engine.lastPosition(of: self.account(account)) ?? .start
    guard let id else { return self.read(conversation, upTo: last, on: device) }
    guard let position = self.position(of: id, in: account) else {
      preconditionFailure("No message \(id) of \(account) has been archived.")
    }
    return self.read(conversation, upTo: position, on: device)
  }

  // MARK: - The host

  /// The archive has stored a message.
  @discardableResult
  public func archived(_ id: String, in account: String? = nil) -> Outcome {
    let position = self.position(of: id, in: account) ?? .start
    return self.apply(.archived(self.account(account), position))
  }

  /// The archive could not store a message.
  @discardableResult
  public func archiveFailed(_ id: String, in account: String? = nil) -> Outcome {
    let position = self.position(of: id, in: account) ?? .start
    return self.apply(.archiveFailed(self.account(account), position))
  }

  /// Switches Multiple Device Messaging on or off.
  @discardableResult
  public func setEnabled(_ isEnabled: Bool) -> Outcome { self.apply(.setEnabled(isEnabled)) }

  /// Puts a staged switch into force.
  @discardableResult
  public func restart() -> Outcome { self.apply(.restart) }

  /// Changes some settings of the engine's configuration while it runs.
  ///
  /// - Throws: ``ConfigurationError`` when a setting is out of its range.
  @discardableResult
  public func configure(
    _ edit: (inout Configuration.Values) -> Void
  ) throws(ConfigurationError) -> Outcome {
    var values = self.engine.configuration.values
    edit(&values)
    return self.apply(.configure(try Configuration(values)))
  }
}
