import ActionsRuntime
import Capture
import Domain
import Markup

/// Tells a person how capture goes.
struct SyncProgress: SyncObserver {
  let log: RunLog
}
