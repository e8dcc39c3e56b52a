// How checkpoints are stored: `capture_chunks.cursor`. Written out and terse, because one is written with each page and
// holds some dozens of items.

extension Checkpoint: Codable {
  private enum CodingKeys: String, CodingKey { case next, pending, absent, since, page, skipped, begun, crowd }

  /// `{"next":40,"pending":[…]}`; members with nothing to say are left out.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(next, forKey: .next)
    if !pending.isEmpty { try container.encode(pending, forKey: .pending) }
    if !absent.isEmpty { try container.encode(absent, forKey: .absent) }
    try container.encodeIfPresent(since, forKey: .since)
    if page != 1 { try container.encode(page, forKey: .page) }
    if skipped != 0 { try container.encode(skipped, forKey: .skipped) }
    try container.encodeIfPresent(begun, forKey: .begun)
    try container.encodeIfPresent(crowd, forKey: .crowd)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      next: try container.decode(Int.self, forKey: .next),
      pending: try container.decodeIfPresent([PendingItem].self, forKey: .pending) ?? [],
      absent: try container.decodeIfPresent([Int].self, forKey: .absent) ?? [],
      since: try container.decodeIfPresent(Timestamp.self, forKey: .since),
      page: try container.decodeIfPresent(Int.self, forKey: .page) ?? 1,
      skipped: try container.decodeIfPresent(Int.self, forKey: .skipped) ?? 0,
      begun: try container.decodeIfPresent(Timestamp.self, forKey: .begun),
      crowd: try container.decodeIfPresent(Crowd.self, forKey: .crowd))
  }
}

extension Crowd: Codable {
  private enum CodingKeys: String, CodingKey { case reading, news, known }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(reading, forKey: .reading)
    if hasNews { try container.encode(true, forKey: .news) }
    try container.encode(known, forKey: .known)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      reading: try container.decode(Int.self, forKey: .reading),
      hasNews: try container.decodeIfPresent(Bool.self, forKey: .news) ?? false,
      known: try container.decode([Int64].self, forKey: .known))
  }
}

extension PendingItem: Codable {
  /// `[7, "PR_kwDO…", "p", "labels", "files"]`; a list of which a part is stored is an object. After the letter of the
  /// kind stand `l` for losses and `a` for an item that was asked for again.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(number)
    try container.encode(nodeID)
    try container.encode((isPullRequest ? "p" : "i") + (hasLosses ? "l" : "") + (wasAskedAgain ? "a" : ""))
    for list in lists { try container.encode(list) }
  }

  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    number = try container.decode(Int.self)
    nodeID = try container.decode(String.self)
    let marks = try container.decode(String.self)
    isPullRequest = marks.hasPrefix("p")
    hasLosses = marks.contains("l")
    wasAskedAgain = marks.contains("a")
    lists = []
    while !container.isAtEnd { lists.append(try container.decode(PendingList.self)) }
  }
}

extension PendingList: Codable {
  private enum CodingKeys: String, CodingKey { case list, after, page, skipped, begun, seen, second, first, names }

  public func encode(to encoder: any Encoder) throws {
    guard self != PendingList(list) else {
      var container = encoder.singleValueContainer()
      return try container.encode(list.rawValue)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(list, forKey: .list)
    try container.encodeIfPresent(after, forKey: .after)
    if page != 1 { try container.encode(page, forKey: .page) }
    if skipped != 0 { try container.encode(skipped, forKey: .skipped) }
    try container.encodeIfPresent(begun, forKey: .begun)
    if seen != 0 { try container.encode(seen, forKey: .seen) }
    if isSecondReading { try container.encode(true, forKey: .second) }
    try container.encodeIfPresent(firstSeen, forKey: .first)
    if !names.isEmpty { try container.encode(names, forKey: .names) }
  }

  public init(from decoder: any Decoder) throws {
    if let list = try? decoder.singleValueContainer().decode(CapturedList.self) {
      self.init(list)
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(CapturedList.self, forKey: .list),
      after: try container.decodeIfPresent(String.self, forKey: .after),
      page: try container.decodeIfPresent(Int.self, forKey: .page) ?? 1,
      skipped: try container.decodeIfPresent(Int.self, forKey: .skipped) ?? 0,
      begun: try container.decodeIfPresent(Timestamp.self, forKey: .begun),
      seen: try container.decodeIfPresent(Int.self, forKey: .seen) ?? 0,
      isSecondReading: try container.decodeIfPresent(Bool.self, forKey: .second) ?? false,
      firstSeen: try container.decodeIfPresent(Int.self, forKey: .first),
      names: try container.decodeIfPresent([String].self, forKey: .names) ?? [])
  }
}
