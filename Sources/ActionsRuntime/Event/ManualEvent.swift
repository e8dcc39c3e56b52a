public import Domain
import FoundationEssentials

extension ManualRequest {
  /// Names of the inputs of a `workflow_dispatch`.
  private enum Input: String {
    case issue, payload, event, mode
  }

  /// What the inputs ask for; nil where they name neither an issue nor a payload.
  init?(inputs: [String: String]) throws(EventFileError) {
    func value(_ input: Input) -> String? {
      let words = inputs[input.rawValue]?.split(whereSeparator: \.isWhitespace) ?? []
      return words.isEmpty ? nil : words.joined(separator: " ")
    }
    func fault(_ input: Input, _ expected: String) -> EventFileError {
      .inputInvalid(input.rawValue, expected: expected)
    }
    let subject: Subject
    switch (value(.issue), value(.payload)) {
    case (nil, nil): return nil
    case (_?, _?): throw fault(.payload, "empty, though an issue is named; give one of the two")
    case (let text?, nil):
      guard let number = Int(text.hasPrefix("#") ? String(text.dropFirst()) : text), number > 0 else {
        throw fault(.issue, "the number of an issue or pull request")
      }
      subject = .item(number)
    case (nil, _?):
      let name = value(.event)
      let event = name.flatMap(EventName.init(rawValue:))
      guard name == nil || event != nil else { throw fault(.event, "the name of an event that is processed") }
      // The text as it was pasted: white space inside strings counts.
      subject = .payload(inputs[Input.payload.rawValue] ?? "", event: event)
    }
    let word = value(.mode)
    let mode = word.flatMap(Settings.Mode.init(rawValue:))
    guard word == nil || mode != nil else { throw fault(.mode, "dry-run or live") }
    self.init(subject, mode: mode)
  }
}

extension EventFile {
  /// The event that somebody pasted.
  ///
  /// - Parameters:
  ///   - name: the event's name; nil where the payload's members have to tell.
  ///   - repository: the run's own: a payload of another one is refused, since the token is not for it.
  public static func decode(
    pasted text: String, name: EventName?, repository: RepositoryName, run: RunContext
  ) throws(EventFileError) -> Event {
    let bytes = Array(text.utf8)
    let known: EventName
    if let name { known = name } else { known = try WirePayload.decode(bytes).likelyName }
    guard case .event(let event) = try decode(bytes, name: known.rawValue, repository: repository, run: run) else {
      throw .inputInvalid("event", expected: "the name of an event that is processed")
    }
    guard event.repository.description.lowercased() == repository.description.lowercased() else {
      throw .wrongType(path: "repository.full_name", expected: "\(repository), whose workflow this is")
    }
    return event
  }
}

extension EventFile {
  /// The event of a saved payload.
  ///
  /// - Parameter name: the event's name; nil where the payload's members have to tell.
  public static func decode(
    offline bytes: [UInt8], name: String?, repository: RepositoryName?, run: RunContext
  ) throws(EventFileError) -> Event {
    let known = if let name { name } else { try WirePayload.decode(bytes).likelyName.rawValue }
    guard case .event(let event) = try decode(bytes, name: known, repository: repository, run: run) else {
      throw .inputInvalid("event", expected: "the name of an event that is processed")
    }
    return event
  }
}

extension WirePayload {
  /// The name that GitHub sends such members under.
  fileprivate var likelyName: EventName {
    if pullRequest != nil {
      return review != nil ? .pullRequestReview : comment != nil ? .pullRequestReviewComment : .pullRequest
    }
    return comment != nil ? .issueComment : .issues
  }
}
