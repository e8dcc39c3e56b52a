public import Domain
import FoundationEssentials
public import HTTP

/// Inngest's event API: `POST {base}/e/{event key}`.
///
/// An event is accepted where the answer is a 2xx with the ids of what was stored. 5xx, 408, 429, broken connections and
/// time-outs are tried again, with pauses that grow and are no shorter than a `Retry-After`; any other answer is final,
/// because somebody else can do the work at once. So is a `Retry-After` that is too long to wait for.
/// Sending twice does no harm: the event's id makes the second one a duplicate.
///
/// The event key is a secret and stands in the URL, so that neither the URL nor a part of it goes into an error.
public struct InngestClient: Sendable {
  public static let defaultBaseURL = "https://inn.gs"

  /// How long to try.
  public struct Patience: Sendable {
    public var attempts: Int
    /// Seconds for one attempt.
    public var timeout: Double
    /// Seconds of the first pause; each is twice the one before, less up to half by chance.
    public var pause: Double
    /// Seconds of the longest pause that an answer may ask for.
    public var longestPause: Double
    /// The share of the run's time that may be spent; the rest is for whoever does the work instead.
    public var share: Double

    public init(
      attempts: Int = 4, timeout: Double = 10, pause: Double = 0.5, longestPause: Double = 10, share: Double = 0.5
    ) {
      self.attempts = attempts
      self.timeout = timeout
      self.pause = pause
      self.longestPause = longestPause
      self.share = share
    }
  }

  private let http: HTTPClient
  private let baseURL: String
  private let eventKey: String
  private let deadline: any Deadline
  private let clock: any WallClock
  private let userAgent: String
  private let patience: Patience

  /// - Parameters:
  ///   - baseURL: `http` or `https`, without a query; a path is kept.
  ///   - eventKey: of the environment that the event is for.
  public init(
    http: HTTPClient, baseURL: String = InngestClient.defaultBaseURL, eventKey: String, deadline: any Deadline,
    clock: any WallClock, userAgent: String, patience: Patience = Patience()
  ) {
    self.http = http
    self.baseURL = baseURL
    self.eventKey = eventKey
    self.deadline = deadline
    self.clock = clock
    self.userAgent = userAgent
    self.patience = patience
  }

  /// Sends the event till it is accepted or refused, or patience or the run's time is at its end.
  ///
  /// - Returns: Inngest's ids of the event, at least one.
  /// - Throws: `InngestError`, or `CancellationError`.
  public func send(_ event: InngestEvent) async throws -> [String] {
    let url = try url()
    let reserve = deadline.remaining.isFinite ? deadline.remaining * (1 - patience.share) : 0
    var detail = "there was no time left"
    var asked = 0.0
    var attempt = 0
    while attempt < patience.attempts {
      if attempt > 0 {
        let own = patience.pause * Double(1 << min(attempt - 1, 10)) * Double.random(in: 0.5...1)
        let pause = max(own, asked)
        guard asked <= patience.longestPause, deadline.stopSignal == nil, deadline.remaining - reserve > pause else {
          break
        }
        try await clock.sleep(seconds: pause)
      }
      let timeout = min(patience.timeout, deadline.remaining - reserve)
      guard timeout > 0 else { break }
      attempt += 1
      switch try await attemptOnce(event, url: url, timeout: timeout) {
      case .accepted(let ids): return ids
      case .mayPass(let why, let retryAfter): (detail, asked) = (why, retryAfter)
      }
    }
    throw InngestError.unreachable(attempts: attempt, detail: detail)
  }

  private enum Outcome {
    case accepted([String])
    /// - Parameter retryAfter: seconds that the answer asks to wait.
    case mayPass(String, retryAfter: Double = 0)
  }

  private func attemptOnce(_ event: InngestEvent, url: String, timeout: Double) async throws -> Outcome {
    let request = HTTPRequest(
      method: "POST", url: url,
      headers: [("Content-Type", "application/json"), ("Accept", "application/json"), ("User-Agent", userAgent)],
      body: event.body, timeout: timeout, maximumBodySize: 1 << 20, isReplayable: true)
    let response: HTTPResponse
    do {
      response = try await http.perform(request)
    } catch {
      switch error.kind {
      case .cancelled: throw CancellationError()
      case .badURL: throw InngestError.unusable("The address made of INNGEST_BASE_URL and the event key")
      default: return .mayPass(error.description)
      }
    }
    let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body))
    switch response.status {
    case 200..<300:
      let ids = (answer?.ids ?? []).filter { !$0.isEmpty }
      guard !ids.isEmpty else { throw InngestError.noReceipt(status: response.status) }
      return .accepted(ids)
    case 408, 429, 500...:
      // A date is not what the event API sends, and says nothing where the clocks differ.
      let retryAfter = response.headers["retry-after"].flatMap { Double($0) } ?? 0
      return .mayPass("HTTP \(response.status)", retryAfter: retryAfter.isFinite ? max(0, retryAfter) : 0)
    default: throw InngestError.refused(status: response.status, message: quotable(answer?.error))
    }
  }

  private struct Answer: Decodable {
    var ids: [String]?
    var error: String?
  }

  private func url() throws(InngestError) -> String {
    let base = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    let isWeb = base.hasPrefix("https://") || base.hasPrefix("http://")
    guard isWeb, !base.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace }) else {
      throw InngestError.unusable("INNGEST_BASE_URL")
    }
    guard !eventKey.isEmpty, eventKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw InngestError.unusable("INNGEST_EVENT_KEY")
    }
    return "\(base)/e/\(percentEncodedPathSegment(eventKey))"
  }

  /// One line of what the server said, without what it repeats of the key: a server may quote only a part of it.
  private func quotable(_ message: String?) -> String {
    let text = Self.masking([eventKey, percentEncodedPathSegment(eventKey)], in: String((message ?? "").prefix(1_000)))
    return String(text.prefix(200).map { $0.isNewline ? " " : $0 })
  }

  /// Characters in a row that a text may not share with a secret; fewer of them are common words' too.
  private static let sharedRun = 6

  /// Puts an ellipsis in place of each run that is a secret's, in either case. The secrets are ASCII.
  private static func masking(_ secrets: [String], in text: String) -> String {
    func lowercased(_ text: String) -> [UInt8] {
      text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
    let bytes = lowercased(text)
    var isSecret = [Bool](repeating: false, count: bytes.count)
    for secret in secrets.map(lowercased) {
      let length = min(sharedRun, secret.count)
      guard length > 0, bytes.count >= length else { continue }
      let runs = Set((0...(secret.count - length)).map { secret[$0..<($0 + length)] })
      for start in 0...(bytes.count - length) where runs.contains(bytes[start..<(start + length)]) {
        for place in start..<(start + length) { isSecret[place] = true }
      }
    }
    var shown: [UInt8] = []
    for (place, byte) in text.utf8.enumerated() {
      if !isSecret[place] {
        shown.append(byte)
      } else if place == 0 || !isSecret[place - 1] {
        shown += Array("…".utf8)
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }
}
