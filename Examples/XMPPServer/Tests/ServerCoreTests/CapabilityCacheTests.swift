import MDMXMPP
import StreamSecurity
import Testing

@testable import ServerCore

struct CapabilityCacheTests {
  private static let common = """
    <feature var='http://jabber.org/protocol/caps'/>\
    <feature var='http://jabber.org/protocol/muc'/>\
    <feature var='http://jabber.org/protocol/disco#items'/>\
    <feature var='http://jabber.org/protocol/disco#info'/>
    """

  /// XEP-0115 §5.2.
  private static let exodus = """
    <query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity category='client' type='pc' name='Exodus 0.9.1'/>\(Self.common)</query>
    """

  /// XEP-0115 §5.3.
  private static let psi = """
    <query xmlns='http://jabber.org/protocol/disco#info'>\
    <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
    <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>\(Self.common)\
    <x xmlns='jabber:x:data' type='result'>\
    <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
    <field var='ip_version'><value>ipv4</value><value>ipv6</value></field>\
    <field var='os'><value>Mac</value></field>\
    <field var='os_version'><value>10.5.1</value></field>\
    <field var='software'><value>Psi</value></field>\
    <field var='software_version'><value>0.11</value></field></x></query>
    """

  private func key(_ version: String, hash: String = "sha-1") throws -> CapabilitiesKey {
    let presence = try element(
      """
      <presence><c xmlns='http://jabber.org/protocol/caps' hash='\(hash)'\
       node='http://example.com/client' ver='\(version)'/></presence>
      """)
    return try #require(CapabilitiesKey(presence))
  }

  @Test("The published answers have the published hashes, and are shared")
  func published() throws {
    for (answer, version) in [
      (Self.exodus, "QgayPKawpkPSDYmwT/WM94uAlu0="), (Self.psi, "q07IKJEyjvHSyhy//CH0CxmKi8w="),
    ] {
      var cache = CapabilityCache()
      let key = try self.key(version)
      #expect(cache.capabilities(key) == nil)
      let capabilities = cache.note(try element(answer), about: key)
      #expect(cache.capabilities(key) === capabilities)
      #expect(cache.capabilities(try self.key("other")) == nil)
    }
  }

  @Test("An answer that is not the one announced counts for who gave it only")
  func wrongHash() throws {
    var cache = CapabilityCache()
    let query = try element(
      """
      <query xmlns='http://jabber.org/protocol/disco#info'>\
      <feature var='urn:example:mood+notify'/><feature var='urn:example:tune'/></query>
      """)
    let key = try self.key("QgayPKawpkPSDYmwT/WM94uAlu0=")
    let capabilities = cache.note(query, about: key)
    #expect(capabilities.wants("urn:example:mood"))
    #expect(!capabilities.wants("urn:example:tune"))
    #expect(cache.capabilities(key) == nil)
  }

  @Test("A hash that the server does not reckon with is not shared")
  func otherHash() throws {
    var cache = CapabilityCache()
    let key = try self.key("QgayPKawpkPSDYmwT/WM94uAlu0=", hash: "sha-256")
    _ = cache.note(try element(Self.exodus), about: key)
    #expect(cache.capabilities(key) == nil)
  }

  @Test("An announcement has all of its parts, none of them boundless")
  func announcements() throws {
    let space = "xmlns='http://jabber.org/protocol/caps'"
    for child in [
      "", "<c \(space) node='n' ver='v'/>", "<c \(space) hash='sha-1' ver='v'/>",
      "<c \(space) hash='sha-1' node='n'/>", "<c xmlns='urn:other' hash='sha-1' node='n' ver='v'/>",
      "<c \(space) hash='sha-1' node='n' ver='\(String(repeating: "v", count: 257))'/>",
      "<c \(space) hash='sha-1' ver='v' node='\(String(repeating: "n", count: 1_024))'/>",
    ] {
      #expect(CapabilitiesKey(try element("<presence>\(child)</presence>")) == nil)
    }
  }

  @Test("However much a client wants, two hundred and fifty-six nodes are remembered")
  func bounded() throws {
    var cache = CapabilityCache()
    let features = (0..<300).map { "<feature var='urn:example:\($0)+notify'/>" }.joined()
    let query = try element(
      "<query xmlns='http://jabber.org/protocol/disco#info'>\(features)</query>")
    #expect(cache.note(query, about: try self.key("v")).notifies.count == 256)
  }

  /// Whether an answer is shared under the hash of this string.
  private func isShared(_ content: String, as text: String) throws -> Bool {
    var cache = CapabilityCache()
    let key = try self.key(Base64.encode(Digest.sha1(Array(text.utf8))))
    let query = try element(
      "<query xmlns='http://jabber.org/protocol/disco#info'>\(content)</query>")
    _ = cache.note(query, about: key)
    return cache.capabilities(key) != nil
  }

  @Test("Identities are sorted by category, then by type, then by language")
  func identityOrder() throws {
    let content = """
      <identity category='client-x' type='pc'/><identity category='client' type='pc'/>\
      <identity category='client' type='bot' xml:lang='en'/>\
      <identity category='client' type='bot' xml:lang='de' name='z'/>
      """
    #expect(
      try self.isShared(
        content, as: "client/bot/de/z<client/bot/en/<client/pc//<client-x/pc//<"))
  }

  @Test("Forms that do not say what they are about do not count")
  func untypedForms() throws {
    let feature = "<feature var='a'/>"
    for form in [
      "<x xmlns='jabber:x:data'><field var='b'><value>1</value></field></x>",
      """
      <x xmlns='jabber:x:data'><field var='FORM_TYPE'><value>t</value></field>\
      <field var='b'><value>1</value></field></x>
      """,
    ] {
      #expect(try self.isShared(feature + form, as: "a<"))
    }
  }

  @Test("What says something twice is ill-formed, and not shared (XEP-0115 §5.4)")
  func illFormed() throws {
    let identity = "<identity category='client' type='pc' name='A'/>"
    let form = """
      <x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>t</value></field></x>
      """
    #expect(try self.isShared(identity + form, as: "client/pc//A<t<"))
    #expect(try !self.isShared(identity + identity, as: "client/pc//A<client/pc//A<"))
    #expect(
      try !self.isShared("<feature var='a'/><feature var='a'/>", as: "a<a<"))
    #expect(try !self.isShared(form + form, as: "t<t<"))
    let ambiguous = form.replacing("<value>t</value>", with: "<value>t</value><value>u</value>")
    #expect(try !self.isShared(ambiguous, as: "t<"))
  }

  @Test("Nobody can speak for others by hiding parts of an answer in one another")
  func hiddenParts() throws {
    let honest = """
      <identity category='client' type='pc' name='A'/><feature var='urn:example:mood+notify'/>
      """
    let text = "client/pc//A<urn:example:mood+notify<"
    #expect(try self.isShared(honest, as: text))
    let forged = "<identity category='client' type='pc' name='A&lt;urn:example:mood+notify'/>"
    #expect(try !self.isShared(forged, as: text))
  }
}
