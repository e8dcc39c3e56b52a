import Synchronization

/// Sends requests over HTTP/1.1 and HTTP/2.
///
/// Any number of tasks may use one client at once. All transfers run on one thread of the client's own, which starts
/// with the first request and ends with `shutdown` or with the client. Redirects are answers: nothing is followed.
/// Proxies come from the environment as libcurl reads them (`https_proxy`, `no_proxy`, …).
public final class HTTPClient: Sendable {
  public struct Configuration: Sendable {
    /// Seconds for name resolution, connecting and the TLS handshake together.
    public var connectTimeout: Double
    /// A PEM file with the certificates to trust. nil: the file that `CURL_CA_BUNDLE` or `SSL_CERT_FILE` names, as the
    /// curl tool does, otherwise the system's.
    public var certificateFile: String?
    /// Whether proxies named in the environment are used.
    public var usesProxies: Bool

    public init(connectTimeout: Double = 10, certificateFile: String? = nil, usesProxies: Bool = true) {
      self.connectTimeout = connectTimeout
      self.certificateFile = certificateFile
      self.usesProxies = usesProxies
    }
  }

  private enum State {
    case idle
    case running(TransferLoop)
    case stopped
  }

  private let configuration: Configuration
  private let state = Mutex(State.idle)

  public init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  deinit { shutdown() }

  /// Starts what the first request would start: libcurl, and the thread. For while something else is waited for.
  public func warmUp() { _ = try? runningLoop() }

  /// Sends the request and returns the answer, whatever its status.
  ///
  /// A cancelled task gets `cancelled` at once; the transfer is taken down behind it.
  public func perform(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    guard !Task.isCancelled else { throw Self.notSent }
    let loop = try runningLoop()
    let ticket = TransferLoop.Ticket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if !loop.post(.start(request, ticket, continuation)) { continuation.resume(returning: .failure(Self.notSent)) }
      }
    } onCancel: {
      // It may come before the start is posted: the flag is what the start then finds.
      ticket.isCancelled.store(true, ordering: .releasing)
      _ = loop.post(.cancel(ticket))
    }
    return try result.get()
  }

  /// Ends every transfer with `cancelled`, and the thread; later requests fail with `cancelled`.
  public func shutdown() {
    let loop: TransferLoop? = state.withLock { state in
      defer { state = .stopped }
      return if case .running(let loop) = state { loop } else { nil }
    }
    loop?.stop()
  }

  private func runningLoop() throws(HTTPError) -> TransferLoop {
    let outcome: Result<TransferLoop, HTTPError> = state.withLock { state in
      switch state {
      case .running(let loop): return .success(loop)
      case .stopped: return .failure(Self.notSent)
      case .idle:
        do throws(HTTPError) {
          let loop = try TransferLoop.start(configuration)
          state = .running(loop)
          return .success(loop)
        } catch {
          return .failure(error)
        }
      }
    }
    return try outcome.get()
  }

  private static let notSent = HTTPError(.cancelled, mayHaveBeenSent: false, detail: "")
}
