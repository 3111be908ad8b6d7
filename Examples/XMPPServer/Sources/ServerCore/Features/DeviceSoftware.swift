import MDM
import MDMXMPP
import ServerStorage

// What clients say of themselves, for the rules that go by it (XEP-0030, XEP-0092, XEP-0232).
//
// The engine hears what a device is when it signs in, and by then a client has said nothing but its
// resource. So what it says is remembered for the next time under that resource; whether it may use
// Multiple Device Messaging is judged as soon as it is known.
extension XMPPServer {
  /// The prefix of ids of questions for the software.
  static let softwareQuestion = "software-"

  /// What is known of a device that is about to sign in.
  func facts(of address: JID, in account: Account) -> DeviceFacts {
    let resource = address.resource ?? ""
    var facts = DeviceFacts(resource: resource)
    self.attempt("device") {
      guard let stored = try self.store.device(of: account.id, resource: resource) else { return }
      facts.identity = stored.identity
      facts.software = stored.software
      facts.version = stored.version
      facts.system = stored.system
    }
    return facts
  }

  /// Takes in what the answer to a question about capabilities says of the client.
  func noteFacts(_ capabilities: Capabilities, of session: ClientSession) {
    var facts = session.facts
    if !capabilities.identity.isEmpty { facts.identity = capabilities.identity }
    if let software = capabilities.software {
      facts.software = software.name
      facts.version = software.version
      facts.system = software.system
    }
    self.note(facts, of: session)
    // One whose capabilities do not tell is asked, if there is a rule that it could matter for.
    let isWanted = self.settings.devices.contains { $0.subject == .software || $0.version == .said }
    guard isWanted, capabilities.software == nil, !session.isSoftwareAsked else { return }
    session.isSoftwareAsked = true
    session.send(
      Element(
        "iq", namespace: Namespaces.client,
        [
          "type": "get", "from": self.domain, "to": session.address.full,
          "id": "\(Self.softwareQuestion)\(self.nextID())",
        ], [Element("query", namespace: "jabber:iq:version")]))
  }

  /// A client's answer about its software (XEP-0092).
  func noteSoftware(answer: Element, from session: ClientSession) {
    guard session.isSoftwareAsked, answer.attribute("type") == "result",
      let query = answer.child("query", namespace: "jabber:iq:version")
    else { return }
    func text(_ name: String) -> String {
      String((query.child(name, namespace: "jabber:iq:version")?.text ?? "").prefix(256))
    }
    var facts = session.facts
    facts.software = text("name")
    facts.version = text("version")
    facts.system = text("os")
    self.note(facts, of: session)
  }

  private func note(_ facts: DeviceFacts, of session: ClientSession) {
    guard facts != session.facts else { return }
    session.facts = facts
    self.attempt("device") {
      try self.store.setDevice(
        StoredDevice(
          resource: facts.resource, identity: facts.identity, software: facts.software,
          version: facts.version, system: facts.system), of: session.account.id)
    }
    // What it may not have it must not keep either.
    if self.mdmRefusal(of: session) != nil {
      self.service.requestMDM(false, by: session.device, at: self.now)
      self.log.info("session.mdm-refused", ["user": session.address.full])
    }
  }

  /// Why a device may not use Multiple Device Messaging, by what is known of it now (B23).
  func mdmRefusal(of session: ClientSession) -> MDMRefusal? {
    guard let device = session.address.deviceName, !self.settings.devices.isEmpty else {
      return nil
    }
    let signIn = session.facts.signIn(by: self.settings.devices, device: device)
    return self.settings.engine.values.eligibility.refusal(of: signIn.capabilities)
  }
}
