import Domain

/// Reads lists over REST, and asks for fewer entries where GitHub cannot answer for as many.
///
/// One entry may be what it fails for, each time: so a request that failed again and again is sent for half of the
/// entries, down to one, while a probe shows that GitHub answers at all. An entry that fails alone, though the list goes
/// on behind it, is a loss, and the list is read on after it.
struct ListReader: Sendable {
  /// Entries of a page; GitHub's maximum.
  static let pageSize = 100
  /// How often an entry is asked for alone; the client repeats each of the requests.
  private static let entryAttempts = 2
  /// How far behind an entry that does not come the list is looked at. What fails there too is the list, not an entry.
  private static let distances = [1, 4, 16, 64]

  let github: any GitHubAPI
  let repository: RepositoryName

  /// What came of a request.
  struct Page<Row: Decodable & Sendable>: Sendable {
    var rows: [Part<Row>] = []
    /// Whether nothing follows.
    var isLast = false
    /// 404 or 410, where that is no failure.
    var absence: Int?
    /// Why the only entry that was asked for was given up.
    var loss: String?
    var reading: Reading

    /// Entries that lie behind with this page.
    var width: Int { reading.width }
    /// What the next request may ask for.
    var pace: Pace.Width { reading.pace }
  }

  /// How a page was read.
  struct Reading: Sendable {
    /// Entries that the last request asked for.
    var width = 1
    /// When the last request was sent.
    var begun = ContinuousClock.now
    var requests = 0
    var pace: Pace.Width
    /// Whether a probe showed that GitHub answers at all.
    fileprivate var isAlive = false
    /// How often the entry failed alone.
    fileprivate var failures = 0
  }

  /// Reads the entries of a list that follow the first `offset` of them.
  ///
  /// GitHub counts pages of one size: so only a width that divides the offset leads there.
  ///
  /// - Parameters:
  ///   - list: path and query, without page and size.
  ///   - mayBeAbsent: statuses that are answers.
  func read<Row: Decodable & Sendable>(
    _ list: String, of type: Row.Type, from offset: Int, what: String, pace: Pace.Width, mayBeAbsent: Set<Int> = []
  ) async throws -> Page<Row> {
    var rows: [Part<Row>] = []
    let (outcome, reading) = try await narrow(list, from: offset, what: what, pace: pace) { answer in
      if mayBeAbsent.contains(answer.status) { return true }
      do {
        rows = try answer.list(of: Part<Row>.self, what: what)
        return true
      } catch  where answer.status == 200 {
        return false
      }
    }
    switch outcome {
    case .success(let answer):
      return Page(
        rows: rows, isLast: answer.next == nil || rows.isEmpty, absence: answer.status == 200 ? nil : answer.status,
        reading: reading)
    case .failure(let heavy): return Page(loss: String(heavy.problem.prefix(1_000)), reading: reading)
    }
  }

  /// Asks for ever fewer entries until an answer is accepted, or one entry is to be given up.
  private func narrow(
    _ list: String, from offset: Int, what: String, pace: Pace.Width, accept: (RESTAnswer) throws -> Bool
  ) async throws -> (Result<RESTAnswer, QueryTooHeavy>, Reading) {
    var reading = Reading(pace: pace)
    while true {
      reading.width = Self.width(at: offset, atMost: reading.pace.current)
      reading.begun = .now
      reading.requests += 1
      var heavy = QueryTooHeavy(detail: "the request for \(what) with a list", isSuspicion: true)
      switch try await ask(list, offset, reading.width) {
      case .success(let answer):
        if try accept(answer) {
          reading.pace.widen(asked: reading.width)
          return (.success(answer), reading)
        }
      case .failure(let failure): heavy = failure
      }
      if try await isLost(list, offset, heavy, &reading) { return (.failure(heavy), reading) }
    }
  }

  /// Whether the entry at `offset` is to be given up; otherwise the request is to be sent again, for less where there is
  /// less. Throws where GitHub, or the list, does not answer at all.
  private func isLost(
    _ list: String, _ offset: Int, _ heavy: QueryTooHeavy, _ reading: inout Reading
  ) async throws -> Bool {
    if !reading.isAlive {
      reading.requests += 1
      try await requireLivingREST()
      reading.isAlive = true
    }
    guard reading.width == 1 else {
      reading.pace.narrow(asked: reading.width)
      return false
    }
    reading.failures += 1
    guard reading.failures >= Self.entryAttempts else { return false }
    for distance in Self.distances {
      reading.requests += 1
      guard case .success = try await ask(list, offset + distance, 1) else { continue }
      reading.pace.restore()
      return true
    }
    throw heavy
  }

  /// Tells a list that GitHub cannot serve from a GitHub that serves nothing: another one has to come. The oldest pull
  /// request is the one that changes least.
  func requireLivingREST() async throws {
    let path = "/repos/\(repository)/pulls?state=all&sort=created&direction=asc&per_page=1"
    let answer = try await github.send(RESTRequest(.get, path, isNarrowable: true))
    _ = try answer.list(of: Part<RESTListedItem>.self, what: "the pull requests of \(repository)")
  }

  private static func width(at offset: Int, atMost limit: Int) -> Int {
    let limit = max(1, min(limit, pageSize))
    guard offset > 0 else { return limit }
    return stride(from: limit, to: 1, by: -1).first { offset % $0 == 0 } ?? 1
  }

  private func ask(_ list: String, _ offset: Int, _ width: Int) async throws -> Result<RESTAnswer, QueryTooHeavy> {
    let path = "\(list)&per_page=\(width)&page=\(offset / width + 1)"
    do {
      return .success(try await github.send(RESTRequest(.get, path, isNarrowable: true)))
    } catch let heavy as QueryTooHeavy {
      return .failure(heavy)
    }
  }
}
