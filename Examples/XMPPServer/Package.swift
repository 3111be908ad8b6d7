// swift-tools-version: 6.2
// An XMPP server to log in to, built on MDMService and MDMXMPP. `setup.sh` installs the C libraries
// that it takes from the distribution.

import PackageDescription

let package = Package(
  name: "XMPPServer",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-mdm", path: "../..")
  ],
  targets: [
    .systemLibrary(
      name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"]), .brew(["expat"])]),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .systemLibrary(
      name: "CStringPrep", pkgConfig: "libidn",
      providers: [.apt(["libidn-dev"]), .brew(["libidn"])]),
    // What the C library's own module leaves out.
    .systemLibrary(name: "CLinux"),
    // Bytes to elements, within limits.
    .target(
      name: "XMLStream",
      dependencies: ["CExpat", .product(name: "MDMXMPP", package: "swift-mdm")]),
    // TLS and SASL.
    .target(name: "StreamSecurity", dependencies: ["COpenSSL", "CStringPrep"]),
    // What outlives the process.
    .target(name: "ServerStorage", dependencies: ["CSQLite"]),
    // The server itself.
    .target(
      name: "ServerCore",
      dependencies: [
        "CLinux", "XMLStream", "StreamSecurity", "ServerStorage",
        .product(name: "MDM", package: "swift-mdm"),
        .product(name: "MDMXMPP", package: "swift-mdm"),
      ]),
    .executableTarget(
      name: "xmpp-server", dependencies: ["ServerCore", "ServerStorage", "StreamSecurity"]),
    .testTarget(name: "XMLStreamTests", dependencies: ["XMLStream"]),
    .testTarget(name: "StreamSecurityTests", dependencies: ["StreamSecurity"]),
    .testTarget(name: "ServerStorageTests", dependencies: ["ServerStorage"]),
    .testTarget(name: "ServerCoreTests", dependencies: ["ServerCore"]),
  ],
  swiftLanguageModes: [.v6]
)
