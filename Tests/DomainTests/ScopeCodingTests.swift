import Domain
import Foundation
import Testing

/// The stored forms: rows outlive the code that wrote them, so these texts never change.
@Suite struct ScopeCodingTests {
  private static let moment = Timestamp("2026-01-31T00:00:00Z")

  @Test(arguments: [
    (CaptureScope(window: .all), #"{"window":"all"}"#),
    (CaptureScope(window: .full, maxItems: 5), #"{"max_items":5,"window":"full"}"#),
    (CaptureScope(window: .daysBack(30)), #"{"days_back":30}"#),
    (CaptureScope(window: .numbers([3, 7])), #"{"numbers":[3,7]}"#),
    (CaptureScope(window: .since(moment!)), #"{"since":"2026-01-31T00:00:00Z"}"#),
  ])
  func jobs(scope: CaptureScope, text: String) throws {
    #expect(try stored(scope) == text)
    #expect(try JSONDecoder().decode(CaptureScope.self, from: Data(text.utf8)) == scope)
  }

  @Test(arguments: [
    (ChunkScope.range(first: 1, last: 500), #"{"range":[1,500]}"#),
    (ChunkScope.numbers([3, 7], reviewComments: false), #"{"numbers":[3,7],"review_comments":false}"#),
    (ChunkScope.numbers([3], reviewComments: true), #"{"numbers":[3],"review_comments":true}"#),
    (ChunkScope.reviewComments(since: nil, reconciles: true), #"{"reconciles":true,"review_comments":true}"#),
    (ChunkScope.reviewComments(since: nil, reconciles: false), #"{"review_comments":true}"#),
    (
      ChunkScope.reviewComments(since: moment, reconciles: false),
      #"{"review_comments":true,"since":"2026-01-31T00:00:00Z"}"#
    ),
    (ChunkScope.issueComments(since: moment!), #"{"issue_comments":true,"since":"2026-01-31T00:00:00Z"}"#),
  ])
  func chunks(scope: ChunkScope, text: String) throws {
    #expect(try stored(scope) == text)
    #expect(try JSONDecoder().decode(ChunkScope.self, from: Data(text.utf8)) == scope)
  }

  @Test("chosen numbers that were stored before review comments could be left out have them")
  func earlier() throws {
    let old = Data(#"{"numbers":[3,7]}"#.utf8)
    #expect(try JSONDecoder().decode(ChunkScope.self, from: old) == .numbers([3, 7], reviewComments: true))
  }

  @Test(arguments: ["{}", #"{"window":"some"}"#, #"{"range":[1]}"#, #"{"range":"1-5"}"#])
  func nonsense(text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ChunkScope.self, from: Data(text.utf8)) }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(CaptureScope.self, from: Data(text.utf8)) }
  }

  private func stored(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
