import Glibc
import ServerStorage

/// A store in memory with the accounts "alice" and "bob".
func makeStore() throws -> (store: ServerStore, alice: AccountID, bob: AccountID) {
  let store = try ServerStore(path: ":memory:")
  let alice = try store.createAccount("alice", credentials: [])
  let bob = try store.createAccount("bob", credentials: [])
  return (store, alice, bob)
}

/// A message of a few bytes.
func makeMessage(
  _ account: AccountID, _ position: UInt64, with remote: String = "carol@example.com/r",
  stamp: Int64? = nil, direction: ArchivedMessage.Direction = .received,
  stanza: [UInt8] = Array("<message/>".utf8)
) -> ArchivedMessage {
  let bare = remote.split(separator: "/", maxSplits: 1)[0]
  return ArchivedMessage(
    account: account, position: position, direction: direction, conversation: String(bare),
    remote: remote, stamp: stamp ?? Int64(position) * 1_000, stanza: stanza)
}

/// The reason for which `body` throws, or `nil` if it does not.
func reason(_ body: () throws -> Void) -> StoreError.Reason? {
  do {
    try body()
    return nil
  } catch {
    return (error as? StoreError)?.reason
  }
}

/// A directory of its own for the length of a test.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array(
      "\(P_tmpdir)/server-store-\(String(repeating: "X", count: 6))".utf8CString)
    mkdtemp(&template)
    self.path = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in ["store", "store-wal", "store-shm"] { unlink("\(self.path)/\(name)") }
    rmdir(self.path)
  }

  var file: String { "\(self.path)/store" }

  /// The permission bits of a file in the directory.
  func mode(_ name: String) -> mode_t? {
    var status = stat()
    guard stat("\(self.path)/\(name)", &status) == 0 else { return nil }
    return status.st_mode & 0o777
  }
}

/// A generator with a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
