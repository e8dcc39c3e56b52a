import Cryptography

/// One numbered step of the schema. The files are `Migrations/NNNN_name.sql`; the package manager embeds their bytes.
struct Migration: Sendable {
  let version: Int
  let name: String
  let sql: String

  private init(_ version: Int, _ name: String, _ bytes: [UInt8]) {
    self.version = version
    self.name = name
    sql = String(decoding: bytes, as: UTF8.self)
  }

  /// Kept with the applied step: a step that was changed afterwards is an error, not a surprise.
  var checksum: String { hexadecimal(sha256(Array(sql.utf8))) }

  /// All steps in their order, without a gap. A step that was released is never changed again.
  ///
  /// The package manager puts `_` in the place of a name's leading digit.
  static let all = [
    Migration(1, "events", PackageResources._001_events_sql),
    Migration(2, "audit", PackageResources._002_audit_sql),
    Migration(3, "capture", PackageResources._003_capture_sql),
    Migration(4, "completeness", PackageResources._004_completeness_sql),
    Migration(5, "budgets", PackageResources._005_budgets_sql),
    Migration(6, "lanes", PackageResources._006_lanes_sql),
    Migration(7, "readings", PackageResources._007_readings_sql),
    Migration(8, "automation", PackageResources._008_automation_sql),
    Migration(9, "audit", PackageResources._009_audit_sql),
    Migration(10, "automation_sweeps", PackageResources._010_automation_sweeps_sql),
    Migration(11, "dead_letters", PackageResources._011_dead_letters_sql),
  ]

  /// The version that this executable works with.
  static let current = all.count
}

/// What `migrate` did.
public struct MigrationReport: Hashable, Sendable {
  /// Versions that were applied now; empty where the schema was up to date.
  public var applied: [Int]
  /// The schema's version afterwards.
  public var version: Int

  public init(applied: [Int], version: Int) {
    self.applied = applied
    self.version = version
  }
}
