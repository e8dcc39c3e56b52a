import Domain

/// The errors of an answer to `ItemsQuery`, sorted by what they concern.
struct Complaints {
  /// A place in the answer that a question reads.
  enum Place: Hashable {
    case item(Int)
    case discussion(Int)
    /// By its position in the layout.
    case owner(Int)
    case list(Int, CapturedList)
  }

  /// Places of which GitHub says that nothing is there.
  private(set) var absent: Set<Place> = []
  /// Places that GitHub could not answer, or not in full.
  private var failed: [Place: String] = [:]
  /// Places of which every error says that the token may not see something.
  private(set) var hidden: Set<Place> = []
  /// Places that the token's permissions do not reach.
  private(set) var denied: Set<Place> = []
  /// Lists whose cursor GitHub does not know any more.
  private(set) var cursorless: Set<Place> = []
  /// An error that names no place: it may concern any of them.
  private var general: String?
  /// GitHub gave up for want of resources: ask for less.
  private(set) var isCutShort = false
  /// An error is about the owner of a list, or about a whole group of them.
  private(set) var concernsOwners = false

  init(_ errors: [GraphQLError], in layout: ItemsQuery.Layout) {
    for error in errors {
      let reason = "\(error.type ?? "error"): \(error.message.prefix(300))"
      if error.type == "RESOURCE_LIMITS_EXCEEDED" { isCutShort = true }
      if error.type == "NOT_FOUND", let first = error.path.first, first != "repository" { concernsOwners = true }
      guard let (place, depth) = layout.place(of: error.path) else {
        general = reason
        continue
      }
      let isHidden = error.type == "FORBIDDEN" || error.type == "NOT_FOUND"
      if error.type == "NOT_FOUND" && error.path.count == depth {
        absent.insert(place)
        continue
      }
      if isHidden && failed[place] == nil { hidden.insert(place) } else if !isHidden { hidden.remove(place) }
      if error.isOfPermission, error.path.count == depth { denied.insert(place) }
      if error.type == "INVALID_CURSOR_ARGUMENTS" { cursorless.insert(place) }
      failed[place] = reason
    }
  }

  /// Why the answer at `place` cannot be trusted to be whole; nil where it can. An error without a path condemns only
  /// what has gaps.
  func reason(_ place: Place, hole: String?) -> String? {
    if let reason = failed[place] { return reason }
    if case .list(let slot, _) = place, let reason = failed[.owner(slot)] { return reason }
    return hole.map { general ?? $0 }
  }
}
