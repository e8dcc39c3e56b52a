public import Domain

extension Settings {
  /// The least permission that the command of this name needs, built in or of the configuration; nil for no command.
  public func permission(forCommand name: String) -> Permission? {
    // Taking back is the rollback's business, whoever asks for it.
    if name == CommandName.undo.rawValue { return rollback.permission }
    if let permission = commands.permissions[name] { return permission }
    if let builtIn = CommandName(rawValue: name) { return builtIn.usualPermission }
    return commands.custom.first { $0.name == name }?.permission
  }
}
