import MDM
import MDMXMPP

/// Short names for stanzas, so that a timeline can follow them: m1, m2, … for messages, a word for
/// everything else.
struct StanzaLabels {
  private var numbers: [String: Int] = [:]

  /// The label of a stanza; the same message has the same label on every device.
  mutating func label(of stanza: Stanza) -> String {
    guard stanza.kind.isContent else { return Self.word(for: stanza.kind) }
    let key = stanza.id.isEmpty ? "\(stanza.payload)" : "\(stanza.source) \(stanza.id)"
    let number = self.numbers[key] ?? self.numbers.count + 1
    self.numbers[key] = number
    return "m\(number)"
  }

  static func word(for kind: StanzaKind) -> String {
    switch kind {
    case .chat, .normal, .invitation, .fileTransfer, .groupChat: "message"
    case .receipt: "receipt"
    case .displayedMarker: "displayed"
    case .payload: "payload"
    case .chatState: "typing"
    case .headline: "event"
    case .messageError: "error"
    case .presence: "presence"
    case .subscription: "subscription"
    case .request: "iq"
    }
  }

  /// What a client's element says, in a few words, and whether it is noise.
  mutating func describe(
    _ element: Element, _ input: ClientInput
  ) -> (text: String, isNoise: Bool) {
    switch input {
    case .message(let message):
      return self.describe(message, element)
    case .presence(.unavailable, _):
      return ("is unavailable", false)
    case .presence(.available(let show, _), _):
      return show == .available ? ("is available", false) : ("is \(show)", false)
    case .directedPresence(let to, _):
      return ("sends presence to \(to.local ?? to.domain)", true)
    case .subscription(let to, _):
      return ("asks for a subscription to \(to.local ?? to.domain)", true)
    case .clientState(let mode):
      return (mode == .quiet ? "goes quiet" : "is active again", false)
    case .silent(let isSilent, _):
      return (isSilent ? "goes silent" : "is no longer silent", false)
    case .carbons(let enable, _):
      return (enable ? "turns MDM on" : "turns MDM off", false)
    case .displayedSync(let marks, _):
      let names = marks.map { "\(Self.short($0.conversation)) up to \($0.position)" }
      return ("has read " + names.joined(separator: ", "), false)
    case .displayedQuery:
      return ("asks what has been read", true)
    case .request(let to, let stanza):
      let what = element.elements.first?.name ?? "iq"
      let answer = stanza.flags.contains(.answer)
      guard let to, !to.isBare else { return ("asks the server: \(what)", true) }
      return ("\(answer ? "answers" : "asks") \(to.full): \(what)", to.resource == nil)
    case .streamManagement:
      return ("acknowledges", true)
    case .rejected(let rejection):
      return ("sends something refused: \(rejection.condition.rawValue)", false)
    }
  }

  private mutating func describe(
    _ message: ClientMessage, _ element: Element
  ) -> (text: String, isNoise: Bool) {
    let stanza = message.outgoing
    let to = message.to.map { $0.local ?? $0.domain } ?? "itself"
    let target = message.to?.resource.map { "\(to)/\($0)" } ?? to
    guard stanza.kind.isContent else {
      if stanza.kind == .displayedMarker { return ("has read \(to)", false) }
      return ("→ \(target): \(Self.word(for: stanza.kind))", true)
    }
    let body = element.child("body", namespace: Namespaces.client)?.text ?? "(encrypted)"
    let short = body.count > 28 ? body.prefix(27) + "…" : body[...]
    return ("→ \(target) \(self.label(of: stanza)) “\(short)”", false)
  }

  static func short(_ conversation: ConversationID) -> String {
    conversation.text.split(separator: "@").first.map { String($0) } ?? conversation.text
  }
}
