/// Which program this is.
public enum ServerVersion {
  /// The program's name, as it says it to people and to clients (XEP-0092).
  public static let name = "xmpp-server"
  /// The version (Semantic Versioning).
  public static let number = "0.1.0"
}
