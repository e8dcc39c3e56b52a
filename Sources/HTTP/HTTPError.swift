/// Why a request got no whole answer. A status of 400 or above is an answer, not an error.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The name of the host, or of the proxy, has no address.
    case couldNotResolve
    case couldNotConnect
    /// The handshake failed, or the server's certificate is not trusted.
    case tls
    case timedOut
    /// The task was cancelled, or the client was shut down.
    case cancelled
    /// The answer began and ended early, or could not be decompressed.
    case truncated
    /// The connection broke: before the answer, or in its middle without a length to compare with.
    case connectionReset
    /// The body is longer than the request's `maximumBodySize` bytes.
    case tooLarge(limit: Int)
    /// No `http` or `https` URL.
    case badURL
    /// A header's name or value holds a character that would end it.
    case badHeader
    /// Any other `CURLcode`, see https://curl.se/libcurl/c/libcurl-errors.html.
    case other(code: Int)
  }

  public var kind: Kind
  /// Whether the server may have received the request, and so may have acted on it.
  public var mayHaveBeenSent: Bool
  /// libcurl's words for it. They may name the host, never a path, a query, a header or a body.
  public var detail: String

  public init(_ kind: Kind, mayHaveBeenSent: Bool, detail: String) {
    self.kind = kind
    self.mayHaveBeenSent = mayHaveBeenSent
    self.detail = detail
  }

  public var description: String { detail.isEmpty ? summary : "\(summary): \(detail)" }

  private var summary: String {
    switch kind {
    case .couldNotResolve: "the host's name could not be resolved"
    case .couldNotConnect: "could not connect"
    case .tls: "no secure connection"
    case .timedOut: "timed out"
    case .cancelled: "cancelled"
    case .truncated: "the answer was cut off"
    case .connectionReset: "the connection was closed"
    case .tooLarge(let limit): "the answer is longer than \(limit) bytes"
    case .badURL: "not a valid http or https URL"
    case .badHeader: "a header holds a character that is not allowed"
    case .other(let code): "libcurl error \(code)"
    }
  }
}
