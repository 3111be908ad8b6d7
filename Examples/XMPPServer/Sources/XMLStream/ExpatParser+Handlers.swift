import CExpat
import Glibc

/// What Expat calls; the user data is the builder, which lives as long as the parser.
extension ExpatParser {
  static func setHandlers(of parser: XML_Parser) {
    XML_SetElementHandler(
      parser,
      { data, name, attributes in
        guard let builder = ExpatParser.builder(data), let name, let attributes else { return }
        builder.pointee.start(name, attributes)
      },
      { data, _ in ExpatParser.builder(data)?.pointee.end() })
    XML_SetCharacterDataHandler(parser) { data, bytes, count in
      guard let builder = ExpatParser.builder(data), let bytes else { return }
      bytes.withMemoryRebound(to: UInt8.self, capacity: Int(count)) {
        builder.pointee.characters(UnsafeBufferPointer(start: $0, count: Int(count)))
      }
    }
    XML_SetStartNamespaceDeclHandler(parser) { data, prefix, namespace in
      ExpatParser.builder(data)?.pointee.declare(prefix, namespace)
    }
    XML_SetStartCdataSectionHandler(parser) { data in
      ExpatParser.builder(data)?.pointee.startCharacterDataSection()
    }
    Self.setRefusals(of: parser)
  }

  /// What RFC 6120 §11.1 forbids, and encodings other than UTF-8 (§11.6).
  private static func setRefusals(of parser: XML_Parser) {
    XML_SetCommentHandler(parser) { data, _ in
      ExpatParser.builder(data)?.pointee.fail(XMLStreamError(.restrictedXML, "a comment"))
    }
    XML_SetProcessingInstructionHandler(parser) { data, _, _ in
      ExpatParser.builder(data)?.pointee.fail(
        XMLStreamError(.restrictedXML, "a processing instruction"))
    }
    // Called before anything of the declaration is read: no entity is ever declared.
    XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
      ExpatParser.builder(data)?.pointee.fail(
        XMLStreamError(.restrictedXML, "a document type declaration"))
    }
    XML_SetXmlDeclHandler(parser) { data, _, encoding, _ in
      if let encoding, strcasecmp(encoding, "UTF-8") != 0 {
        ExpatParser.builder(data)?.pointee.fail(
          XMLStreamError(.unsupportedEncoding, "an encoding other than UTF-8"))
      }
    }
  }

  @inline(__always)
  private static func builder(
    _ data: UnsafeMutableRawPointer?
  ) -> UnsafeMutablePointer<TreeBuilder>? {
    data?.assumingMemoryBound(to: TreeBuilder.self)
  }
}
