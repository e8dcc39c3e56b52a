/// What GitHub accepts as the name of a label.
public enum LabelName {
  /// In Unicode scalars.
  /// Source: GitHub answers 422 `name is too long (maximum is 50 characters)`.
  public static let maximumLength = 50

  /// One line of 1 to 50 characters that is not white space alone. Not `.` and `..`: a label is taken off by its name in
  /// a request's path, where these mean something else.
  public static func isValid(_ name: String) -> Bool {
    let scalars = name.unicodeScalars
    return name != "." && name != ".." && !name.allSatisfy(\.isWhitespace) && scalars.count <= maximumLength
      && !scalars.contains { scalar in
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
      }
  }
}
