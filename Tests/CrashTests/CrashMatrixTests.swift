import Foundation
import GitHubDouble
import Glibc
import Store
import TestSupport
import Testing

/// A small capture is done once and its side effects are counted. Then it is done again for each of them: the process is
/// killed with SIGKILL there, started anew until the job is complete, and the rows are held against those of the first.
///
/// All points take minutes, so only some are killed at, chosen anew each time; `YARDMASTER_CRASH=all` takes all, and
/// `YARDMASTER_CRASH=SEED` those of a seed.
@Suite(.serialized) struct CrashMatrixTests {
  private static let model = RepositoryModel.generated(
    owner: "octo", name: "widget", pullRequests: 14, issues: 10, seed: 5)

  private static let choice = ProcessInfo.processInfo.environment["YARDMASTER_CRASH"] ?? ""
  static let seed = UInt64(choice) ?? UInt64.random(in: 0...UInt64(UInt32.max))

  @Test(arguments: ["plan", "sync"])
  func aKillAtAnyEffectLosesAndDoublesNothing(command: String) async throws {
    // Everything is only read there, so one double serves all runs.
    try await withGitHubDouble(Self.model) { github in
      let stage = try await Stage(github)
      defer { stage.stop() }
      let golden = try await stage.capture(killing: nil, kill: nil)
      _ = try await stage.capture(killing: command, kill: nil)
      let counted = stage.effects.seen
      #expect(Set(counted) == Set(Effects.Kind.allCases), "of a whole \(command)")

      var killed: [Effects.Kind: Int] = [:]
      let points = Self.points(of: counted, sample: 5)
      for point in points {
        let rows = try await stage.capture(killing: command, kill: point)
        // A run may do with an effect less than the first: a lease is renewed by the clock.
        if let kind = stage.effects.killed { killed[kind, default: 0] += 1 }
        let difference = rows.difference(from: golden)
        #expect(difference == nil, "\(command) killed \(point), seed \(Self.seed): \(difference ?? "")")
      }
      report(command, counted, killed)
      #expect(killed.values.reduce(0, +) >= points.count * 9 / 10)
    }
  }

  func report(_ name: String, _ counted: [Effects.Kind], _ killed: [Effects.Kind: Int]) {
    let kinds = Effects.Kind.allCases.map { kind in "\(counted.count { $0 == kind }) \(kind.rawValue)s" }
    let words = killed.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) at \($0.key.rawValue)s" }
    print(
      "\(name): \(kinds.joined(separator: ", ")); killed \(killed.values.reduce(0, +)) times:",
      words.joined(separator: ", "), "(seed \(Self.seed))")
  }

  /// Before and after each effect, or a sample of so many of each kind where not all are wanted.
  static func points(of effects: [Effects.Kind], sample: Int) -> [Effects.Kill] {
    let all = effects.indices.flatMap { index in
      [false, true].map { Effects.Kill(effect: index + 1, happens: $0) }
    }
    if choice == "all" { return all }
    var random = TestSupport.SeededGenerator(seed: seed)
    let shuffled = all.shuffled(using: &random)
    return Effects.Kind.allCases.flatMap { kind in
      shuffled.filter { effects[$0.effect - 1] == kind }.prefix(sample)
    }
  }
}
