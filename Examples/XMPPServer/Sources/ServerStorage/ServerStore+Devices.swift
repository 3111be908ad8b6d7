/// What a client has said of itself, under the resource that it signs in with.
public struct StoredDevice: Hashable, Sendable {
  /// The resource.
  public var resource: String
  /// Category and type of its identity (XEP-0030), `client/phone`.
  public var identity: String
  /// The name of its software (XEP-0092, XEP-0232).
  public var software: String
  /// The version of that.
  public var version: String
  /// Its operating system.
  public var system: String

  /// A device of which so much is known.
  public init(
    resource: String, identity: String = "", software: String = "", version: String = "",
    system: String = ""
  ) {
    self.resource = resource
    self.identity = identity
    self.software = software
    self.version = version
    self.system = system
  }
}

extension ServerStore {
  /// Devices that are remembered of an account; of more, those that changed longest ago go.
  public static let deviceLimit = 64

  /// What is known of an account's device.
  public func device(
    of account: AccountID, resource: String
  ) throws(StoreError) -> StoredDevice? {
    try self.database.readFirst(
      """
      SELECT identity, software, version, system FROM device WHERE account = ? AND resource = ?
      """, account, resource, doing: "reading a device"
    ) {
      StoredDevice(
        resource: resource, identity: $0.text(0), software: $0.text(1), version: $0.text(2),
        system: $0.text(3))
    }
  }

  /// Remembers what an account's device has said of itself.
  ///
  /// - Throws: ``StoreError/Reason/noSuchAccount``.
  public func setDevice(_ device: StoredDevice, of account: AccountID) throws(StoreError) {
    let operation = "remembering a device"
    try self.database.write(
      """
      INSERT OR REPLACE INTO device (account, resource, identity, software, version, system)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      account, device.resource, device.identity, device.software, device.version, device.system,
      doing: operation)
    try self.database.write(
      """
      DELETE FROM device WHERE account = ? AND id NOT IN (
        SELECT id FROM device WHERE account = ? ORDER BY id DESC LIMIT ?)
      """, account, account, Self.deviceLimit, doing: operation)
  }
}
