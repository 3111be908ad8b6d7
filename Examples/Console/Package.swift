// swift-tools-version: 6.2
// The operations page of an embedded engine, over HTTP. `setup.sh` installs the C library that it
// takes from the distribution.

import PackageDescription

/// The files of the page, which become part of the program.
let pages = [
  "index.html", "console.css", "icon.svg", "main.js", "live.js", "dom.js", "chart.js", "format.js",
  "history.js", "timeline.js", "admin.js", "overview.js", "capacity.js", "report.js", "people.js",
  "person.js", "group.js",
]

let package = Package(
  name: "Console",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-mdm", path: "../..")
  ],
  targets: [
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),
    // What the C library's own module leaves out.
    .systemLibrary(name: "CLinux"),
    // Requests in, responses and event streams out.
    .target(name: "HTTPServing", dependencies: ["CMicroHTTPD"]),
    // What the browser gets.
    .target(name: "ConsolePages", resources: pages.map { .embedInCode("Files/\($0)") }),
    // The office, the group, and what is told of them.
    .target(
      name: "ConsoleCore",
      dependencies: [
        "HTTPServing", "ConsolePages",
        .product(name: "MDM", package: "swift-mdm"),
        .product(name: "MDMRedundancy", package: "swift-mdm"),
        .product(name: "MDMTestKit", package: "swift-mdm"),
      ]),
    .executableTarget(
      name: "mdm-console", dependencies: ["CLinux", "ConsoleCore", "HTTPServing"]),
    .testTarget(name: "HTTPServingTests", dependencies: ["HTTPServing"]),
    .testTarget(name: "ConsoleCoreTests", dependencies: ["ConsoleCore"]),
  ],
  swiftLanguageModes: [.v6]
)
