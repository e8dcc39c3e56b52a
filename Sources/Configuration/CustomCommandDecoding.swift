import Domain
import Patterns

extension SettingsDecoder {
  private static let maximumCustomCommands = 100
  private static let maximumArguments = 10
  private static let maximumChoices = 50

  mutating func customCommands(_ node: YAMLNode) -> [CustomCommand] {
    guard case .sequence(let items) = node.content else {
      fail("custom must be a list, not \(node.kind)", node, "Start each command with a dash: '- name: …'.")
      return []
    }
    if items.count > Self.maximumCustomCommands {
      fail("there are \(items.count) commands, more than \(Self.maximumCustomCommands)", node, "Remove some of them.")
    }
    var lineOfName: [String: Int] = [:]
    return items.compactMap { item in
      guard let command = customCommand(item) else { return nil }
      if let line = lineOfName[command.name] {
        fail("/\(command.name) is defined in line \(line) already", item, "Give each command a name of its own.")
        return nil
      }
      lineOfName[command.name] = item.location.line
      return command
    }
  }

  private mutating func customCommand(_ node: YAMLNode) -> CustomCommand? {
    guard let members = mapping(node, CustomCommandKey.self, called: "a command") else { return nil }
    var command = CustomCommand(name: "", actions: Rule.Actions())
    // What the command does may name its arguments, and a sticky comment is named after it.
    for (key, value) in members {
      switch key {
      case .name: command.name = commandName(value) ?? ""
      case .arguments: command.arguments = arguments(value)
      default: break
      }
    }
    for (key, value) in members {
      switch key {
      case .name, .arguments: break
      case .description: command.description = line(value, called: "the description", maximum: 200) ?? ""
      case .permission:
        command.permission = permission(value, called: "the permission for /\(command.name)") ?? command.permission
      case .then:
        command.actions = actions(value, stickyKey: command.name, arguments: command.arguments.map(\.name))
      }
    }
    for required in [CustomCommandKey.name, .then] where !node.has(required.rawValue) {
      fail("the command has no '\(required.rawValue)'", node, "Add '\(required.rawValue):' to the command.")
    }
    return command.name.isEmpty ? nil : command
  }

  private mutating func commandName(_ node: YAMLNode) -> String? {
    guard let name = text(node, called: "the command's name") else { return nil }
    checkName(name, called: "a command", at: node.location)
    if CommandName(rawValue: name) != nil {
      fail("/\(name) is one of Yardmaster's own commands", node, "Choose another name, or change its permission.")
    }
    return name.isEmpty ? nil : name
  }

  private mutating func arguments(_ node: YAMLNode) -> [CustomCommand.Argument] {
    guard case .sequence(let items) = node.content else {
      fail("arguments must be a list, not \(node.kind)", node, "Start each argument with a dash: '- name: …'.")
      return []
    }
    if items.count > Self.maximumArguments {
      fail("there are \(items.count) arguments, more than \(Self.maximumArguments)", node, "Remove some of them.")
    }
    var arguments: [CustomCommand.Argument] = []
    for item in items {
      guard let argument = argument(item) else { continue }
      if arguments.contains(where: { $0.name == argument.name }) {
        fail("the argument '\(argument.name)' is there already", item, "Give each argument a name of its own.")
      } else if argument.isRequired, arguments.last?.isRequired == false {
        fail(
          "the argument '\(argument.name)' is required and comes after one that is not", item,
          "Put the arguments that may be left out last.")
      }
      arguments.append(argument)
    }
    return arguments
  }

  private mutating func argument(_ node: YAMLNode) -> CustomCommand.Argument? {
    guard let members = mapping(node, ArgumentKey.self, called: "an argument") else { return nil }
    var argument = CustomCommand.Argument(name: "")
    for (key, value) in members {
      switch key {
      case .name:
        argument.name = text(value, called: "the argument's name") ?? ""
        checkName(argument.name, called: "an argument", at: value.location)
      case .required: argument.isRequired = boolean(value, called: "required") ?? argument.isRequired
      case .choices:
        argument.choices = items(value, called: "choices", maximum: Self.maximumChoices).compactMap {
          line($0, called: "a choice", maximum: 100)
        }
      case .pattern: argument.pattern = pattern(value)
      case .default: argument.defaultValue = line(value, called: "the default", maximum: Self.maximumWordLength)
      }
    }
    if !node.has(ArgumentKey.name.rawValue) {
      fail("the argument has no 'name'", node, "Add 'name:' to the argument.")
    }
    if argument.defaultValue != nil {
      if node.has(ArgumentKey.required.rawValue), argument.isRequired {
        fail("the argument is required and has a default", node, "Remove 'required' or 'default'.")
      }
      argument.isRequired = false
    }
    checkValues(of: argument, node)
    return argument.name.isEmpty ? nil : argument
  }

  /// A default, or a choice, that the argument itself would refuse.
  private mutating func checkValues(of argument: CustomCommand.Argument, _ node: YAMLNode) {
    if let value = argument.defaultValue, !argument.choices.isEmpty, !argument.choices.contains(value) {
      let suggestion = nearest(to: value, among: argument.choices)
      fail(
        "the default '\(value)' is none of the choices", node,
        (suggestion.map { "Did you mean '\($0)'? " } ?? "") + "Add it to 'choices', or choose one of them.",
        nearest: suggestion)
    }
    guard let source = argument.pattern, let pattern = try? Pattern(source) else { return }
    for value in argument.choices + (argument.choices.isEmpty ? [argument.defaultValue].compactMap(\.self) : []) {
      guard pattern.matchesWhole(value) != .found else { continue }
      fail("'\(value)' does not match the argument's pattern", node, "Change the pattern or the value.")
      return
    }
  }
}
