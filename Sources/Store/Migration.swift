import Cryptography
/// One numbered step of the schema.
struct Migration {
  var version: Int
  let x = PackageResources._0001_events_sql
}
