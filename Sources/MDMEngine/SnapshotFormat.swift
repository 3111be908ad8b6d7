import MDMStorage

/// Why bytes could not be restored.
@nonexhaustive
public enum SnapshotError: Error, Hashable, Sendable {
  /// They do not begin like a snapshot.
  case notASnapshot
  /// They were written by a newer version of this library, whose form is not known here.
  case unsupportedVersion(UInt64)
  /// They hold something else: one account where an engine was asked for, or the reverse.
  case wrongContent
  /// They end too early.
  case truncated
  /// They are not what was written: the checksum is wrong.
  case checksumMismatch
  /// The checksum is right, but they say something impossible.
  case malformed
}

/// The frame of a snapshot: magic, version, content, body, checksum.
///
/// The body is a list of sections, each with a tag and a length. A reader passes over sections it
/// does not know, so a later version can add some without breaking this one, and gives missing ones
/// their defaults, so it reads what earlier ones wrote. Instants are written as ages before, or
/// times remaining after, the instant of the snapshot.
enum SnapshotFormat {
  /// The version written. It goes up when a known section changes its meaning.
  static let version: UInt64 = 1
  private static let magic: [UInt8] = Array("MDMS".utf8)

  /// What a snapshot holds.
  enum Content: UInt8 {
    case engine = 0x45
    case account = 0x41
  }

  static func frame(_ content: Content, _ body: ByteWriter) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(Self.magic)
    writer.write(Self.version)
    writer.write(byte: content.rawValue)
    writer.append(body.bytes)
    let checksum = Checksum.crc32(writer.bytes[...])
    for shift in [0, 8, 16, 24] as [UInt32] {
      writer.write(byte: UInt8(truncatingIfNeeded: checksum &>> shift))
    }
    return writer.bytes
  }

  /// Checks the frame and returns the sections of the body.
  static func open(
    _ bytes: [UInt8], expecting content: Content
  ) throws(SnapshotError) -> Sections {
    try Self.check(bytes, expecting: content).get()
  }

  private static func check(
    _ bytes: [UInt8], expecting content: Content
  ) -> Result<Sections, SnapshotError> {
    guard bytes.starts(with: Self.magic) else { return .failure(.notASnapshot) }
    guard bytes.count >= Self.magic.count + 6 else { return .failure(.truncated) }
    let body = bytes.dropLast(4)
    var checksum: UInt32 = 0
    for byte in bytes.suffix(4).reversed() { checksum = checksum &<< 8 | UInt32(byte) }
    var reader = ByteReader(body.dropFirst(Self.magic.count))
    do throws(ByteReaderError) {
      // The version decides whether the rest is understood at all, so it is told first.
      let version = try reader.integer()
      if version > Self.version { return .failure(.unsupportedVersion(version)) }
      if Checksum.crc32(body) != checksum { return .failure(.checksumMismatch) }
      if try reader.byte() != content.rawValue { return .failure(.wrongContent) }
      return .success(try Sections(reader: reader))
    } catch {
      return .failure(SnapshotError(error))
    }
  }

  /// The sections of a body by tag, the first of each.
  struct Sections {
    private var sections: [(tag: UInt64, body: ArraySlice<UInt8>)] = []

    init(reader: ByteReader) throws(ByteReaderError) {
      var reader = reader
      while reader.remaining > 0 {
        let tag = try reader.integer()
        self.sections.append((tag, try reader.slice()))
      }
    }

    /// A reader of the section, or nil when it is missing.
    func reader(_ tag: Tag) -> ByteReader? {
      self.sections.first { $0.tag == tag.rawValue }.map { ByteReader($0.body) }
    }
  }

  /// What a section holds.
  enum Tag: UInt64 {
    // Of an engine.
    case switches = 1
    case totals = 2
    case slices = 3
    case slots = 4
    case vacant = 5
    // Of an account.
    case identity = 16
    case election = 17
    case devices = 18
    case reading = 19
    case held = 20
    case holds = 21
    case backlog = 22
  }
}

extension SnapshotError {
  init(_ error: ByteReaderError) {
    switch error {
    case .truncated: self = .truncated
    case .malformed: self = .malformed
    }
  }
}

extension ByteWriter {
  mutating func section(_ tag: SnapshotFormat.Tag, _ write: (inout ByteWriter) -> Void) {
    var body = ByteWriter()
    write(&body)
    self.write(tag.rawValue)
    self.write(body.bytes)
  }
}
