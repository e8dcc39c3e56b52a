import Configuration
import Domain
import Testing

func parse(_ yaml: String) -> ConfigurationResult { ConfigurationFile.parse(Array(yaml.utf8), file: "c.yml") }

func settings(_ yaml: String) throws -> Settings {
  switch parse(yaml) {
  case .valid(let settings): return settings
  case .invalid(let errors):
    Issue.record("\(errors.map(\.description))")
    throw errors[0]
  }
}

func errors(_ yaml: String) -> [ConfigurationError] {
  if case .invalid(let errors) = parse(yaml) { errors } else { [] }
}
