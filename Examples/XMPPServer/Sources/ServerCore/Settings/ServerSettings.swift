import MDM
import MDMXMPP

/// How a server behaves: where it listens, what it keeps, what it allows.
///
/// Settings are valid from the moment they exist: reading them reports everything that is wrong at
/// once, and nothing is checked again afterwards. Every property says its default and its range;
/// ``describe()`` prints the same as a file with comments.
public struct ServerSettings: Equatable, Sendable {
  // MARK: - Addresses

  /// The host that accounts belong to, prepared as the domain of an address (RFC 7622 §3.2).
  /// Default: `localhost`.
  public internal(set) var domain = "localhost"
  /// Where clients connect to begin in the clear and go over to TLS (RFC 6120 §5). Default:
  /// `127.0.0.1:5222` and `[::1]:5222`. Range: at most 64; none only if there is a
  /// ``directTLSAddresses``.
  public internal(set) var addresses = ListenAddress.loopback(port: 5_222)
  /// Where clients connect with TLS from the first byte on (XEP-0368). Default: `127.0.0.1:5223`
  /// and `[::1]:5223`; none when ``tls`` is off. Range: at most 64.
  public internal(set) var directTLSAddresses = ListenAddress.loopback(port: 5_223)

  // MARK: - Files

  /// The directory of all that outlives the process. Default: `./xmpp-data`. A relative path
  /// begins in the directory that the process was started in.
  public internal(set) var dataDirectory = "./xmpp-data"
  /// The certificate chain (PEM). Default: `DATA/DOMAIN.crt`.
  public internal(set) var certificatePath = "./xmpp-data/localhost.crt"
  /// The certificate's private key (PEM). Default: `DATA/DOMAIN.key`.
  public internal(set) var privateKeyPath = "./xmpp-data/localhost.key"
  /// The socket on which commands for the running server arrive. Default: `DATA/control.sock`.
  /// Range: at most 107 bytes, which is what the address of a local socket has room for.
  public internal(set) var controlPath = "./xmpp-data/control.sock"
  /// The database of accounts, rosters and archives, `DATA/xmpp.sqlite`.
  public var databasePath: String { self.path("xmpp.sqlite") }

  // MARK: - Transport

  /// Whether connections are encrypted. Default: required.
  public internal(set) var tls = TLSMode.required
  /// Whether ``TLSMode/off`` is allowed on addresses that others can reach. Default: false.
  public internal(set) var tlsOffAnywhere = false
  /// Whether a certificate that nobody vouches for is made when there is none. Default: false.
  public internal(set) var selfSigned = false
  /// Whether certificate and key are made if both files are absent: for `localhost` always.
  public var makesCertificate: Bool {
    self.tls != .off && (self.selfSigned || self.domain == "localhost")
  }

  // MARK: - Service

  /// Whether clients may make themselves accounts (XEP-0077). Default: false.
  public internal(set) var registration = false
  /// Whether messages are archived for their users (XEP-0313). Default: true.
  public internal(set) var archive = true
  /// Whether receipts and markers are archived too, so that a device which was away learns of them
  /// (XEP-0313 §6.1, B45). Default: true.
  public internal(set) var archiveMarkers = true
  /// Days that archived messages are kept, or 0 for ever. Default: 0. Range: 0…36,500.
  public internal(set) var archiveDays = 0
  /// What a crash of the machine may cost. Default: normal.
  public internal(set) var durability = Durability.normal
  /// The least severe events that are logged. Default: info.
  public internal(set) var logLevel = LogLevel.info

  /// What sort of device clients are, by rules of which the first that says a thing decides.
  /// Default: none. Range: at most 256.
  public internal(set) var devices: [DeviceRule] = []

  /// What a client may take.
  public internal(set) var limits = Limits()
  /// The engine's own settings. Two of them follow from ``limits``: `deviceLimit` is
  /// ``Limits/sessionsPerAccount``, and `stanzaByteLimit` is, unless it is set, at least
  /// ``Limits/stanzaBytes``.
  public internal(set) var engine = Configuration.standard

  /// The defaults.
  public init() {}

  /// A file's path in the data directory.
  func path(_ name: String) -> String {
    self.dataDirectory == "/" ? "/\(name)" : "\(self.dataDirectory)/\(name)"
  }
}

extension ServerSettings {
  /// Whether connections are encrypted.
  public enum TLSMode: UInt8, Sendable, CaseIterable {
    /// Nobody logs in without (RFC 6120 §5.3.1 lets a server insist).
    case required
    /// It is offered; logging in without it is possible with mechanisms that show no password.
    case optional
    /// It is not offered, for tests on one machine or behind something that terminates TLS.
    case off
  }

  /// What a crash of the machine (not of the process) may cost.
  public enum Durability: UInt8, Sendable, CaseIterable {
    /// The last commits before it; the database stays whole.
    case normal
    /// Nothing that was confirmed, at the price of waiting for the disk at each commit.
    case full
  }
}
