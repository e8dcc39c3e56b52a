public import Domain

/// `.github/yardmaster.yml`.
public struct ConfigurationFile {
  /// Reads and checks the whole file.
  ///
  /// - Parameter file: the name to show in messages.
  /// - Returns: the settings, or every fault that was found, in the order of the file.
  public static func parse(_ bytes: [UInt8], file: String) -> ConfigurationResult {
    let (root, syntaxErrors) = YAMLReader.read(bytes, file: file)
    guard let root else {
      return syntaxErrors.isEmpty ? .valid(Settings()) : .invalid(syntaxErrors)
    }
    var decoder = SettingsDecoder()
    let settings = decoder.settings(root)
    let errors = syntaxErrors + decoder.errors
    if errors.isEmpty { return .valid(settings) }
    return .invalid(errors.sorted { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) })
  }
}

public enum ConfigurationResult: Sendable {
  case valid(Settings)
  /// At least one.
  case invalid([ConfigurationError])
}
