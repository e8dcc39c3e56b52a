public import Domain
public import Markup

/// How a run of capture goes at one moment: a line for the log, a line for a terminal.
public struct CaptureProgress: Hashable, Sendable {
  /// Of this run.
  public var items = 0
  public var rows = 0
  public var points = 0
  /// Over REST.
  public var requests = 0
  /// Of the job, whoever looked at them.
  public var numbersDone = 0
  /// 0 where no chunk covers numbers.
  public var numbersTotal = 0
  public var itemsPerSecond: Double?
  public var secondsLeft: Double?
  /// GraphQL points and REST requests that the token's budget has left.
  public var pointsLeft: Int?
  public var requestsLeft: Int?
  /// The end of the limit that holds requests back now.
  public var waitsUntil: Timestamp?
  /// Where a walk over a flat list stands.
  public var flatWalk: Timestamp?

  public init() {}

  /// How much of the job's numbers is done; nil where none of the chunks covers numbers.
  public var fraction: Double? {
    numbersTotal > 0 ? min(1, Double(max(0, numbersDone)) / Double(numbersTotal)) : nil
  }

  /// Points that the rest of the numbers will need, by what the items cost so far.
  var pointsNeeded: Int? {
    guard items > 0, numbersTotal > numbersDone else { return nil }
    let needed = Double(points) / Double(items) * Double(numbersTotal - numbersDone)
    return needed < 1e9 ? Int(needed.rounded(.up)) : nil
  }

  /// `41 % (1,412 of 3,400 numbers) · 1,388 items, 12,004 rows in this run · 61.3 items/s · …`
  public func line(now: Timestamp) -> LogText {
    var parts: [String] = []
    if numbersTotal > 0 {
      let (done, total) = (Figures.count(numbersDone), Figures.count(numbersTotal))
      parts.append("\(Figures.percent(numbersDone, of: numbersTotal)) (\(done) of \(total) numbers)")
    }
    parts.append("\(Figures.count(items, "item")), \(Figures.count(rows, "row")) in this run")
    if let flatWalk { parts.append("comments up to \(flatWalk)") }
    if let waitsUntil, waitsUntil > now {
      parts.append("waiting for GitHub's rate limit until \(waitsUntil) (\(Figures.age(of: waitsUntil, at: now)))")
      if let left { parts.append(left) }
    } else {
      if let itemsPerSecond { parts.append("\(Figures.decimal(itemsPerSecond)) items/s") }
      if let each = Cost(points: points, requests: requests).each(of: items) { parts.append("\(each) an item") }
      if let left { parts.append(left) }
      if let secondsLeft { parts.append("about \(Figures.span(secondsLeft)) left") }
    }
    return "\(parts.joined(separator: " · "))"
  }

  /// `4,321 points left, about 5,000 needed`
  private var left: String? {
    guard let pointsLeft else { return nil }
    let needed = pointsNeeded.map { $0 > pointsLeft ? ", about \(Figures.count($0)) needed" : "" } ?? ""
    return "\(Figures.count(pointsLeft, "point")) left\(needed)"
  }

  /// What a wait that begins is told with.
  public static func waiting(until moment: Timestamp, reason: String, now: Timestamp) -> LogText {
    "\(reason) holds until \(moment) (\(Figures.age(of: moment, at: now))): waiting."
  }

  /// The same as shortly as a terminal's line wants it; the figures that matter most come first.
  public func bar(now: Timestamp) -> LogText {
    var parts: [String] = []
    if numbersTotal > 0 { parts.append(Figures.percent(numbersDone, of: numbersTotal)) }
    if let waitsUntil, waitsUntil > now {
      let seconds = waitsUntil.secondsSince(now)
      parts.append("waiting \(Figures.span(seconds)) for GitHub")
    } else if let secondsLeft {
      parts.append("\(Figures.span(secondsLeft)) left")
    }
    parts.append(items == 0 && rows > 0 ? Figures.count(rows, "row") : Figures.count(items, "item"))
    if let itemsPerSecond { parts.append("\(Figures.decimal(itemsPerSecond))/s") }
    if let pointsLeft { parts.append("\(Figures.count(pointsLeft, "point")) left") }
    return "\(parts.joined(separator: "  "))"
  }
}

/// A rate over the last minute, so that a pause long ago does not spoil it.
public struct RateMeter: Sendable {
  private struct Sample {
    let time: Double
    let value: Int
  }

  private var samples: [Sample] = []
  private let window: Double

  /// Less than this tells nothing.
  private static let minimumSpan = 2.0

  /// - Parameter window: seconds.
  public init(window: Double = 60) { self.window = window }

  /// - Parameters:
  ///   - value: a count that only grows.
  ///   - time: seconds, never less than before.
  public mutating func record(_ value: Int, at time: Double) {
    // What comes in quick succession is one sample: the newest moves along until it is half a second from the one before.
    if samples.count > 1, samples[samples.count - 1].time - samples[samples.count - 2].time < 0.5 {
      samples.removeLast()
    }
    guard time >= samples.last?.time ?? -.infinity else { return }
    samples.append(Sample(time: time, value: value))
    while samples.count > 2, samples[1].time <= time - window { samples.removeFirst() }
  }

  /// nil where it is too early to tell.
  public var perSecond: Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= Self.minimumSpan else {
      return nil
    }
    return Double(max(0, last.value - first.value)) / (last.time - first.time)
  }
}
