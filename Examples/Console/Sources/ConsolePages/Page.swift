/// A file that the browser gets.
public struct Page: Sendable {
  /// Its name below the root.
  public let name: String
  /// What it holds.
  public let bytes: [UInt8]

  /// What sort of file it is, for the `Content-Type` header.
  public var mediaType: String {
    switch self.name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }

  /// All there are.
  public static let all: [Page] = [
    Page(name: "index.html", bytes: PackageResources.index_html),
    Page(name: "console.css", bytes: PackageResources.console_css),
    Page(name: "main.js", bytes: PackageResources.main_js),
    Page(name: "live.js", bytes: PackageResources.live_js),
    Page(name: "dom.js", bytes: PackageResources.dom_js),
    Page(name: "chart.js", bytes: PackageResources.chart_js),
    Page(name: "format.js", bytes: PackageResources.format_js),
    Page(name: "history.js", bytes: PackageResources.history_js),
    Page(name: "timeline.js", bytes: PackageResources.timeline_js),
    Page(name: "overview.js", bytes: PackageResources.overview_js),
    Page(name: "capacity.js", bytes: PackageResources.capacity_js),
    Page(name: "report.js", bytes: PackageResources.report_js),
    Page(name: "people.js", bytes: PackageResources.people_js),
    Page(name: "person.js", bytes: PackageResources.person_js),
    Page(name: "group.js", bytes: PackageResources.group_js),
    Page(name: "admin.js", bytes: PackageResources.admin_js),
    Page(name: "icon.svg", bytes: PackageResources.icon_svg),
  ]
}
