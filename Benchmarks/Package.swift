// swift-tools-version: 6.2
// Benchmarks of the engine with their own harness. Needs nothing beyond the toolchain.

import PackageDescription

/// The name by which the engine's package tells its own targets from others: SwiftPM makes it of
/// the folder that the package lies in. Two benchmarks measure parts that only the engine's own
/// targets see; a flag that pretends to be one of them is unsafe, which is no matter here, since
/// nobody depends on this package.
let enginePackageName: String = {
  let folders = Context.packageDirectory.split(separator: "/")
  let folder = folders.dropLast().last.map { String($0) } ?? "swift-mdm"
  return String(folder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
}()

let engine: [Target.Dependency] = [
  .product(name: "MDM", package: "swift-mdm"),
  .product(name: "MDMXMPP", package: "swift-mdm"),
  .product(name: "MDMRedundancy", package: "swift-mdm"),
  .product(name: "MDMTestKit", package: "swift-mdm"),
]

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mdm-bench", targets: ["mdm-bench"])
  ],
  dependencies: [
    .package(name: "swift-mdm", path: "..")
  ],
  targets: [
    .target(name: "CBenchmark"),
    .target(name: "BenchmarkKit", dependencies: ["CBenchmark"]),
    .target(
      name: "EngineParts", dependencies: ["BenchmarkKit"] + engine, packageAccess: false,
      swiftSettings: [
        .unsafeFlags(["-package-name", enginePackageName]),
        // As the service, of which it compiles a file.
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      ]),
    .executableTarget(
      name: "mdm-bench", dependencies: ["BenchmarkKit", "EngineParts"] + engine),
    .testTarget(name: "BenchmarkKitTests", dependencies: ["BenchmarkKit", "CBenchmark"]),
  ],
  swiftLanguageModes: [.v6]
)
