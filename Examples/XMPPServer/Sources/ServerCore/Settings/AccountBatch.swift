import MDMXMPP

/// Why a text is not the name of an account.
public struct AccountNameError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The name and what is wrong with it.
  public let description: String

  init(_ name: String, _ problem: String) {
    self.description = "\(LogText.quoted(name)) is no name of an account: \(problem)"
  }
}

/// Names of accounts.
public enum AccountLocalpart {
  /// Prepares the part of an address before the `@` (RFC 7622 §3.3), so that it can be compared.
  ///
  /// - Throws: ``AccountNameError`` when the text is no such part.
  public static func prepare(_ name: String) throws(AccountNameError) -> String {
    // The first of them would begin another part of the address.
    guard !name.unicodeScalars.contains(where: { $0 == "@" || $0 == "/" }) else {
      throw AccountNameError(name, "it is the part of the address before the @ only")
    }
    let address: JID
    do {
      address = try JID("\(name)@localhost")
    } catch {
      throw AccountNameError(name, error.description)
    }
    guard let local = address.local else { throw AccountNameError(name, "it is empty") }
    return local
  }
}

/// Accounts to be made, from lines of `NAME PASSWORD`.
public struct AccountBatch: Equatable, Sendable {
  /// Bytes that such a file may have.
  public static let sizeLimit = 64 << 20

  /// An account to be made.
  public struct Entry: Equatable, Sendable {
    /// The line of the file, from 1.
    public let line: Int
    /// The prepared name.
    public let name: String
    /// The password as it stands there: all after the first space or tab.
    public let password: String
  }

  /// The accounts in the order of their lines.
  public let entries: [Entry]

  /// Why a text is no batch: everything that is wrong, line by line.
  public struct BatchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence for each line that is wrong.
    public let problems: [String]

    /// The sentences, each on a line of its own.
    public var description: String { self.problems.joined(separator: "\n") }
  }

  /// Reads lines of `NAME PASSWORD`; blank lines are passed over.
  ///
  /// - Throws: ``BatchError`` with every line that has no password, whose name is none, or whose
  ///   name another line has.
  public init(_ text: String) throws(BatchError) {
    var (entries, problems) = ([Entry](), [String]())
    var lineOfName: [String: Int] = [:]
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let content = line.last == 0x0D ? line.dropLast() : line
      if content.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      guard let gap = content.firstIndex(where: { $0 == 0x20 || $0 == 0x09 }),
        content.index(after: gap) < content.endIndex
      else {
        problems.append("line \(number): there is no password after the name")
        continue
      }
      let password = String(Substring(content[content.index(after: gap)...]))
      do {
        let name = try AccountLocalpart.prepare(String(Substring(content[..<gap])))
        if let earlier = lineOfName.updateValue(number, forKey: name) {
          problems.append("line \(number): \(name) stands on line \(earlier) already")
        }
        entries.append(Entry(line: number, name: name, password: password))
      } catch {
        problems.append("line \(number): \(error)")
      }
    }
    guard problems.isEmpty else { throw BatchError(problems: problems) }
    self.entries = entries
  }
}
