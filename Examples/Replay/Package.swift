// swift-tools-version: 6.2
// Replays recorded XMPP traffic through the engine. Needs nothing beyond the toolchain.

import PackageDescription

let package = Package(
  name: "Replay",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-mdm", path: "../..")
  ],
  targets: [
    .target(
      name: "ReplayCore",
      dependencies: [
        .product(name: "MDM", package: "swift-mdm"),
        .product(name: "MDMXMPP", package: "swift-mdm"),
        .product(name: "MDMTestKit", package: "swift-mdm"),
      ],
      resources: [.copy("Captures")]),
    .executableTarget(name: "replay", dependencies: ["ReplayCore"]),
    .testTarget(name: "ReplayCoreTests", dependencies: ["ReplayCore"]),
  ],
  swiftLanguageModes: [.v6]
)
