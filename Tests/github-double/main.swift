import Foundation
import GitHubDouble

/// Runs the double by itself, for scripts; everything is told on the command line or under `/_double/`.
let usage = """
  github-double --port-file FILE [--port N] [--pull-requests N] [--issues N] [--seed S] [--owner O] [--name N]
                [--config FILE] [--latency-ms N] [--faults FILE] [--rest-limit N] [--graphql-limit N]
                [--token TOKEN]...

  Serves a generated repository as GitHub's REST and GraphQL API on 127.0.0.1 until it is terminated. The port is
  written to the port file once the double listens. --config becomes .github/yardmaster.yml of the repository.

  """

func refuse(_ message: String) -> Never {
  FileHandle.standardError.write(Data("github-double: \(message)\n\(usage)".utf8))
  exit(64)
}

func contents(_ path: String) -> [UInt8] {
  guard let data = FileManager.default.contents(atPath: path) else { refuse("cannot read \(path)") }
  return Array(data)
}

var options: [String: String] = [:]
var tokens: [String: GitHubDouble.Identity] = [:]
let known: Set<String> = [
  "--port-file", "--port", "--pull-requests", "--issues", "--seed", "--owner", "--name", "--config", "--latency-ms",
  "--faults", "--rest-limit", "--graphql-limit",
]
var arguments = CommandLine.arguments.dropFirst()
while let name = arguments.popFirst() {
  if name == "--help" {
    print(usage, terminator: "")
    exit(0)
  }
  guard let value = arguments.popFirst() else { refuse("\(name) needs a value") }
  if name == "--token" {
    tokens[value] = .actions
  } else {
    guard known.contains(name) else { refuse("unknown option \(name)") }
    options[name] = value
  }
}

@MainActor func number(_ name: String, or standard: Int) -> Int {
  guard let text = options[name] else { return standard }
  guard let value = Int(text), value >= 0 else { refuse("\(name) needs a number") }
  return value
}

guard let portFile = options["--port-file"] else { refuse("--port-file is missing") }
var model = RepositoryModel.generated(
  owner: options["--owner"] ?? "acme", name: options["--name"] ?? "widget",
  pullRequests: number("--pull-requests", or: 200), issues: number("--issues", or: 50),
  seed: UInt64(number("--seed", or: 1)))
if let path = options["--config"] { model.contents[".github/yardmaster.yml"] = contents(path) }
var configuration = GitHubDouble.Configuration()
configuration.port = UInt16(clamping: number("--port", or: 0))
configuration.latency = Double(number("--latency-ms", or: 0)) / 1000
configuration.restLimit = number("--rest-limit", or: configuration.restLimit)
configuration.graphQLLimit = number("--graphql-limit", or: configuration.graphQLLimit)
if !tokens.isEmpty { configuration.tokens = tokens }

do {
  let double = try GitHubDouble.start(model, configuration: configuration)
  if let path = options["--faults"] {
    guard let document = JSONNode(bytes: contents(path)), let faults = GitHubDouble.Fault.list(document) else {
      refuse("\(path) holds no faults")
    }
    for fault in faults { double.add(fault) }
  }
  // Whoever waits for the file must find it whole.
  try Data("\(double.port)\n".utf8).write(to: URL(fileURLWithPath: portFile), options: .atomic)
  print("listening on \(double.url)")
  fflush(nil)
  while true { pause() }
} catch {
  FileHandle.standardError.write(Data("github-double: \(error)\n".utf8))
  exit(1)
}
