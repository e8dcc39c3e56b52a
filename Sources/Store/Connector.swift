import Postgres

/// Keeps the one connection of a store: made on first use, made anew after a loss.
actor Connector {
  private let url: String
  private let limits: PostgresConnection.Limits
  private var connection: PostgresConnection?
  private var connecting: Task<PostgresConnection, any Error>?
  private var replacedBefore = 0

  init(url: String, limits: PostgresConnection.Limits) {
    self.url = url
    self.limits = limits
  }

  /// The open connection. Callers that come while it is being made wait for the same one; where one of them is cancelled
  /// meanwhile, all find it cancelled.
  func open() async throws -> PostgresConnection {
    if let connection, await connection.isUsable { return connection }
    let task =
      connecting
      ?? Task { [url, limits] in
        try await PostgresConnection.connect(url, applicationName: "yardmaster", limits: limits)
      }
    connecting = task
    do {
      let made = try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
      if connecting == task {
        replacedBefore += await connection?.replacedNULs ?? 0
        connecting = nil
        connection = made
      }
      return made
    } catch {
      if connecting == task { connecting = nil }
      throw error
    }
  }

  /// How many U+0000 were replaced by U+FFFD on their way into the database.
  func replacedNULs() async -> Int {
    replacedBefore + (await connection?.replacedNULs ?? 0)
  }

  func close() async {
    connecting?.cancel()
    connecting = nil
    await connection?.close()
  }
}
