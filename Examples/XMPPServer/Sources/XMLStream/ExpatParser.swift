import CExpat
import Glibc

/// An Expat parser with the builder that it reports to.
final class ExpatParser {
  /// Where feeding has come to a halt.
  enum Progress {
    /// All was read but for the bytes of a token that is not complete.
    case starved(pending: Int)
    /// Something was found that ends so many bytes after the start of what was fed last; it has
    /// to be taken before parsing goes on.
    case paused(at: Int)
  }

  private let parser: XML_Parser
  /// Behind a pointer because Expat's handlers get one, and because access needs no checks then.
  let builder: UnsafeMutablePointer<TreeBuilder>
  /// The next parser that waits in the pool, while this one does.
  var nextIdle: ExpatParser?
  /// How many bytes it had been fed before the last call.
  private var fedBefore = 0
  /// Whether Expat waits to be resumed.
  private var isSuspended = false

  /// A parser at the start of a document; nil when there is no memory.
  init?(cache: NameCache) {
    guard let parser = XML_ParserCreateNS("UTF-8", XML_Char(NameCache.separator)) else {
      return nil
    }
    self.parser = parser
    self.builder = .allocate(capacity: 1)
    self.builder.initialize(to: TreeBuilder(cache: cache))
    self.builder.pointee.parser = parser
    XML_SetReturnNSTriplet(parser, 1)
    shim_report_tokens_at_once(parser)
    XML_SetUserData(parser, self.builder)
    Self.setHandlers(of: parser)
  }

  deinit {
    XML_ParserFree(self.parser)
    self.builder.deinitialize(count: 1)
    self.builder.deallocate()
  }

  /// Whether what Expat keeps for good, bytes and names, is within what a shared parser may keep.
  func isWorthKeeping(bytes: Int, names: Int) -> Bool {
    self.builder.pointee.fed <= bytes && self.builder.pointee.unfamiliarNames <= names
  }

  /// Parses what follows what was fed before; no more than 1 MiB at a time.
  func feed(_ slice: UnsafeRawBufferPointer) throws(XMLStreamError) -> Progress {
    let bytes = slice.assumingMemoryBound(to: CChar.self)
    self.fedBefore = self.builder.pointee.fed
    self.builder.pointee.fed += slice.count
    return try self.progress(
      XML_Parse(self.parser, bytes.baseAddress, Int32(clamping: slice.count), 0))
  }

  /// Goes on after a pause.
  func resume() throws(XMLStreamError) -> Progress {
    if !self.isSuspended { return .starved(pending: 0) }
    return try self.progress(XML_ResumeParser(self.parser))
  }

  private func progress(_ status: XML_Status) throws(XMLStreamError) -> Progress {
    if status == XML_STATUS_ERROR { throw self.error() }
    self.isSuspended = status == XML_STATUS_SUSPENDED
    let fed = self.builder.pointee.fed
    let index = Int(XML_GetCurrentByteIndex(self.parser))
    if self.isSuspended {
      return .paused(at: index + Int(XML_GetCurrentByteCount(self.parser)) - self.fedBefore)
    }
    if self.builder.pointee.hasFound { return .paused(at: fed - self.fedBefore) }
    return .starved(pending: index < 0 ? 0 : fed - index)
  }

  private func error() -> XMLStreamError {
    if let failure = self.builder.pointee.failure { return failure }
    let code = XML_GetErrorCode(self.parser)
    let words = XML_ErrorString(code).map { String(cString: $0) } ?? "not XML"
    switch code {
    case XML_ERROR_UNDEFINED_ENTITY:
      return XMLStreamError(.restrictedXML, "a reference to an entity that XML does not define")
    case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING:
      return XMLStreamError(.unsupportedEncoding, words)
    case XML_ERROR_NO_MEMORY:
      return XMLStreamError(.resourceConstraint, words)
    default:
      return XMLStreamError(.notWellFormed, words)
    }
  }
}
