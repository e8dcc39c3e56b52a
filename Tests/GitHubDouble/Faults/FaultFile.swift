extension GitHubDouble.Fault {
  /// Reads `{"faults": [{"kind": "reset_mid_body", "match": {…}, "skip": 2, "times": 1, "rate": 0.1, …}]}` or the list
  /// alone; nil where a kind is unknown. `times` 0 stands for all requests.
  ///
  /// Match: `method`, `target` (or `path`), `operation`, `contains`. Parameters by kind: `fraction`, `status`,
  /// `headers`, `body`, `retry_after`, `reset_in`, `index`, `type`, `message`, `above`, `partial`,
  /// `bytes_per_second`, `seconds`.
  public static func list(_ document: JSONNode) -> [GitHubDouble.Fault]? {
    guard let entries = document["faults"]?.array ?? document["script"]?.array ?? document.array else { return nil }
    var faults: [GitHubDouble.Fault] = []
    for entry in entries {
      guard let name = entry["kind"]?.string, let kind = GitHubDouble.FaultKind(name, entry) else { return nil }
      let match = entry["match"]
      faults.append(
        GitHubDouble.Fault(
          kind,
          on: GitHubDouble.RequestMatch(
            method: match?["method"]?.string, target: match?["target"]?.string ?? match?["path"]?.string,
            operation: match?["operation"]?.string, contains: match?["contains"]?.string),
          skip: entry["skip"]?.integer ?? 0,
          times: entry["rate"] != nil || entry["times"]?.integer == 0 ? nil : entry["times"]?.integer ?? 1,
          rate: entry["rate"]?.double))
    }
    return faults
  }
}

extension GitHubDouble.FaultKind {
  init?(_ name: String, _ parameters: JSONNode) {
    let fraction = parameters["fraction"]?.double ?? 0.5
    let status = parameters["status"]?.integer
    let retryAfter = parameters["retry_after"]?.integer
    switch name {
    case "pass": self = .pass
    case "reset_before_headers": self = .resetBeforeHeaders
    case "reset_after_effect": self = .resetAfterEffect
    case "reset_mid_body": self = .resetMidBody(fraction: fraction)
    case "close_mid_body": self = .closeMidBody(fraction: fraction)
    case "truncated_json": self = .truncatedJSON(fraction: fraction)
    case "answer":
      let headers = (parameters["headers"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }
      self = .answer(
        status: status ?? 500, headers: Dictionary(headers, uniquingKeysWith: { $1 }),
        body: parameters["body"]?.string ?? "")
    case "http_500": self = .internalError
    case "http_502_html": self = .badGateway
    case "http_503": self = .unavailable(retryAfter: retryAfter)
    case "http_504": self = .gatewayTimeout
    case "bad_credentials": self = .badCredentials
    case "secondary_limit": self = .secondaryLimit(status: status ?? 403, retryAfter: retryAfter)
    case "primary_limit":
      self = .primaryLimit(
        resetIn: Int64(parameters["reset_in"]?.integer ?? 60), status: status ?? 403,
        type: parameters["type"]?.string ?? "RATE_LIMITED")
    case "graphql_partial":
      self = .graphQLPartial(
        index: parameters["index"]?.integer ?? 0, type: parameters["type"]?.string ?? "SERVICE_UNAVAILABLE")
    case "graphql_error":
      self = .graphQLError(
        type: parameters["type"]?.string ?? "INTERNAL",
        message: parameters["message"]?.string ?? "Something went wrong while executing your query.")
    case "graphql_resource_limits":
      self = .graphQLResourceLimits(
        above: parameters["above"]?.integer ?? 0, partial: parameters["partial"]?.bool ?? false)
    case "graphql_timeout": self = .graphQLTimeout(above: parameters["above"]?.integer ?? 0, status: status ?? 504)
    case "slow_body": self = .slowBody(bytesPerSecond: parameters["bytes_per_second"]?.integer ?? 1000)
    case "delay": self = .delay(seconds: parameters["seconds"]?.double ?? 1)
    case "hang": self = .hang
    case "hold": self = .hold
    case "hold_answer": self = .holdAnswer
    default: return nil
    }
  }
}
