/// What the server does with one request.
public enum Reply: Sendable {
  /// A whole answer with its length.
  case answer(status: Int, headers: [String: String] = [:], body: [UInt8] = [])
  /// An answer whose `Content-Length` names more bytes than follow before the connection is closed.
  case truncated(body: [UInt8], length: Int)
  /// The same, ended by RST instead of FIN.
  case resetInBody(body: [UInt8], length: Int)
  /// RST in place of an answer.
  case reset
  /// FIN in place of an answer.
  case close
  /// Nothing, until the other side closes.
  case silence
  /// A head, then one byte of the body a while after the other, until the other side closes.
  case trickle
  /// These bytes as they are; then the connection is closed.
  case raw(String)

  public static func json(_ text: String, status: Int = 200, headers: [String: String] = [:]) -> Reply {
    var headers = headers
    headers["Content-Type"] = "application/json; charset=utf-8"
    return .answer(status: status, headers: headers, body: Array(text.utf8))
  }
}

/// A request as it arrived.
public struct ReceivedRequest: Sendable {
  public var method: String
  /// The path and the query, as sent.
  public var target: String
  /// Names in lower case.
  public var headers: [String: String]
  public var body: [UInt8]
  /// Which connection it came on, counted from 0.
  public var connection: Int
}

/// One line of the script.
public struct Step: Sendable {
  public var method: String
  public var target: String
  public var reply: Reply
  /// How many requests it answers.
  public var times: Int

  public init(_ method: String, _ target: String, times: Int = 1, _ reply: Reply) {
    self.method = method
    self.target = target
    self.times = times
    self.reply = reply
  }
}
