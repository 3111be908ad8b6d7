import CMicroHTTPD
import Glibc
import Synchronization

/// An HTTP server on the loopback address, by libmicrohttpd, with one thread of its own.
///
/// The handler is called on that thread, for one request after the other, and should be quick.
public final class HTTPServer: Sendable {
  /// Answers a request.
  public typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

  /// Why the server is not there.
  public struct StartError: Error, CustomStringConvertible {
    /// What is wrong, for a person.
    public let description: String
  }

  /// Connections that may be open at once.
  public static let connectionLimit: UInt32 = 128
  /// Bytes of a request's body that are read, and thrown away.
  static let bodyLimit = 64 << 10

  /// The port that it listens on.
  public let port: UInt16

  private struct State: @unchecked Sendable {
    var daemon: OpaquePointer?
    var streams: [EventStream] = []
  }

  /// What the C library hands back with each call.
  private final class Context: Sendable {
    let handler: Handler
    let state = Mutex(State())
    init(_ handler: @escaping Handler) { self.handler = handler }
  }

  private let context: Context

  /// Listens.
  ///
  /// - Parameter port: 0 for any that is free.
  public init(port: UInt16, handler: @escaping Handler) throws(StartError) {
    let context = Context(handler)
    let daemon = shim_start(
      port, answer, Unmanaged.passUnretained(context).toOpaque(), Self.connectionLimit)
    guard let daemon else {
      throw StartError(description: "port \(port): \(String(cString: strerror(errno)))")
    }
    self.port = shim_port(daemon)
    self.context = context
    context.state.withLock { $0.daemon = daemon }
  }

  deinit { self.stop() }

  /// Ends every stream and connection, and returns when the handler is called no more.
  public func stop() {
    let daemon = self.context.state.withLock { state -> UncheckedPointer? in
      for stream in state.streams { stream.finish() }
      state.streams = []
      defer { state.daemon = nil }
      return state.daemon.map { UncheckedPointer(value: $0) }
    }
    if let daemon { MHD_stop_daemon(daemon.value) }
  }

  private struct UncheckedPointer: @unchecked Sendable {
    let value: OpaquePointer
  }

  // MARK: - One request

  fileprivate static func respond(
    to connection: OpaquePointer, _ method: String, _ path: String, _ raw: UnsafeMutableRawPointer
  ) -> MHD_Result {
    let context = Unmanaged<Context>.fromOpaque(raw).takeUnretainedValue()
    let request = HTTPRequest(
      method, path, query: Self.arguments(of: connection), headers: Self.headers(of: connection))
    let response = context.handler(request)
    let message: OpaquePointer?
    switch response.body {
    case .bytes(let bytes):
      // The length comes from the buffer even when a HEAD request gets none of it.
      message = bytes.withUnsafeBytes {
        MHD_create_response_from_buffer(
          $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
      }
    case .events(let stream):
      let isListening = context.state.withLock { state in
        state.streams.removeAll { $0.isClosed }
        if state.daemon != nil { state.streams.append(stream) }
        return state.daemon != nil
      }
      if !isListening { stream.finish() }
      message = StreamReader.response(for: stream, on: connection)
    }
    guard let message else { return .NO }
    defer { MHD_destroy_response(message) }
    for header in response.headers { MHD_add_response_header(message, header.name, header.value) }
    return MHD_queue_response(connection, UInt32(response.status), message)
  }

  private static func arguments(of connection: OpaquePointer) -> [HTTPRequest.Field] {
    Self.values(of: connection, .GET_ARGUMENT_KIND).compactMap { field in
      guard let name = PercentEncoding.decode(field.name, plusIsSpace: true),
        let value = PercentEncoding.decode(field.value, plusIsSpace: true)
      else { return nil }
      return HTTPRequest.Field(name, value)
    }
  }

  private static func headers(of connection: OpaquePointer) -> [HTTPRequest.Field] {
    Self.values(of: connection, .HEADER_KIND)
  }

  private static func values(
    of connection: OpaquePointer, _ kind: MHD_ValueKind
  ) -> [HTTPRequest.Field] {
    var fields: [HTTPRequest.Field] = []
    withUnsafeMutablePointer(to: &fields) { pointer in
      _ = MHD_get_connection_values(
        connection, kind,
        { context, _, name, value in
          let list = context?.assumingMemoryBound(to: [HTTPRequest.Field].self)
          guard let name else { return .YES }
          list?.pointee.append(
            HTTPRequest.Field(String(cString: name), value.map { String(cString: $0) } ?? ""))
          return .YES
        }, pointer)
    }
    return fields
  }
}

/// Called for a request when its headers are there, for each piece of its body, and at its end.
/// `progress` counts the calls and bytes so far; no memory is behind it.
private func answer(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ path: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
  _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadSize: UnsafeMutablePointer<Int>?,
  _ progress: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let connection, let path, let method, let uploadSize, let progress else {
    return .NO
  }
  let before = Int(bitPattern: progress.pointee)
  if before == 0 {
    progress.pointee = UnsafeMutableRawPointer(bitPattern: 1)
    return .YES
  }
  if uploadSize.pointee > 0 {
    let count = before + uploadSize.pointee
    guard count <= HTTPServer.bodyLimit else { return .NO }
    progress.pointee = UnsafeMutableRawPointer(bitPattern: count)
    uploadSize.pointee = 0
    return .YES
  }
  return HTTPServer.respond(
    to: connection, String(cString: method), String(cString: path), context)
}
