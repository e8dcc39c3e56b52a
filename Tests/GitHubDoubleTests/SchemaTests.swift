import Foundation
import Testing

@testable import GitHubDouble

@Suite struct SchemaTests {
  static let official = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/schema/github.graphql").standardizedFileURL

  @Test func everyFieldHasAResolver() {
    for (name, definition) in GraphQLSchema.github.types {
      guard case .object(let fields, _) = definition else { continue }
      for field in fields.keys { #expect(GraphQLResolvers.table[name]?[field] != nil, "\(name).\(field)") }
      // Accounts of all kinds share their resolvers.
      if GraphQLSchema.github.possibleTypes("Actor").contains(name) { continue }
      for field in GraphQLResolvers.table[name]?.keys.sorted() ?? [] {
        #expect(fields[field] != nil, "\(name).\(field) is no field")
      }
    }
  }

  /// What the double accepts, GitHub accepts: names, types and arguments are the official schema's.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: official.path), "needs ../shared/data/schema"))
  func everythingIsInTheOfficialSchema() throws {
    let official = try GraphQLSchema(String(contentsOf: Self.official, encoding: .utf8))
    for (name, definition) in GraphQLSchema.github.types {
      switch definition {
      case .object(let fields, _), .interface(let fields):
        for field in fields.values {
          let known = try #require(official.field(field.name, of: name), "\(name).\(field.name)")
          #expect(known.type == field.type, "\(name).\(field.name)")
          for argument in field.arguments {
            let wanted = known.arguments.first { $0.name == argument.name }
            #expect(wanted?.type == argument.type, "\(name).\(field.name)(\(argument.name))")
          }
          for argument in known.arguments where argument.type.isRequired && !argument.hasDefault {
            #expect(field.arguments.contains { $0.name == argument.name }, "\(name).\(field.name)(\(argument.name))")
          }
        }
        #expect(official.possibleTypes(name).isSuperset(of: GraphQLSchema.github.possibleTypes(name)), "\(name)")
      case .enumeration(let values):
        guard case .enumeration(let known)? = official.types[name] else { continue }
        #expect(Set(known).isSuperset(of: values), "\(name)")
      case .input(let fields):
        guard case .input(let known)? = official.types[name] else { continue }
        for field in fields {
          #expect(known.contains { $0.name == field.name && $0.type == field.type }, "\(name).\(field.name)")
        }
      case .union(let members):
        #expect(official.possibleTypes(name).isSuperset(of: members), "\(name)")
      case .scalar: continue
      }
    }
  }
}
