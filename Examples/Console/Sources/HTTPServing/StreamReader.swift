import CMicroHTTPD

/// One stream on one connection, as the C library holds it.
final class StreamReader {
  private let stream: EventStream
  private let connection: OpaquePointer

  private init(_ stream: EventStream, _ connection: OpaquePointer) {
    self.stream = stream
    self.connection = connection
  }

  /// A response that goes on for as long as the stream.
  static func response(
    for stream: EventStream, on connection: OpaquePointer
  ) -> OpaquePointer? {
    let reader = Unmanaged.passRetained(StreamReader(stream, connection))
    let response = MHD_create_response_from_callback(
      UInt64(bitPattern: Int64(-1)), 16 << 10,
      { context, _, buffer, capacity in
        guard let context, let buffer else { return Int(MHD_CONTENT_READER_END_WITH_ERROR) }
        let reader = Unmanaged<StreamReader>.fromOpaque(context).takeUnretainedValue()
        return reader.stream.fill(
          UnsafeMutableRawBufferPointer(start: buffer, count: capacity), for: reader.connection)
      }, reader.toOpaque(),
      { context in
        guard let context else { return }
        Unmanaged<StreamReader>.fromOpaque(context).takeRetainedValue().stream.close()
      })
    if response == nil { reader.release() }
    return response
  }
}
