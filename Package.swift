// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
/// Modules that own C handles also have to mark every unsafe expression.
let strictMemory: [SwiftSetting] = strict + [.strictMemorySafety()]

func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil,
  exclude: [String] = [], settings: [SwiftSetting] = strict
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, resources: resources,
    swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "yardmaster",
  products: [.executable(name: "yardmaster", targets: ["yardmaster"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    // System libraries: a module map and a header each, nothing else.
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CMarkGFM", pkgConfig: "libcmark-gfm", providers: [.apt(["libcmark-gfm-dev"])]),

    // Each line may import what stands above it, and no more (Scripts/lint checks).
    module("Domain"),
    module("Markup"),
    module("HTTP", ["CCurl"], settings: strictMemory),
    module("Postgres", ["CPostgres"], settings: strictMemory),
    module("Cryptography", ["CCrypto"], settings: strictMemory),
    module("GitHub", ["HTTP", "Cryptography", "Domain", logging]),
    module("Inngest", ["HTTP", "Domain"]),
    module(
      "Store", ["Postgres", "Cryptography", "Domain"],
      resources: [.embedInCode("Migrations")]),
    module("ActionsRuntime", ["Domain", "Markup", logging]),
    module("Patterns", ["CPCRE2"], settings: strictMemory),
    module("Configuration", ["CYAML", "Domain", "Patterns"]),
    module("Automation", ["CMarkGFM", "Domain", "Markup", "Patterns"]),
    module("Execution", ["Domain"]),
    module("Capture", ["Domain", logging]),
    module("Reporting", ["Domain", "Markup"]),
    module(
      "App",
      [
        "Domain", "Markup", "HTTP", "Postgres", "Cryptography", "GitHub", "Inngest", "Store", "ActionsRuntime",
        "Configuration", "Automation", "Execution", "Capture", "Reporting", logging,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "yardmaster", dependencies: ["App"], swiftSettings: strict),

    // What the tests and Scripts/run stand on; none of it ships.
    .target(name: "ScriptedServer", path: "Tests/ScriptedServer", swiftSettings: strict),
    .target(name: "GitHubDouble", path: "Tests/GitHubDouble", swiftSettings: strict),
    .executableTarget(
      name: "github-double", dependencies: ["GitHubDouble"], path: "Tests/github-double", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["GitHubDouble", "Postgres"], path: "Tests/TestSupport", swiftSettings: strict),
    tests("GitHubDoubleTests", ["GitHubDouble"]),
    tests("DomainTests", ["Domain"]),
    // Renders what Markup wrote with GitHub's own dialect: tables and autolinks.
    .systemLibrary(
      name: "CMarkGFMExtensions", path: "Tests/CMarkGFMExtensions", pkgConfig: "libcmark-gfm",
      providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    tests("MarkupTests", ["Markup", "CMarkGFMExtensions"]),
    tests("HTTPTests", ["HTTP", "ScriptedServer"]),
    tests("PostgresTests", ["Postgres"]),
    tests("GitHubTests", ["GitHub", "HTTP", "Cryptography", "Domain", "ScriptedServer", logging]),
    tests("InngestTests", ["Inngest", "HTTP", "Domain", "ScriptedServer"]),
    tests("StoreTests", ["Store", "Postgres", "Cryptography", "Domain"]),
    tests("ActionsRuntimeTests", ["ActionsRuntime", "Markup", "Domain", logging]),
    tests("PatternsTests", ["Patterns"]),
    tests("ConfigurationTests", ["Configuration"], exclude: ["Snippets"]),
    tests("AutomationTests", ["Automation"]),
    tests("ExecutionTests", ["Execution"]),
    tests("CaptureTests", ["Capture"]),
    tests("ReportingTests", ["Reporting", "Markup", "Domain"], exclude: ["Goldens"]),
    // The executable itself, started as the runner starts it.
    tests(
      "EndToEndTests",
      ["yardmaster", "Domain", "HTTP", "GitHub", "Store", "GitHubDouble", "ScriptedServer", "Postgres", logging]),
    // The same, killed at each of its side effects.
    tests("CrashTests", ["yardmaster", "Domain", "Store", "GitHubDouble", "Postgres"]),
  ],
  swiftLanguageModes: [.v6]
)
