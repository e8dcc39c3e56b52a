import Domain
import HTTP

extension Exchange {
  /// - Parameter only: the account to ask with; nil for any.
  func query<Answer: Decodable & Sendable>(
    _ query: GraphQLQuery, only: Account? = nil, as type: Answer.Type
  ) async throws -> GraphQLAnswer<Answer> {
    try await perform(Self.call(query, endpoint, .query(query)), only: only) { entry in
      Self.body(query, asks: entry.asks)
    } judge: { response, entry in
      await Self.judge(response, operation: query.operation, entry: entry)
    }
  }

  /// Asks whose token it is, in a query of its own.
  func identify(_ account: Account) async throws {
    guard let share = account.share else { return }
    struct Nothing: Decodable, Sendable {}
    let query = GraphQLQuery(operation: "Whose", document: TokenOwner.query, variables: [:])
    var demand = Demand.query(query)
    demand.isQuestion = true
    do {
      let _: GraphQLAnswer<Nothing> = try await perform(Self.call(query, endpoint, demand), only: account) { _ in
        Self.body(query, asks: true)
      } judge: { response, entry in
        await Self.judge(response, operation: query.operation, entry: entry)
      }
      await account.owner.asked(.refused, in: share)
    } catch {
      await account.owner.asked(.nothing, in: share)
      throw error
    }
  }

  private static func call(_ query: GraphQLQuery, _ endpoint: Endpoint, _ demand: Demand) -> Call {
    // GitHub cuts a query at 10 s; the rest is for queueing and for the way.
    Call(
      method: "POST", url: endpoint.graphQL, name: query.operation,
      headers: [("Accept", "application/json"), ("Content-Type", "application/json")], body: nil, demand: demand,
      isIdempotent: true, timeout: 30, isNarrowable: query.isNarrowable && !query.isMutation, expires: query.expires)
  }

  private static func body(_ query: GraphQLQuery, asks: Bool) -> [UInt8] {
    let document = (asks ? TokenOwner.asking(in: query.document) : nil) ?? query.document
    let body: JSONValue = [
      "operationName": .string(query.operation), "query": .string(document), "variables": .object(query.variables),
    ]
    return Array(body.canonicalText.utf8)
  }

  private static func judge<Answer: Decodable & Sendable>(
    _ response: HTTPResponse, operation: String, entry: Account.Entry
  ) async -> Judgement<GraphQLAnswer<Answer>> {
    let refusal = Refusal(response)
    guard response.status == 200 else {
      let verdict: Verdict<GraphQLAnswer<Answer>> = refusal.verdict(method: "GraphQL", path: operation)
      guard case .fault(var fault) = verdict else {
        return Judgement(verdict: verdict, doubt: response.status == 403 ? .ofAccess : .none)
      }
      // GitHub answers 502 or 504 where it cut the query at 10 s, and takes points for what it gave up on.
      fault.isTooHeavy =
        response.status == 502 || response.status == 504 || (refusal.message.map(isGitHubTimeout) ?? false)
      return Judgement(verdict: .fault(fault), charge: response.status >= 500 ? .unknown : .none)
    }
    let envelope: GraphQLEnvelope<Answer>
    do {
      envelope = try await .decode(response.body)
    } catch {
      if let limit = refusal.limitBehindSuccess { return Judgement(verdict: .limited(limit)) }
      return Judgement(verdict: .fault(Fault(detail: "the answer is no GraphQL answer")))
    }
    if envelope.isLimited { return Judgement(verdict: .limited(.primary(reset: refusal.reset))) }
    if envelope.isSecondaryLimited { return Judgement(verdict: .limited(.secondary(retryAfter: refusal.retryAfter))) }
    var judgement = Judgement<GraphQLAnswer<Answer>>(
      verdict: .fault(Fault(detail: "")), charge: envelope.cost.map { .exactly($0) } ?? .unknown,
      remaining: envelope.remaining, doubt: envelope.doubt)
    if entry.asks, let share = entry.account.share {
      if envelope.errors.contains(where: { $0.path.first == TokenOwner.field }) {
        await entry.account.owner.asked(.refused, in: share)
        // It was not the caller's question, and is not asked again.
        judgement.verdict =
          entry.demand.isQuestion
          ? .answer(GraphQLAnswer(data: nil, errors: [])) : .fault(Fault(detail: "the token may not ask whose it is"))
        return judgement
      }
      if let login = envelope.viewer { await entry.account.owner.asked(.login(login), in: share) }
    }
    judgement.verdict = verdict(on: envelope, response, operation: operation)
    return judgement
  }

  private static func verdict<Answer: Decodable & Sendable>(
    on envelope: GraphQLEnvelope<Answer>, _ response: HTTPResponse, operation: String
  ) -> Verdict<GraphQLAnswer<Answer>> {
    if envelope.isTooHeavy {
      let words = envelope.errors.first.map { Refusal.line($0.message) } ?? ""
      return .fault(Fault(detail: words, isTooHeavy: true))
    }
    switch envelope.data {
    case .success(let data):
      return .answer(GraphQLAnswer(data: data, errors: envelope.errors, size: response.body.count))
    case .failure(let error):
      // A null that the errors account for can make a whole answer unreadable; without errors the query is ours to fix.
      if !envelope.errors.isEmpty {
        return .answer(GraphQLAnswer(data: nil, errors: envelope.errors, size: response.body.count))
      }
      return .failed(
        Failure(
          .failed, "GitHub's answer to \(operation) is not of the expected shape (\(place(of: error)))",
          advice: "Report it with the run's log: the API may have changed."))
    }
  }

  /// The path of keys to what could not be decoded; none of the answer's own text but field names.
  private static func place(of error: any Error) -> String {
    let context: DecodingError.Context? =
      switch error {
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context):
        context
      case DecodingError.keyNotFound(let key, let context):
        DecodingError.Context(codingPath: context.codingPath + [key], debugDescription: "")
      default: nil
      }
    return Refusal.line((context?.codingPath ?? []).map(\.stringValue).joined(separator: "."))
  }
}
