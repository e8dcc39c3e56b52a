/// How far a chunk has come: everything before it is stored, nothing after it is.
public struct Checkpoint: Hashable, Sendable {
  /// Index into the chunk's numbers of the next one to ask for.
  public var next: Int
  /// Items before `next` whose lists are not all stored, in the order in which they are asked for.
  public var pending: [PendingItem]
  /// Numbers before `next` that are still to be asked for once more, as issue or pull request and as discussion, because
  /// nothing was found there, or not any more.
  public var absent: [Int]
  /// Where a walk over a flat list stands: ask for updates since here, from this page on.
  public var since: Timestamp?
  public var page: Int
  /// Entries at the beginning of that page that were read already, because it is read in parts, or given up.
  public var skipped: Int
  /// GitHub's clock when the walk over a flat list began; nil before.
  public var begun: Timestamp?
  /// Of a walk over a flat list: what is known of the second whose pages it turns; nil where it turns none.
  public var crowd: Crowd?

  public init(
    next: Int = 0, pending: [PendingItem] = [], absent: [Int] = [], since: Timestamp? = nil, page: Int = 1,
    skipped: Int = 0, begun: Timestamp? = nil, crowd: Crowd? = nil
  ) {
    self.next = next
    self.pending = pending
    self.absent = absent
    self.since = since
    self.page = page
    self.skipped = skipped
    self.begun = begun
    self.crowd = crowd
  }

  /// Numbers of a chunk of `size` that are accounted for: with an item that was read in full, or with nothing there.
  public func numbersDone(of size: Int) -> Int { max(0, min(next, size) - absent.count - pending.count) }
}

/// More entries of one second than a page holds. They are paged by number, so one that is edited or deleted meanwhile
/// can hide another: the second is read until a reading finds none that an earlier one did not.
public struct Crowd: Hashable, Sendable {
  /// At most; where the last one still finds a new entry, others may be missing.
  public static let maximumReadings = 3

  /// Which reading of the second it is, from 1.
  public var reading: Int
  /// Whether this reading found an entry that no earlier one did.
  public var hasNews: Bool
  /// The comments that were found; empty where the caller keeps what it found itself.
  public var known: [Int64]

  public init(reading: Int = 1, hasNews: Bool = false, known: [Int64] = []) {
    self.reading = reading
    self.hasNews = hasNews
    self.known = known
  }
}

/// An issue or a pull request whose own row is stored and whose lists are still to be fetched.
public struct PendingItem: Hashable, Sendable {
  public var number: Int
  /// GraphQL's id.
  public var nodeID: String
  public var isPullRequest: Bool
  /// Not empty.
  public var lists: [PendingList]
  /// Whether a part of it is lost: then it is never completed by this chunk.
  public var hasLosses: Bool
  /// Whether it vanished before its lists were read, and was found again: that happens once.
  public var wasAskedAgain: Bool

  public init(
    number: Int, nodeID: String, isPullRequest: Bool, lists: [PendingList], hasLosses: Bool = false,
    wasAskedAgain: Bool = false
  ) {
    self.number = number
    self.nodeID = nodeID
    self.isPullRequest = isPullRequest
    self.lists = lists
    self.hasLosses = hasLosses
    self.wasAskedAgain = wasAskedAgain
  }
}

/// A list of an item, or the rest of it.
public struct PendingList: Hashable, Sendable {
  public var list: CapturedList
  /// GraphQL's cursor, or over REST the moment from which the list goes on; nil for a list of which nothing was fetched
  /// yet.
  public var after: String?
  /// The REST page, for lists that are fetched over REST.
  public var page: Int
  /// Entries at the beginning of that page that were read already, because it is read in parts, or given up.
  public var skipped: Int
  /// GitHub's clock when the first page was asked for; nil before, and for a list of which a part is lost: what is not
  /// met in the rest of it proves nothing.
  public var begun: Timestamp?
  /// Entries that its pages had so far, to be held against GitHub's count at its end.
  public var seen: Int
  /// Whether it is read again from its beginning, because its entries and GitHub's count of them differed.
  public var isSecondReading: Bool
  /// Of a second reading: the entries that the first one had; nil where that is not known.
  public var firstSeen: Int?
  /// The labels that its pages had so far: those are stored all at once.
  public var names: [String]

  public init(
    _ list: CapturedList, after: String? = nil, page: Int = 1, skipped: Int = 0, begun: Timestamp? = nil, seen: Int = 0,
    isSecondReading: Bool = false, firstSeen: Int? = nil, names: [String] = []
  ) {
    self.list = list
    self.after = after
    self.page = page
    self.skipped = skipped
    self.begun = begun
    self.seen = seen
    self.isSecondReading = isSecondReading
    self.firstSeen = firstSeen
    self.names = names
  }
}

/// What hangs on an issue or a pull request.
public enum CapturedList: String, Hashable, Sendable, Codable, CaseIterable {
  case labels, comments, reviews, files
  /// The issues that a pull request closes when it is merged.
  case closes
  /// What closed an issue: its last `ClosedEvent`.
  case closer
  /// Whether a pull request has review threads: a count, that decides whether `reviewComments` are asked for.
  case reviewThreads
  /// Over REST; GraphQL has them only below reviews and threads.
  case reviewComments
}
