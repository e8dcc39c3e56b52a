import ActionsRuntime
import Domain
import GitHub
import Store

extension Session {
  /// Seconds that a request of history's is kept waiting for a limit. Longer waits hold no lease; see `SyncRun`.
  private static let historyPatience = 20.0

  /// Runs `body` with what history works with: the database, and a client that draws on the budgets that all jobs share.
  ///
  /// Both are closed afterwards, and the budgets told what the last requests cost, unless a signal came: a process that
  /// was asked to end has a second, and what is not told counts as under way for a minute.
  ///
  /// - Parameter priority: whether the reserve that is kept for events may be drawn on: by what asks for little.
  func withHistory<Value: Sendable>(
    priority: BudgetRequest.Priority = .history, _ body: (HistoryRun) async throws -> Value
  ) async throws -> Value {
    let store = try makeStore()
    let ledger = BudgetStore(databaseURL: environment.databaseURL ?? "")
    let github = makeGitHub(ledger: ledger, patience: Self.historyPatience, priority: priority)
    let result: Result<Value, any Error>
    do {
      result = .success(try await body(HistoryRun(session: self, github: github, store: store)))
    } catch {
      result = .failure(error)
    }
    if deadline.stopSignal == nil {
      await github.flush()
      await ledger.close()
    }
    await store.close()
    return try result.get()
  }
}
