import MDM

/// A line of the settings that says what sort of device some clients are.
///
/// XMPP does not tell a server most of it: whether a client came through an edge server, whether it
/// is a user's session in another system, which program counts its versions as the documents do
/// (R-011, R-018, R-061, R-063). An administrator knows the clients in use by their resource, their
/// identity (XEP-0030) or the name of their software (XEP-0092, XEP-0232).
public struct DeviceRule: Hashable, Sendable {
  /// By what a rule knows its clients.
  enum Subject: String, CaseIterable {
    /// The resource.
    case resource
    /// Category and type of the identity, `client/phone`.
    case identity
    /// The name of the software.
    case software
  }

  /// The version that a rule gives.
  enum GivenVersion: Hashable {
    /// This one.
    case number(Version)
    /// What the client itself says.
    case said
  }

  let subject: Subject
  /// What is looked for: `*` stands for any text, `?` for one character, in either case.
  let pattern: String
  var kind: DeviceKind?
  var version: GivenVersion?
  var edge: Version?
  var isHybrid: Bool?

  /// What a line may say.
  static let allowed =
    "resource:PATTERN, identity:PATTERN or software:PATTERN and then any of kind=KIND,"
    + " version=NUMBER or version=said, edge=NUMBER, hybrid=on"

  /// Reads a line; nil when it is none.
  init?(_ text: String) {
    let words = text.split(separator: " ").map { String($0) }
    guard words.count >= 2, let colon = words[0].firstIndex(of: ":"),
      let subject = Subject(rawValue: String(words[0][..<colon]))
    else { return nil }
    self.subject = subject
    self.pattern = String(words[0][words[0].index(after: colon)...])
    guard !self.pattern.isEmpty else { return nil }
    for word in words.dropFirst() {
      guard let equals = word.firstIndex(of: "=") else { return nil }
      let value = String(word[word.index(after: equals)...])
      guard self.take(String(word[..<equals]), value) else { return nil }
    }
  }

  private mutating func take(_ key: String, _ value: String) -> Bool {
    switch key {
    case "kind":
      guard self.kind == nil else { return false }
      self.kind = DeviceKind.allCases.first { "\($0)" == value }
      return self.kind != nil
    case "version":
      guard self.version == nil else { return false }
      self.version = value == "said" ? .said : Version(value).map { .number($0) }
      return self.version != nil
    case "edge":
      guard self.edge == nil else { return false }
      self.edge = Version(value)
      return self.edge != nil
    case "hybrid":
      guard self.isHybrid == nil, value == "on" || value == "off" else { return false }
      self.isHybrid = value == "on"
      return true
    default:
      return false
    }
  }

  /// The line that says this.
  var text: String {
    var text = "\(self.subject.rawValue):\(self.pattern)"
    if let kind = self.kind { text += " kind=\(kind)" }
    switch self.version {
    case .number(let version): text += " version=\(version)"
    case .said: text += " version=said"
    case nil: break
    }
    if let edge = self.edge { text += " edge=\(edge)" }
    if let isHybrid = self.isHybrid { text += " hybrid=\(isHybrid ? "on" : "off")" }
    return text
  }

  /// Whether the rule is about a client of which so much is known.
  func fits(_ facts: DeviceFacts) -> Bool {
    let text: String
    switch self.subject {
    case .resource: text = facts.resource
    case .identity: text = facts.identity
    case .software: text = facts.software
    }
    return Self.matches(Array(text.lowercased())[...], Array(self.pattern.lowercased())[...])
  }

  /// Whether a text is as a pattern has it.
  ///
  /// *Complexity*: O(text × pattern): each star is tried from where the last one left off.
  private static func matches(
    _ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>
  ) -> Bool {
    var (place, wanted) = (text.startIndex, pattern.startIndex)
    var star: (wanted: Int, place: Int)?
    while place < text.endIndex {
      if wanted < pattern.endIndex, pattern[wanted] == "*" {
        star = (wanted, place)
        wanted += 1
      } else if wanted < pattern.endIndex,
        pattern[wanted] == "?" || pattern[wanted] == text[place]
      {
        place += 1
        wanted += 1
      } else if let last = star {
        star = (last.wanted, last.place + 1)
        (wanted, place) = (last.wanted + 1, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[wanted...].allSatisfy { $0 == "*" }
  }
}

/// What a client is known by: its resource, and what it has said of itself when it was last here.
public struct DeviceFacts: Hashable, Sendable {
  /// The resource.
  var resource: String
  /// Category and type of the identity, `client/phone`; empty when nothing is known.
  var identity = ""
  /// The name of the software.
  var software = ""
  /// Its version.
  var version = ""
  /// The operating system.
  var system = ""

  /// What sort of device it is, as far as it has said so.
  private var kind: DeviceKind {
    let system = self.system.lowercased()
    let isTablet = self.identity.hasSuffix("/tablet")
    if system.contains("ipad") { return .iPad }
    if system.contains("iphone") || system.hasPrefix("ios") { return isTablet ? .iPad : .iPhone }
    if system.contains("android") { return isTablet ? .androidTablet : .androidPhone }
    switch self.identity {
    case "client/web": return .web
    case "client/phone", "client/handheld", "client/sms", "client/bot", "client/game": return .other
    default: return .desktop
    }
  }

  /// The sign-in of the device: of each thing the first rule that says it decides (B23).
  func signIn(by rules: [DeviceRule], device: DeviceName) -> SignIn {
    var (kind, version): (DeviceKind?, DeviceRule.GivenVersion?)
    var (edge, isHybrid): (Version?, Bool?)
    for rule in rules where rule.fits(self) {
      kind = kind ?? rule.kind
      version = version ?? rule.version
      edge = edge ?? rule.edge
      isHybrid = isHybrid ?? rule.isHybrid
    }
    var capabilities = ClientCapabilities(edgeVersion: edge)
    switch version {
    case .number(let number): capabilities.clientVersion = number
    case .said: capabilities.clientVersion = Version(self.version)
    case nil: break
    }
    var signIn = SignIn(
      device: device, kind: kind ?? self.kind, requestsMDM: false, capabilities: capabilities,
      presence: nil, catchUp: .none)
    signIn.isHybrid = isHybrid ?? false
    return signIn
  }
}
