public import Domain

/// One event, as Inngest's event API takes it.
/// Source: https://www.inngest.com/docs/events and, for the answers, `pkg/api/api.go` of github.com/inngest/inngest
public struct InngestEvent: Sendable, Hashable {
  /// Events of one id start a function once within 24 hours: a second delivery does no harm.
  public var id: String
  /// In lower case, with a prefix: `app/noun.verb`.
  public var name: String
  /// An object. It is stored and shown by Inngest: no secrets.
  public var data: [String: JSONValue]
  /// When it happened. Inngest holds an event back whose moment lies ahead.
  public var time: Timestamp

  public init(id: String, name: String, data: [String: JSONValue], time: Timestamp) {
    self.id = id
    self.name = name
    self.data = data
    self.time = time
  }

  var body: [UInt8] {
    let document: JSONValue = [
      "id": .string(id), "name": .string(name), "data": .object(data), "ts": .integer(time.microseconds / 1_000),
    ]
    return Array(document.canonicalText.utf8)
  }
}
