import MDMXMPP
import ServerStorage
import Testing

@testable import ServerCore

struct ArchiveQueryElementTests {
  private static let account = AccountID(rawValue: 7)

  private func query(fields: String? = nil, set: String = "") throws -> ArchiveQuery? {
    let form = fields.map {
      """
      <x xmlns='jabber:x:data' type='submit'>\
      <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>\($0)</x>
      """
    }
    return ArchiveQuery(
      try element("<query xmlns='urn:xmpp:mam:2'>\(form ?? "")\(set)</query>"), of: Self.account)
  }

  private func field(_ name: String, _ values: String...) -> String {
    "<field var='\(name)'>\(values.map { "<value>\($0)</value>" }.joined())</field>"
  }

  private func set(_ content: String) -> String {
    "<set xmlns='http://jabber.org/protocol/rsm'>\(content)</set>"
  }

  @Test("A query without a form asks for the first page of everything")
  func plain() throws {
    let query = try #require(try self.query())
    #expect(query == ArchiveQuery(account: Self.account, maximum: 250))
    #expect(try self.query(fields: "") == query)
  }

  @Test("Every field of the form narrows the query")
  func fields() throws {
    let query = try self.query(
      fields: self.field("with", "Bob@Localhost/Phone")
        + self.field("start", "2026-11-21T15:00:00Z")
        + self.field("end", "2026-11-21T16:00:00+01:00")
        + self.field("after-id", "3") + self.field("before-id", "9")
        + self.field("ids", "4", "5", "never"))
    #expect(
      query
        == ArchiveQuery(
          account: Self.account, with: "bob@localhost/Phone", start: 1_795_273_200_000_000,
          end: 1_795_273_200_000_000, afterPosition: 3, beforePosition: 9, positions: [4, 5, 0],
          maximum: 250))
  }

  @Test("An id that was never handed out stands for no message")
  func foreignIDs() throws {
    #expect(try self.query(fields: self.field("after-id", "x-1"))?.afterPosition == 0)
    #expect(try self.query(fields: self.field("before-id", "x-1"))?.beforePosition == 0)
  }

  @Test("What is malformed or not known makes no query")
  func malformed() throws {
    let many = (0...ArchiveQuery.maximumPositions).map { "<value>\($0)</value>" }.joined()
    for fields in [
      self.field("with", ""), self.field("with", "@"), self.field("with"),
      self.field("start", "yesterday"), self.field("start"), self.field("end", "2026-11-21"),
      self.field("before-id", ""), self.field("after-id", ""), self.field("after-id"),
      self.field("conversation", "bob@localhost"), self.field("{urn:xmpp:fulltext:0}fulltext", "a"),
      "<field var='ids'>\(many)</field>",
    ] {
      #expect(try self.query(fields: fields) == nil, "\(fields)")
    }
  }

  @Test("Pages are asked for in every form of XEP-0059")
  func paging() throws {
    let forms: [(String, ArchiveQuery.Page, Int)] = [
      ("", .forward(after: nil), 250),
      ("<max>10</max>", .forward(after: nil), 10),
      ("<max>0</max>", .forward(after: nil), 0),
      ("<max>100000</max>", .forward(after: nil), 250),
      ("<after/>", .forward(after: nil), 250),
      ("<max>10</max><after>5</after>", .forward(after: 5), 10),
      ("<before/>", .backward(before: nil), 250),
      ("<max>10</max><before/>", .backward(before: nil), 10),
      ("<before>5</before><max>10</max>", .backward(before: 5), 10),
      ("<before>never</before>", .backward(before: 0), 250),
      ("<after>never</after>", .forward(after: 0), 250),
    ]
    for (content, page, maximum) in forms {
      let query = try self.query(set: self.set(content))
      #expect(
        query
          == ArchiveQuery(
            account: Self.account, page: page, maximum: maximum, wantsCount: true), "\(content)")
    }
  }

  @Test("A page of no sensible size makes no query")
  func malformedPages() throws {
    for maximum in ["-1", "", "ten", "1.5", "99999999999999999999"] {
      #expect(try self.query(set: self.set("<max>\(maximum)</max>")) == nil, "\(maximum)")
    }
  }
}
