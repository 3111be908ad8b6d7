import MDMXMPP
import ServerStorage
import Testing

@testable import ServerCore

struct PEPNodeConfigurationTests {
  private func edited(
    _ fields: (String, String)..., from base: PEPNodeConfiguration = .standard
  ) -> PEPNodeConfiguration? {
    base.edited(
      by: DataForm(DataForm.element("submit", type: PubSubElements.configuration, fields)))
  }

  @Test("A form without fields changes nothing")
  func unchanged() {
    #expect(self.edited() == .standard)
  }

  @Test("Each field changes its own part")
  func fields() {
    #expect(self.edited(("pubsub#access_model", "open"))?.accessModel == "open")
    #expect(self.edited(("pubsub#max_items", "12"))?.maxItems == 12)
    #expect(
      self.edited(("pubsub#send_last_published_item", "never"))?.sendLastPublished == "never")
    #expect(self.edited(("pubsub#persist_items", "0"))?.persist == false)
    #expect(self.edited(("pubsub#persist_items", "false"))?.persist == false)
    #expect(self.edited(("pubsub#persist_items", "true"))?.persist == true)
    #expect(self.edited(("pubsub#persist_items", "1"))?.persist == true)
    #expect(
      self.edited(
        ("pubsub#access_model", "whitelist"), ("pubsub#max_items", "3"),
        ("pubsub#send_last_published_item", "on_sub"), ("pubsub#persist_items", "0"))
        == PEPNodeConfiguration(
          accessModel: "whitelist", maxItems: 3, sendLastPublished: "on_sub", persist: false))
  }

  @Test("A node keeps at most so many items, whatever is asked for")
  func maximum() {
    #expect(self.edited(("pubsub#max_items", "max"))?.maxItems == PubSubElements.itemLimit)
    #expect(self.edited(("pubsub#max_items", "1000000"))?.maxItems == PubSubElements.itemLimit)
  }

  @Test("What is not offered is refused")
  func refused() {
    for (name, value) in [
      ("pubsub#access_model", "roster"), ("pubsub#access_model", "authorize"),
      ("pubsub#access_model", ""), ("pubsub#max_items", "0"), ("pubsub#max_items", "-1"),
      ("pubsub#max_items", "many"), ("pubsub#max_items", ""),
      ("pubsub#max_items", "99999999999999999999"), ("pubsub#send_last_published_item", "always"),
    ] {
      #expect(self.edited((name, value)) == nil, "\(name) \(value)")
    }
  }

  @Test("What does not bear on anything here is passed over")
  func passedOver() {
    #expect(self.edited(("pubsub#title", "Moods"), ("pubsub#deliver_payloads", "1")) == .standard)
  }

  @Test("A configuration's form gives the configuration back")
  func form() {
    let configuration = PEPNodeConfiguration(
      accessModel: "open", maxItems: 17, sendLastPublished: "never", persist: false)
    let form = DataForm(configuration.form)
    #expect(form.type == PubSubElements.configuration)
    #expect(PEPNodeConfiguration.standard.edited(by: form) == configuration)
  }
}
