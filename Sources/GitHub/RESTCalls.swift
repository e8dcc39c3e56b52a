import Domain
import FoundationEssentials
import HTTP

extension Exchange {
  func send(_ request: RESTRequest) async throws -> RESTAnswer {
    let url = try endpoint.resolve(request.path)
    let path = Endpoint.loggablePath(url)
    var headers = [("Accept", request.accept ?? "application/vnd.github+json")]
    if let etag = request.etag { headers.append(("If-None-Match", etag)) }
    if request.body != nil { headers.append(("Content-Type", "application/json")) }
    let call = Call(
      method: request.method.rawValue, url: url, name: path, headers: headers,
      body: request.body.map { Array($0.canonicalText.utf8) }, demand: .rest(request.method, path: request.path),
      isIdempotent: request.isIdempotent, timeout: 30, isNarrowable: request.isNarrowable && request.isIdempotent,
      expires: request.expires)
    return try await perform(call) { response, _ in
      Self.judge(response, method: request.method.rawValue, path: path)
    }
  }

  /// Looks what is left of an account's budgets. It counts against none of them:
  /// https://docs.github.com/en/rest/rate-limit/rate-limit
  func look(_ account: Account) async throws {
    struct Budgets: Decodable {
      struct Budget: Decodable {
        var limit: Int?
        var remaining: Int
        var reset: Int64
      }
      var resources: [String: Budget]
    }
    let path = "/rate_limit"
    var demand = Demand.rest(.get, path: path)
    demand.isQuestion = true
    let call = Call(
      method: "GET", url: try endpoint.resolve(path), name: path, headers: [("Accept", "application/vnd.github+json")],
      body: nil, demand: demand, isIdempotent: true, timeout: 30)
    // Whether or not there is an answer, it was looked.
    defer { account.looked() }
    let answer = try await perform(call, only: account) { response, _ in
      Self.judge(response, method: "GET", path: path)
    }
    // A server without limits answers 404.
    guard answer.status == 200, let budgets = try? JSONDecoder().decode(Budgets.self, from: Data(answer.body)) else {
      return
    }
    let token = try await account.credential.token()
    for (resource, budget) in budgets.resources {
      if let limit = budget.limit { await account.saw(limit: limit, of: resource, token: token) }
      account.governor.observe(
        resource: resource, remaining: LimitHeaders.amount(budget.remaining), reset: Timestamp(seconds: budget.reset))
    }
  }

  private static func judge(_ response: HTTPResponse, method: String, path: String) -> Judgement<RESTAnswer> {
    let verdict: Verdict<RESTAnswer>
    switch response.status {
    case ..<400, 404, 410, 422:
      // A file's raw content comes as `application/vnd.github.raw+json`, whatever is in it.
      let type = response.headers["content-type"]?.lowercased() ?? ""
      let isJSON = type.contains("json") && !type.contains(".raw")
      if isJSON, response.status < 300, !response.body.isEmpty, JSONSyntax.firstFault(in: response.body) != nil {
        verdict = .fault(Fault(detail: "the answer is broken JSON"))
      } else {
        verdict = .answer(
          RESTAnswer(
            status: response.status, body: response.body, etag: response.headers["etag"],
            next: response.headers["link"].flatMap { LinkHeader($0).next }))
      }
    default: verdict = Refusal(response).verdict(method: method, path: path)
    }
    // An answer that nothing has changed costs nothing:
    // https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    var charge = Charge.exactly(response.status == 304 || response.status == 401 || Demand.isFree(path) ? 0 : 1)
    if case .limited = verdict { charge = .none }
    let doubt: Doubt =
      switch response.status {
      case 403, 404: .ofAccess
      case 410: .ofPart
      default: .none
      }
    return Judgement(verdict: verdict, charge: charge, doubt: doubt)
  }
}
