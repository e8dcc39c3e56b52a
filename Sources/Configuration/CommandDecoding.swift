import Domain

extension SettingsDecoder {
  /// Aliases of one file.
  private static let maximumAliases = 100

  mutating func commands(_ node: YAMLNode) -> CommandSettings {
    var commands = CommandSettings()
    guard let members = mapping(node, CommandsKey.self, called: "commands") else { return commands }
    // The other keys name the custom commands, whatever the order in the file.
    if let (_, value) = members.first(where: { $0.0 == .custom }) { commands.custom = customCommands(value) }
    let names = CommandName.allCases.map(\.rawValue) + commands.custom.map(\.name)
    for (key, value) in members {
      switch key {
      case .enabled: commands.isEnabled = boolean(value, called: "enabled") ?? commands.isEnabled
      case .acknowledge: commands.acknowledges = boolean(value, called: "acknowledge") ?? commands.acknowledges
      case .permissions: commands.permissions = permissions(value, of: names)
      case .forAuthors: commands.forAuthors = forAuthors(value, among: names)
      case .aliases: commands.aliases = aliases(value, of: names)
      case .custom: break
      }
    }
    settlePermissions(of: &commands, members)
    return commands
  }

  private mutating func permissions(_ node: YAMLNode, of names: [String]) -> [String: Permission] {
    var permissions: [String: Permission] = [:]
    let granted = names.filter { $0 != CommandName.undo.rawValue }
    for member in members(node, called: "permissions", keys: granted) ?? [] {
      if isCommand(member.key, among: names, at: member.keyLocation) {
        permissions[member.key] = permission(member.value, called: "the permission for /\(member.key)")
      }
    }
    return permissions
  }

  private mutating func forAuthors(_ node: YAMLNode, among names: [String]) -> Set<String> {
    var granted: Set<String> = []
    for item in items(node, called: "for_authors") {
      guard let name = text(item, called: "a command"), isCommand(name, among: names, at: item.location) else {
        continue
      }
      granted.insert(name)
    }
    return granted
  }

  /// Whether permission for the command can be given here; tells where not.
  private mutating func isCommand(_ name: String, among names: [String], at place: SourceLocation) -> Bool {
    let isUndo = !names.contains(name) && nearest(to: name, among: names) == CommandName.undo.rawValue
    if isUndo || name == CommandName.undo.rawValue {
      fail("who may undo is said elsewhere", at: place, "Set 'permission' of the section 'rollback'.")
      return false
    }
    if names.contains(name) { return true }
    let valid = names.filter { $0 != CommandName.undo.rawValue }
    failUnknown("there is no command /\(name.prefix(50))", at: place, typed: name, valid)
    return false
  }

  private mutating func aliases(_ node: YAMLNode, of names: [String]) -> [String: CommandSettings.Alias] {
    var aliases: [String: CommandSettings.Alias] = [:]
    let members = members(node, called: "aliases") ?? []
    if members.count > Self.maximumAliases {
      fail("there are \(members.count) aliases, more than \(Self.maximumAliases)", node, "Remove some of them.")
    }
    for member in members {
      checkName(member.key, called: "an alias", at: member.keyLocation)
      if names.contains(member.key) {
        fail("/\(member.key) is a command already", at: member.keyLocation, "Choose another name for the alias.")
      }
      guard let line = line(member.value, called: "what the alias stands for", maximum: Self.maximumWordLength)
      else { continue }
      let words = line.split(separator: " ", maxSplits: 1)
      let command = String(words[0].drop { $0 == "/" })
      guard names.contains(command) else {
        failUnknown(
          "the alias stands for /\(command.prefix(50)), and there is no such command", at: member.value.location,
          typed: command, names)
        continue
      }
      let arguments = words.dropFirst().first.map { String($0.drop { $0 == " " }) } ?? ""
      if let placeholder = Self.placeholder(in: arguments) {
        fail(
          "nothing is put in for '\(placeholder)' in an alias", member.value,
          "Remove it: an alias stands for a command with its first arguments, and what is typed after it is added; for more, make a command under 'custom'."
        )
      }
      aliases[member.key] = CommandSettings.Alias(command: command, arguments: arguments)
    }
    return aliases
  }

  /// What elsewhere stands for an argument: `$1`, `$@`, `{{`.
  private static func placeholder(in arguments: String) -> String? {
    if arguments.contains("{{") { return "{{" }
    return zip(arguments, arguments.dropFirst()).lazy.first { sign, next in
      sign == "$" && ("0"..."9" ~= next || "@*{#".contains(next))
    }.map { "\($0)\($1)" }
  }

  /// Lower-case letters, digits, `-` and `_`, the first a letter.
  mutating func checkName(_ name: String, called: String, at place: SourceLocation) {
    let isValid =
      ("a"..."z").contains(name.first ?? " ") && name.utf8.count <= 40
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "_")
      }
    if !isValid {
      fail(
        "\(called) cannot be named '\(name.prefix(50))'", at: place,
        "Use up to 40 lower-case letters, digits, - and _, and begin with a letter.")
    }
  }

  /// A custom command's permission may stand with the command or in `permissions`, and not in both.
  private mutating func settlePermissions(of commands: inout CommandSettings, _ members: [(CommandsKey, YAMLNode)]) {
    guard case .sequence(let nodes)? = members.first(where: { $0.0 == .custom })?.1.content else { return }
    for index in commands.custom.indices {
      let name = commands.custom[index].name
      guard let permission = commands.permissions[name] else { continue }
      if let node = nodes.first(where: { $0.names(name) }), node.has(CustomCommandKey.permission.rawValue) {
        fail(
          "the permission for /\(name) is given here and in 'permissions'", node, "Remove one of the two.")
      }
      commands.custom[index].permission = permission
    }
  }
}

extension YAMLNode {
  /// Whether it is a mapping whose `name` is this.
  fileprivate func names(_ name: String) -> Bool {
    guard case .mapping(let members) = content else { return false }
    return members.contains { member in
      if case .scalar(name, _) = member.value.content { member.key == CustomCommandKey.name.rawValue } else { false }
    }
  }
}
