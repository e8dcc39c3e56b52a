import ArgumentParser
import Domain
import Markup

/// The answer to a first argument that is no command.
///
/// Because `run` is the default, ArgumentParser takes such a word for an argument of `run`, which has none, and explains
/// that command instead.
struct UnknownCommand {
  let word: String
  let root: CommandConfiguration

  /// nil where the first argument is a command, or an option.
  init?(_ arguments: some Collection<String>, of root: CommandConfiguration) {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help",
      !root.subcommands.contains(where: { $0.configuration.commandName == word })
    else { return nil }
    self.word = word
    self.root = root
  }

  var lines: [LogText] {
    let commands = root.subcommands.map { $0.configuration }
    let names = commands.compactMap(\.commandName)
    let width = names.map(\.count).max() ?? 0
    var answer = "Error: unknown command '\(word.prefix(80))'"
    if let meant = nearest(to: word, among: names) { answer += ", did you mean '\(meant)'?" } else { answer += "." }
    var texts = [answer, "", "Commands:"]
    for command in commands {
      let name = command.commandName ?? ""
      texts.append("  \(name)\(String(repeating: " ", count: width - name.count))  \(command.abstract)")
    }
    texts += ["", "See 'yardmaster help <command>' for its options."]
    return texts.map { text in LogText("\(text)") }
  }
}
