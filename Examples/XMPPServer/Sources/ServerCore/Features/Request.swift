import MDM
import MDMXMPP

/// A request of a device that this server answers.
struct Request {
  let server: XMPPServer
  let session: ClientSession
  /// The whole iq.
  let element: Element
  /// What is asked.
  let payload: Element
  let isSet: Bool
  /// Whom it is addressed to; nil for the user's own account.
  let to: JID?

  /// The account of the device that asks.
  var account: Account { self.session.account }

  /// Whether it is for the user's own account.
  var isForOwnAccount: Bool { self.to == nil || self.to == self.account.address }

  func succeed(_ payload: Element? = nil) {
    self.session.send(
      StanzaAnswers.result(answering: self.element, to: self.session.address, payload))
  }

  func fail(_ condition: StanzaCondition, detail: Element? = nil) {
    self.server.answer(self.element, condition, detail: detail, to: self.session)
  }
}
