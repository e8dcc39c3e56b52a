/// One window of a primary limit as the headers show it.
struct RateWindow: Sendable {
  var resource: String
  var limit: Int
  var used: Int
  /// Seconds since 1970.
  var reset: Int64
  var remaining: Int { max(0, limit - used) }

  var headers: [(name: String, value: String)] {
    [
      ("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(remaining)"),
      ("X-RateLimit-Used", "\(min(used, limit))"), ("X-RateLimit-Reset", "\(reset)"),
      ("X-RateLimit-Resource", resource),
    ]
  }

  var json: JSONNode {
    [
      "limit": .int(limit), "used": .int(min(used, limit)), "remaining": .int(remaining), "reset": .integer(reset),
      "resource": .string(resource),
    ]
  }
}

/// The primary limits of every token.
struct RateBudget {
  var restLimit: Int
  var graphQLLimit: Int
  let windowSeconds: Int64
  /// GitHub's limit without a token.
  static let anonymousLimit = 60

  private var windows: [String: RateWindow] = [:]

  init(restLimit: Int, graphQLLimit: Int, windowSeconds: Int64) {
    self.restLimit = restLimit
    self.graphQLLimit = graphQLLimit
    self.windowSeconds = windowSeconds
  }

  mutating func window(_ token: String?, _ resource: String, now: Int64) -> RateWindow {
    let key = "\(resource) \(token ?? "")"
    let limit =
      token == nil
      ? (resource == "graphql" ? 0 : Self.anonymousLimit) : resource == "graphql" ? graphQLLimit : restLimit
    if var known = windows[key], now < known.reset {
      known.limit = limit
      return known
    }
    return RateWindow(resource: resource, limit: limit, used: 0, reset: now + windowSeconds)
  }

  /// Takes the cost from the window; false where nothing is left of it.
  mutating func charge(_ token: String?, _ resource: String, _ cost: Int, now: Int64) -> (Bool, RateWindow) {
    var window = window(token, resource, now: now)
    guard window.remaining > 0 else { return (false, window) }
    window.used += cost
    windows["\(resource) \(token ?? "")"] = window
    return (true, window)
  }

  mutating func refund(_ token: String?, _ resource: String, _ cost: Int, now: Int64) -> RateWindow {
    var window = window(token, resource, now: now)
    window.used = max(0, window.used - cost)
    windows["\(resource) \(token ?? "")"] = window
    return window
  }

  mutating func reset() { windows = [:] }
}
