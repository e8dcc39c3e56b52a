public import Logging
import Markup

extension RunLog {
  /// A logger that writes to this log. Messages and metadata are data; nothing is registered globally.
  public func logger(label: String, level: Logger.Level) -> Logger {
    var logger = Logger(label: label) { RunLogger(log: self, label: $0) }
    logger.logLevel = level
    return logger
  }
}

/// `warning [GitHub] waiting for the limit seconds=12`
private struct RunLogger: LogHandler {
  let log: RunLog
  let label: String
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let given = event.metadata { all.merge(given) { _, new in new } }
    var text: LogText = "\(event.level.rawValue) [\(label)] \(event.message.description)"
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value.description)" }
    if let error = event.error { text += " error=\(String(describing: error))" }
    log.diagnostic(text)
  }
}
