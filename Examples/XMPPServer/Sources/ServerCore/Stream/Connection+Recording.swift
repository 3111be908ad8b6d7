import MDMXMPP
import XMLStream

extension Connection {
  /// Writes down what the client has sent.
  func record(_ event: StreamEvent, by recorder: TrafficRecorder) {
    let bytes: [UInt8]
    switch event {
    case .header(let header):
      let stream = Element(
        "stream:stream", namespace: Namespaces.client,
        [
          "to": header.to, "from": header.from, "version": header.version,
          "xmlns:stream": Namespaces.stream,
        ])
      bytes = Array(stream.serialised().dropLast(2)) + [UInt8(ascii: ">")]
    case .element(let element, let received):
      // Neither passwords nor proofs of them.
      let isSecret =
        element.namespace == StreamNamespaces.sasl
        || element.child("query", namespace: RegistrationElements.namespace) != nil
      bytes =
        isSecret && !element.children.isEmpty
        ? Element(element.name, namespace: element.namespace).serialised() : received
    case .end:
      bytes = Array("</stream:stream>".utf8)
    }
    recorder.note(.received, bytes, of: self)
  }
}
