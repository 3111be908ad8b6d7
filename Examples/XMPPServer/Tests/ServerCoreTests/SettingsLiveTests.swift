import Testing

@testable import ServerCore

struct SettingsLiveTests {
  @Test("each live setting is one, and can be given the value that it has")
  func names() throws {
    let settings = ServerSettings()
    for name in ServerSettings.liveNames {
      let text = try #require(settings.liveText(of: name), "\(name)")
      #expect(try settings.changed(name, to: text) == settings, "\(name)")
    }
  }

  @Test("a change is checked with all rules, and what is fixed stays")
  func changes() throws {
    let settings = try ServerSettings().changed("idleTimeout", to: "90s")
    #expect(settings.limits.idleTimeout == .seconds(90))
    #expect(throws: SettingsError.self) { try settings.changed("idleTimeout", to: "soon") }
    #expect(throws: SettingsError.self) { try settings.changed("outputBytes", to: "64KiB") }
    #expect(throws: SettingsError.self) { try settings.changed("domain", to: "example.org") }
    #expect(throws: SettingsError.self) { try settings.changed("unheardOf", to: "1") }
  }
}
