/// What is wrong with a pattern.
public struct PatternFault: Error, Hashable, Sendable {
  /// Without a full stop.
  public var message: String
  /// Where, in Unicode scalars from the pattern's beginning; its length where something is missing at the end.
  public var offset: Int

  public init(message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
}
