/// The tables of the store, as the migrations that lead to them.
///
/// A migration is never changed once a release has it; what is new is a new one. SQLite's
/// `user_version` counts the migrations that a file has gone through.
enum Schema {
  /// What SQLite's `application_id` is in a file of this program: "XMDM" in ASCII.
  static let applicationID: Int64 = 0x584D_444D

  /// The statements that lead from each version to the next.
  static let migrations: [String] = [
    Schema.accounts + Schema.roster + Schema.personalEventing + Schema.privateStorage
      + Schema.archive,
    Schema.senderIDs, Schema.devices,
  ]

  /// The version of a file that has gone through all of the migrations.
  static var version: Int64 { Int64(Schema.migrations.count) }

  // AUTOINCREMENT: the id of an account that is gone never names another one, so that what a
  // running server still holds of the former does not reach the latter.
  private static let accounts = """
    CREATE TABLE account (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      pruned INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE credential (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      mechanism TEXT NOT NULL,
      salt BLOB NOT NULL,
      iterations INTEGER NOT NULL,
      stored_key BLOB NOT NULL,
      server_key BLOB NOT NULL,
      PRIMARY KEY (account, mechanism)
    ) WITHOUT ROWID;

    """

  private static let roster = """
    CREATE TABLE roster_item (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      contact TEXT NOT NULL,
      name TEXT,
      subscription TEXT NOT NULL CHECK (subscription IN ('none', 'to', 'from', 'both')),
      ask INTEGER NOT NULL,
      approved INTEGER NOT NULL,
      PRIMARY KEY (account, contact)
    ) WITHOUT ROWID;
    CREATE TABLE roster_group (
      account INTEGER NOT NULL,
      contact TEXT NOT NULL,
      ordinal INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (account, contact, ordinal),
      FOREIGN KEY (account, contact) REFERENCES roster_item ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE subscription_request (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      contact TEXT NOT NULL,
      stanza BLOB NOT NULL,
      PRIMARY KEY (account, contact)
    ) WITHOUT ROWID;
    CREATE TABLE blocked (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      address TEXT NOT NULL,
      PRIMARY KEY (account, address)
    ) WITHOUT ROWID;

    """

  private static let personalEventing = """
    CREATE TABLE pep_node (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      node TEXT NOT NULL,
      access_model TEXT NOT NULL,
      max_items INTEGER NOT NULL,
      send_last_published TEXT NOT NULL,
      persist INTEGER NOT NULL,
      PRIMARY KEY (account, node)
    ) WITHOUT ROWID;
    CREATE TABLE pep_item (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      node TEXT NOT NULL,
      item TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      publisher TEXT NOT NULL,
      payload BLOB NOT NULL,
      UNIQUE (account, node, item),
      UNIQUE (account, node, sequence),
      FOREIGN KEY (account, node) REFERENCES pep_node ON DELETE CASCADE
    );

    """

  private static let privateStorage = """
    CREATE TABLE private_xml (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      element BLOB NOT NULL,
      PRIMARY KEY (account, namespace, name)
    ) WITHOUT ROWID;
    CREATE TABLE vcard (
      account INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,
      element BLOB NOT NULL
    );

    """

  // `stanza` is the last column, so that the ones before it are read without its overflow pages.
  // Rows are in the order in which they come, so that a commit writes few pages however many
  // accounts it is about; the primary key is an index of small entries.
  // There is no index on `stamp`: stamps never descend within an account, hence a bisection over
  // the primary key finds where a time begins (see `ServerStore.firstPosition(of:from:doing:)`).
  private static let archive = """
    CREATE TABLE archive (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      position INTEGER NOT NULL,
      stamp INTEGER NOT NULL,
      direction INTEGER NOT NULL,
      conversation TEXT NOT NULL,
      remote TEXT NOT NULL,
      stanza BLOB NOT NULL,
      PRIMARY KEY (account, position)
    );
    CREATE INDEX archive_conversation ON archive (account, conversation, position);
    CREATE TABLE waiting (
      account INTEGER NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (account, position),
      FOREIGN KEY (account, position) REFERENCES archive ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE offline (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      stamp INTEGER NOT NULL,
      stanza BLOB NOT NULL
    );
    CREATE INDEX offline_account ON offline (account, id);
    CREATE TABLE read_mark (
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      conversation TEXT NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (account, conversation)
    ) WITHOUT ROWID;

    """

  // What `SenderID` makes of a received message's id, so that a marker which goes by it finds the
  // message however old it is (XEP-0333); 0 stands for none. The column is the last one, because
  // only the index is ever read.
  private static let senderIDs = """
    ALTER TABLE archive ADD COLUMN sender_id INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX archive_sender_id ON archive (account, sender_id, position)
      WHERE sender_id <> 0;

    """

  // The ids ascend, so that they say what was changed last.
  private static let devices = """
    CREATE TABLE device (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
      resource TEXT NOT NULL,
      identity TEXT NOT NULL,
      software TEXT NOT NULL,
      version TEXT NOT NULL,
      system TEXT NOT NULL,
      UNIQUE (account, resource)
    );

    """
}
