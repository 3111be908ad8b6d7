import Foundation
import MDM
import MDMXMPP

/// One thing that happened on a recorded stream.
public struct RecordedEvent: Sendable {
  /// The line it comes from, counted from 1.
  public let line: Int
  /// When it happened, from the beginning of the recording.
  public let instant: MonotonicInstant
  /// The stream.
  public let connection: String
  /// The address the stream is bound to, once it is.
  public let address: JID?
  /// What happened.
  public let content: Content

  /// What happened on a stream.
  public enum Content: Sendable {
    /// The stream was bound to its address.
    case bound
    /// The client sent an element; the bytes are as received.
    case sent(Element, [UInt8])
    /// The client closed its stream.
    case closed
    /// The server allowed the stream to be resumed under this id (XEP-0198).
    case resumable(String)
    /// The server resumed the stream with this id on this connection.
    case resumed(String)
  }
}

/// A line that could not be read.
public struct RecordingError: Error, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  public let line: Int
  /// What is wrong with it.
  public let reason: String

  /// Line and reason.
  public var description: String { "line \(self.line): \(self.reason)" }
}

/// A recording, read completely.
public struct Recording: Sendable {
  /// What happened, in the order of the file.
  public private(set) var events: [RecordedEvent] = []
  /// Lines that could not be read.
  public private(set) var errors: [RecordingError] = []
  /// The domain of the recorded accounts.
  public private(set) var domain = "localhost"
  /// Accounts that the recording shows from inside; others are correspondents elsewhere.
  public private(set) var hosted: Set<String> = []

  /// Reads a recording in either of the two forms, told apart by their first line: recorded streams
  /// (`conn`, `dir`, `xml`) or a scripted day (`actor`, `kind`, `xml`).
  ///
  /// - Parameter progress: called now and then with the share of the bytes read.
  public init(contentsOf data: Data, progress: (Double) -> Void = { _ in }) {
    var reader = LineReader()
    var line = 0
    var read = 0
    for bytes in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      read += bytes.count + 1
      if line % 500 == 0 { progress(Double(read) / Double(max(1, data.count))) }
      if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
      do {
        self.events += try reader.events(of: Data(bytes), line: line)
      } catch let error as RecordingError {
        self.errors.append(error)
      } catch {
        self.errors.append(RecordingError(line: line, reason: "\(error)"))
      }
    }
    self.domain = reader.domain
    self.hosted = reader.hosted
  }
}
