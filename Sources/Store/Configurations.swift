import Postgres

/// A configuration file as it was last read.
public struct StoredConfiguration: Hashable, Sendable {
  /// What GitHub tells it from other versions by.
  public var etag: String
  public var content: String

  public init(etag: String, content: String) {
    self.etag = etag
    self.content = content
  }
}

extension Store {
  /// - Parameter key: see ``ThreadKey/repository``.
  public func configuration(of key: String) async throws -> StoredConfiguration? {
    try await perform { session in
      try await session.query(
        "SELECT etag, content FROM yardmaster.configurations WHERE repository_key = $1", [.text(key)]
      ).first.map { StoredConfiguration(etag: try $0.decode("etag"), content: try $0.decode("content")) }
    }
  }

  public func remember(_ configuration: StoredConfiguration, of key: String) async throws {
    // U+0000, which cannot be stored, makes no valid configuration either.
    guard !configuration.content.utf8.contains(0) else { return }
    try await perform { session in
      _ = try await session.query(
        """
        INSERT INTO yardmaster.configurations (repository_key, etag, content) VALUES ($1, $2, $3)
        ON CONFLICT (repository_key) DO UPDATE SET etag = excluded.etag, content = excluded.content, read_at = now()
        """, [.text(key), .text(configuration.etag), .text(configuration.content)])
    }
  }
}
