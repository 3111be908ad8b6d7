import MDMXMPP
import ServerStorage

extension ArchiveQuery {
  /// What a query element asks (XEP-0313 §4.1); nil when it makes no sense.
  init?(_ query: Element, of account: AccountID) {
    self.init(account: account)
    if let form = query.child("x", namespace: DataForm.namespace) {
      guard self.read(DataForm(form)) else { return nil }
    }
    guard let set = query.child("set", namespace: ArchiveElements.paging) else {
      self.maximum = ArchiveElements.pageLimit
      return
    }
    guard self.read(page: set) else { return nil }
  }

  private mutating func read(_ form: DataForm) -> Bool {
    for field in form.fields {
      let value = field.values.first ?? ""
      switch field.name {
      case "with":
        guard let address = try? JID(value) else { return false }
        self.with = address.full
      case "start":
        guard let time = DateTime.unixMicroseconds(value) else { return false }
        self.start = time
      case "end":
        guard let time = DateTime.unixMicroseconds(value) else { return false }
        self.end = time
      case "before-id":
        guard let position = Self.position(value) else { return false }
        self.beforePosition = position
      case "after-id":
        guard let position = Self.position(value) else { return false }
        self.afterPosition = position
      case "ids":
        guard field.values.count <= ArchiveQuery.maximumPositions else { return false }
        self.positions = field.values.map { Self.position($0) ?? 0 }
      default:
        // XEP-0313 §4.1.5: what is not known must not be ignored, save the form's own type.
        if field.name != "FORM_TYPE" { return false }
      }
    }
    return true
  }

  /// An id as it was handed out; one that never was stands for a message that is not there.
  private static func position(_ text: String) -> UInt64? {
    StableID(text)?.position.ordinal ?? (text.isEmpty ? nil : 0)
  }

  /// Which page (XEP-0059).
  private mutating func read(page set: Element) -> Bool {
    let paging = ArchiveElements.paging
    self.wantsCount = true
    self.maximum = ArchiveElements.pageLimit
    if let text = set.child("max", namespace: paging)?.text {
      guard let maximum = Int(text), maximum >= 0 else { return false }
      self.maximum = min(maximum, ArchiveElements.pageLimit)
    }
    if let before = set.child("before", namespace: paging)?.text {
      self.page = .backward(before: Self.position(before))
    } else if let after = set.child("after", namespace: paging)?.text {
      self.page = .forward(after: Self.position(after))
    }
    return true
  }
}
