public import MDM

/// One step of a script: when something happens, and what.
///
/// Steps name accounts and devices by number rather than by handle and instants by what they are
/// relative to, so that a script can be made before there is an engine, shortened by taking steps
/// out, and played against several engines. ``ScriptPlayer`` turns a step into a command.
public struct ScriptStep: Hashable, Sendable {
  /// When it happens.
  public var moment: ScriptMoment
  /// What happens.
  public var action: ScriptAction

  /// The step with these parts.
  public init(_ moment: ScriptMoment, _ action: ScriptAction) {
    self.moment = moment
    self.action = action
  }
}

/// When a step happens, relative to the step before it or to what the engine is waiting for.
public enum ScriptMoment: Hashable, Sendable {
  /// At the same instant as the step before.
  case still
  /// So many nanoseconds after the step before; a negative number is a clock that goes back for
  /// this one step.
  case after(Int64)
  /// At the engine's next deadline, so many nanoseconds off; one second later when it has none.
  case deadline(Int64)
  /// When the window of the account's active client closes, so many nanoseconds off; one second
  /// later when there is no active client.
  case activityEnd(account: Int, Int64)
}

/// A device of a script: the account's number and the device's own.
public struct ScriptDevice: Hashable, Sendable {
  /// The account's number.
  public var account: Int
  /// The device's number within the account; its name is `d` and the number.
  public var number: Int
  /// Whether the handle of an earlier sign-in is meant, to play a command that comes too late.
  public var isStale: Bool

  /// The device with these numbers.
  public init(_ account: Int, _ number: Int, isStale: Bool = false) {
    self.account = account
    self.number = number
    self.isStale = isStale
  }

  /// The name under which it signs in.
  public var name: DeviceName { DeviceName("d\(self.number)") }
}

/// An archive position of a script, relative to what the account's archive holds.
public enum ScriptPosition: Hashable, Sendable {
  /// So many messages before the last one; the start when there are not that many.
  case last(back: UInt64)
  /// So many messages beyond the last one: never handed out yet.
  case ahead(UInt64)
}

/// What happens in a step; one case for each ``Command``, and ``expire`` for the engine's timer.
public enum ScriptAction: Hashable, Sendable {
  /// The account of this number is opened.
  case open(account: Int, archived: ArchivePosition)
  /// The account is closed.
  case close(account: Int)
  /// A device signs in.
  case signIn(account: Int, SignIn)
  /// A device signs out.
  case signOut(ScriptDevice)
  /// A device's connection is lost.
  case connectionLost(ScriptDevice)
  /// A device is back.
  case resume(ScriptDevice)
  /// A device sends presence.
  case presence(ScriptDevice, DevicePresence)
  /// A device asks for MDM or gives it up.
  case requestMDM(ScriptDevice, Bool)
  /// A device changes its mode.
  case setMode(ScriptDevice, SessionMode)
  /// A device sends a request.
  case requested(ScriptDevice)
  /// A stanza for an account arrives.
  case receive(account: Int, Stanza, to: StanzaAddress)
  /// A device sends a stanza.
  case send(ScriptDevice, Stanza, toSelf: StanzaAddress?)
  /// A conversation is read on a device.
  case read(ScriptDevice, ConversationID, upTo: ScriptPosition)
  /// The archive has stored one of the messages it has been asked to: the n-th outstanding one.
  case archived(account: Int, request: Int)
  /// The archive could not store the n-th outstanding message.
  case archiveFailed(account: Int, request: Int)
  /// The account's own deadline is said to have come.
  case expireAccount(Int)
  /// The engine's timer fires.
  case expire
  /// MDM is switched on or off for all.
  case setEnabled(Bool)
  /// A staged switch is put into force.
  case restart
  /// The configuration is replaced.
  case configure(Configuration)
}
