import MDMXMPP
import Testing

@testable import ServerCore

struct DataFormTests {
  @Test("Fields are read by name, with all of their values")
  func reading() throws {
    let form = DataForm(
      try element(
        """
        <x xmlns='jabber:x:data' type='submit'><title>t</title>\
        <field var='FORM_TYPE' type='hidden'><value>urn:example</value></field>\
        <field var='one'><value>a&amp;b</value></field>\
        <field var='many'><value>1</value><value/><value>3</value></field>\
        <field var='none'/><field><value>nameless</value></field></x>
        """))
    #expect(form.type == "urn:example")
    #expect(form["one"] == "a&b")
    #expect(form["many"] == "1")
    #expect(form.values("many") == ["1", "", "3"])
    #expect(form["none"] == nil)
    #expect(form.values("none") == [])
    #expect(form["absent"] == nil)
    #expect(form.values("absent") == [])
    #expect(form.fields.map(\.name) == ["FORM_TYPE", "one", "many", "none"])
  }

  @Test("Of a field that is there twice the first counts")
  func repeated() throws {
    let form = DataForm(
      try element(
        """
        <x xmlns='jabber:x:data'><field var='a'><value>1</value></field>\
        <field var='a'><value>2</value></field></x>
        """))
    #expect(form["a"] == "1")
    #expect(form.values("a") == ["1"])
  }

  @Test("A form that is written can be read")
  func writing() {
    let form = DataForm(
      DataForm.element("form", type: "urn:example", [("a", "1"), ("b", "<&'\">"), ("c", "")]))
    #expect(form.type == "urn:example")
    #expect(form["a"] == "1")
    #expect(form["b"] == "<&'\">")
    #expect(form["c"] == "")
  }

  @Test("An empty element is a form without fields")
  func empty() throws {
    let form = DataForm(try element("<x xmlns='jabber:x:data'/>"))
    #expect(form.fields.isEmpty)
    #expect(form.type == nil)
  }
}
