// swift-tools-version: 6.2
// swift-mdm: an embeddable Multiple Device Messaging engine. No dependency outside the toolchain.

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// A library target of this package: modules only ever depend on modules listed above them.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The test target that mirrors a module.
func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies,
    resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "swift-mdm",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "MDM", targets: ["MDM"]),
    .library(name: "MDMXMPP", targets: ["MDMXMPP"]),
    .library(name: "MDMRedundancy", targets: ["MDMRedundancy"]),
    .library(name: "MDMTestKit", targets: ["MDMTestKit"]),
  ],
  targets: [
    module("MDMStorage"),
    module("MDMStanza", ["MDMStorage"]),
    module("MDMSession", ["MDMStorage", "MDMStanza"]),
    module("MDMElection", ["MDMStorage", "MDMStanza"]),
    module("MDMRouting", ["MDMStanza", "MDMSession"]),
    module("MDMReadSync", ["MDMStorage", "MDMStanza"]),
    module("MDMQuietMode", ["MDMStorage", "MDMStanza"]),
    module("MDMMonitoring", ["MDMStorage", "MDMStanza", "MDMSession"]),
    module(
      "MDMEngine",
      [
        "MDMStorage", "MDMStanza", "MDMSession", "MDMElection", "MDMRouting",
        "MDMReadSync", "MDMQuietMode", "MDMMonitoring",
      ]),
    module("MDMRedundancy", ["MDMStanza", "MDMMonitoring"]),
    module(
      "MDMService",
      ["MDMStanza", "MDMSession", "MDMElection", "MDMReadSync", "MDMMonitoring", "MDMEngine"]),
    module("MDMXMPP", ["MDMStanza", "MDMSession", "MDMReadSync", "MDMEngine"]),
    module(
      "MDM",
      [
        "MDMStanza", "MDMSession", "MDMElection", "MDMRouting", "MDMReadSync",
        "MDMQuietMode", "MDMMonitoring", "MDMEngine", "MDMService",
      ]),
    module("MDMTestKit", ["MDM", "MDMRedundancy"]),
    tests("MDMStorage", ["MDMTestKit"]),
    tests("MDMStanza", ["MDMTestKit"]),
    tests("MDMSession", ["MDMStorage", "MDMStanza"]),
    tests("MDMElection", ["MDMStanza", "MDMTestKit"]),
    tests("MDMRouting", ["MDMStorage", "MDMStanza", "MDMSession", "MDMTestKit"]),
    tests("MDMReadSync", ["MDMStanza", "MDMTestKit"]),
    tests("MDMQuietMode", ["MDMStanza", "MDMTestKit"]),
    tests("MDMMonitoring", ["MDM", "MDMStanza", "MDMSession", "MDMTestKit"]),
    tests("MDMRedundancy", ["MDMStanza", "MDMMonitoring", "MDMTestKit"]),
    tests("MDMTestKit", ["MDM", "MDMRedundancy"]),
    .testTarget(name: "RepositoryTests", dependencies: ["MDM"], swiftSettings: settings),
    tests("MDMEngine", ["MDM", "MDMTestKit"]),
    tests("MDMService", ["MDM", "MDMTestKit"]),
    tests("MDMXMPP", ["MDMEngine", "MDMStanza", "MDMSession"]),
  ],
  swiftLanguageModes: [.v6]
)
