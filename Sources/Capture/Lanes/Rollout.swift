public import Domain

/// Which repositories take part in something that is introduced by and by.
///
/// Each repository has a place between 0 and 99 of its own, for ever; with `percent` those below take part. So raising
/// the percentage adds repositories and takes none away, and every process decides alike.
public struct Rollout: Hashable, Sendable {
  /// 0 to 100.
  public var percent: Int

  public init(percent: Int) { self.percent = percent }

  public func includes(_ repository: RepositoryName, githubID: Int64?) -> Bool {
    Self.place(of: repository, githubID: githubID) < percent
  }

  /// The repository's place, 0 to 99: by its id on GitHub, which outlives a rename, or by its name where that is all
  /// that is known.
  public static func place(of repository: RepositoryName, githubID: Int64?) -> Int {
    let key = githubID.map { "repository:\($0)" } ?? repository.description.lowercased()
    // FNV-1a, whose low bits tell similar texts apart badly; so they are mixed once more, as MurmurHash3 ends.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return Int((hash ^ (hash >> 33)) % 100)
  }
}
