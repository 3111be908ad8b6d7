import MDMXMPP
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
}
