import ActionsRuntime
import Configuration
import Domain
import Glibc
import Store

/// Where the configuration comes from: an explicit file, else the repository's default branch through the API. Never
/// the workspace, which may be a stranger's pull request.
struct ConfigurationSource {
  static let path = ".github/yardmaster.yml"
  /// Larger than any sane configuration, small enough to parse at once.
  static let sizeLimit = 1 << 20

  let explicitFile: String?
  let github: any GitHubAPI
  /// Where what was read last is kept, and the repository's key there.
  var cache: (store: Store, key: String)?

  /// The settings, or nil where the repository has no configuration.
  func load(for repository: RepositoryName) async throws -> Settings? {
    if let explicitFile { return try Self.parse(Self.read(explicitFile), file: explicitFile) }
    let known = try await remembered()
    // Mostly it is what it was, so it is read while GitHub is asked whether it is.
    async let unchanged = Self.parse(Array((known?.content ?? "").utf8), file: Self.path)
    let answer = try await github.send(
      RESTRequest(
        .get, "/repos/\(repository)/contents/\(Self.path)", accept: "application/vnd.github.raw+json",
        etag: known?.etag))
    switch answer.status {
    case 304: return try await unchanged
    case 200:
      if let cache, let etag = answer.etag, let content = String(validating: answer.body, as: UTF8.self) {
        try await save(StoredConfiguration(etag: etag, content: content), in: cache)
      }
      return try Self.parse(answer.body, file: Self.path)
    case 404:
      // The same answer for a repository without the file and for one that the token does not see.
      let answer = try await github.send(RESTRequest(.get, "/repos/\(repository)"))
      guard answer.status == 200 else {
        throw Failure(
          .configuration, "The repository \(repository) is not there for this token",
          advice: "Check its name, and that the token may read its contents.")
      }
      return nil
    default:
      throw Failure(
        .unavailable, "GitHub answered \(answer.status) when asked for \(Self.path)", advice: "Run the job again.")
    }
  }

  /// What was read last. A saving and no more: without the database the file is read all the same, so that a run that
  /// fails for want of it knows whether to raise an alert.
  private func remembered() async throws -> StoredConfiguration? {
    guard let cache else { return nil }
    do {
      return try await cache.store.configuration(of: cache.key)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return nil
    }
  }

  private func save(_ configuration: StoredConfiguration, in cache: (store: Store, key: String)) async throws {
    do {
      try await cache.store.remember(configuration, of: cache.key)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // The next run asks for the whole file.
    }
  }

  static func parse(_ bytes: [UInt8], file: String) throws -> Settings {
    switch ConfigurationFile.parse(bytes, file: file) {
    case .valid(let settings): return settings
    case .invalid(let errors): throw InvalidConfiguration(file: file, errors: errors)
    }
  }

  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw Failure(
        .configuration, "The configuration file \(path) cannot be read: \(String(cString: strerror(errno)))",
        advice: path == Self.path
          ? "Name the file, or make this one; an example comes with the action: .github/yardmaster.example.yml."
          : "Check the path in YARDMASTER_CONFIG or on the command line.")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= sizeLimit {
      let count = fread(&buffer, 1, buffer.count, file)
      bytes.append(contentsOf: buffer[..<count])
      if count < buffer.count { break }
    }
    guard ferror(file) == 0 else {
      throw Failure(
        .configuration, "The configuration file \(path) cannot be read: \(String(cString: strerror(errno)))",
        advice: "Name a file, in YARDMASTER_CONFIG or on the command line.")
    }
    return bytes
  }
}

/// All errors of a configuration at once.
struct InvalidConfiguration: UserFacingError {
  var file: String
  var errors: [ConfigurationError]

  var exitStatus: ExitStatus { .configuration }
  var problem: String { "\(file) has \(errors.count) \(errors.count == 1 ? "error" : "errors")" }
  var advice: String {
    "Correct each; before a change is merged, a step with 'command: config-check' shows them on the lines of its file."
  }
  var parts: [any UserFacingError] { errors }
}
