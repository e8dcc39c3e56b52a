public import Domain

/// Why Inngest did not accept an event. Names neither the event key nor the URL, whose last part the key is.
public enum InngestError: UserFacingError, Hashable {
  /// The address or the key cannot be made into a URL.
  case unusable(String)
  /// An answer that sending again would not change.
  case refused(status: Int, message: String)
  /// A 2xx without the ids of what was accepted: whoever answered is not the event API.
  case noReceipt(status: Int)
  /// No usable answer, however often it was sent.
  case unreachable(attempts: Int, detail: String)

  public var exitStatus: ExitStatus {
    switch self {
    case .unusable, .refused(401, _), .refused(403, _), .refused(404, _), .noReceipt: .configuration
    case .refused: .failed
    case .unreachable: .unavailable
    }
  }

  public var problem: String {
    switch self {
    case .unusable(let what): "\(what) cannot be used"
    case .refused(let status, let message):
      "Inngest refused the event with status \(status)\(message.isEmpty ? "" : " (\(message))")"
    case .noReceipt(let status): "The answer to an event, status \(status), holds no ids of what was accepted"
    case .unreachable(let attempts, let detail):
      "Inngest did not accept the event in \(attempts) \(attempts == 1 ? "attempt" : "attempts") (\(detail))"
    }
  }

  public var advice: String {
    switch self {
    case .unusable, .refused(401, _), .refused(403, _): "Check INNGEST_EVENT_KEY and INNGEST_BASE_URL."
    case .refused(404, _), .noReceipt: "Check that INNGEST_BASE_URL is the address of Inngest's event API."
    case .refused: "Look for the reason in Inngest's own log of events."
    case .unreachable: "Look at Inngest's status; what it did not take is another lane's, or waits for the sweep."
    }
  }
}
