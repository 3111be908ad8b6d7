import MDMXMPP

/// A form that is filled in (XEP-0004).
struct DataForm {
  static let namespace = "jabber:x:data"

  struct Field {
    let name: String
    let values: [String]
  }

  let fields: [Field]

  init(_ element: Element) {
    self.fields = element.children(where: { $0.name == "field" }).compactMap { field in
      guard let name = field.attribute("var") else { return nil }
      return Field(
        name: name, values: field.children(where: { $0.name == "value" }).map { $0.text })
    }
  }

  /// What the form is about (XEP-0068).
  var type: String? { self["FORM_TYPE"] }

  /// The first value of a field.
  subscript(name: String) -> String? {
    self.fields.first { $0.name == name }?.values.first
  }

  /// All values of a field.
  func values(_ name: String) -> [String] {
    self.fields.first { $0.name == name }?.values ?? []
  }

  /// A form to be filled in or a result.
  static func element(_ kind: String, type: String, _ fields: [(String, String)]) -> Element {
    Element(
      "x", namespace: Self.namespace, ["type": kind],
      [Self.field("FORM_TYPE", type, hidden: true)]
        + fields.map { Self.field($0.0, $0.1, hidden: false) })
  }

  private static func field(_ name: String, _ value: String, hidden: Bool) -> Element {
    Element(
      "field", namespace: Self.namespace, ["var": name, "type": hidden ? "hidden" : nil],
      [Element("value", namespace: Self.namespace, text: value)])
  }
}
