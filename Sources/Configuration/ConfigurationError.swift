public import Domain

/// One fault of the configuration file.
public struct ConfigurationError: UserFacingError, Hashable {
  /// Where the fault lies; always inside the file, which `place.file` names.
  public var place: SourceLocation
  /// What is wrong, without a full stop. May quote the file.
  public var message: String
  /// What the reader should do, a sentence.
  public var advice: String
  /// The valid key or value that was most likely meant.
  public var suggestion: String?

  init(_ message: String, at place: SourceLocation, advice: String, suggestion: String? = nil) {
    self.place = place
    self.message = message
    self.advice = advice
    self.suggestion = suggestion
  }

  public var exitStatus: ExitStatus { .configuration }
  public var location: SourceLocation? { place }
  public var problem: String { "\(place): \(message)" }
}
