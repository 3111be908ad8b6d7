import Glibc
import MDM
import MDMXMPP

@testable import ServerCore

/// A generator with a seed (SplitMix64), so that a script that fails does so every time.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { self.state = seed }

  mutating func next() -> UInt64 {
    self.state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = self.state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, but not including, `bound`.
  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// A directory of its own for the length of a test.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array(
      "\(P_tmpdir)/server-core-\(String(repeating: "X", count: 6))".utf8CString)
    mkdtemp(&template)
    self.path = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in self.names { unlink("\(self.path)/\(name)") }
    rmdir(self.path)
  }

  private var names: [String] {
    guard let directory = opendir(self.path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// The element that the text is, read as the content of a client's stream.
func element(_ xml: String) throws -> Element { try StoredElement.parse(Array(xml.utf8)) }

/// The instant so many seconds after the clock's beginning.
func instant(_ seconds: Int64) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
}
