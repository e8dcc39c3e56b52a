/// Which fault hits the next request.
struct FaultPlan {
  private struct Rule {
    var fault: GitHubDouble.Fault
    var seen = 0
    var fired = 0

    mutating func hits(_ request: ReceivedRequest) -> Bool {
      guard fault.match.fits(request), request.nodes >= fault.kind.threshold else { return false }
      if let times = fault.times, fired >= times { return false }
      seen += 1
      guard seen > fault.skip else { return false }
      if let rate = fault.rate {
        var random = SeededGenerator(seed: UInt64(seen))
        guard Double(random.below(1_000_000)) < rate * 1_000_000 else { return false }
      }
      fired += 1
      return true
    }

    var complaint: String? {
      guard fault.rate == nil else { return nil }
      if let times = fault.times, fired < times {
        return "the fault \(fault.kind.name) hit \(fired) of \(times) requests"
      }
      return fired == 0 && fault.times != 0 ? "the fault \(fault.kind.name) hit no request" : nil
    }
  }

  private var rules: [Rule] = []
  private var script: [(match: GitHubDouble.RequestMatch, kind: GitHubDouble.FaultKind)] = []

  mutating func add(_ fault: GitHubDouble.Fault) { rules.append(Rule(fault: fault)) }

  mutating func append(_ lines: [(match: GitHubDouble.RequestMatch, kind: GitHubDouble.FaultKind)]) {
    script += lines
  }

  mutating func clear() {
    rules = []
    script = []
  }

  /// The script's next line where it fits, else the first rule that does.
  mutating func next(for request: ReceivedRequest) -> GitHubDouble.FaultKind? {
    if let line = script.first, line.match.fits(request), request.nodes >= line.kind.threshold {
      script.removeFirst()
      return line.kind == .pass ? nil : line.kind
    }
    for index in rules.indices where rules[index].hits(request) {
      let kind = rules[index].fault.kind
      return kind == .pass ? nil : kind
    }
    return nil
  }

  /// Rules and script lines that no request used.
  var unused: [String] {
    rules.compactMap(\.complaint) + (script.isEmpty ? [] : ["\(script.count) unused lines of the script"])
  }
}
