public import Domain
public import Markup

/// Jobs as a plain table; one job alone also shows the chunks that are not done.
public func statusText(_ jobs: [JobProgress], now: Timestamp) -> LogText {
  guard !jobs.isEmpty else { return "No job yet. `yardmaster plan --repository O/R` makes one." }
  var rows: [[LogText]] = [["JOB", "REPOSITORY", "STATUS", "CHUNKS", "ITEMS", "RATE", "LEFT", "POINTS", "REQUESTS"]]
  for job in jobs {
    let pace = JobPace(job, now: now)
    rows.append([
      "\(job.id.text)", "\(job.repository?.description ?? "–")", "\(job.status)",
      "\(job.chunks.count - job.remainingChunks)/\(job.chunks.count)", "\(Figures.count(job.items))",
      "\(pace.itemsPerSecond.map { Figures.decimal($0) + "/s" } ?? "–")",
      "\(job.isComplete ? "–" : pace.secondsLeft.map { Figures.duration($0) } ?? "–")", "\(Figures.count(job.points))",
      "\(Figures.count(job.requests))",
    ])
  }
  var lines = aligned(rows)
  for job in jobs {
    if let error = job.error { lines.append("\(job.id.text) failed: \(error)") }
  }
  if let job = jobs.first, jobs.count == 1 { lines += openChunks(of: job) }
  return lines.joined(separator: "\n")
}

private func openChunks(of job: JobProgress) -> [LogText] {
  let limit = 20
  let open = job.chunks.filter { $0.status != "completed" }
  guard !open.isEmpty else { return [] }
  var rows: [[LogText]] = [["CHUNK", "STATUS", "ITEMS", "ATTEMPTS", "COVERS"]]
  for chunk in open.prefix(limit) {
    let size = chunk.size.map { "/\(Figures.count($0))" } ?? ""
    rows.append([
      "\(chunk.ordinal)", "\(chunk.status)", "\(Figures.count(chunk.itemsDone) + size)", "\(chunk.attempts)",
      "\(chunk.scope)",
    ])
  }
  let more: [LogText] = open.count > limit ? ["… and \(open.count - limit) more chunks"] : []
  return [""] + aligned(rows) + more
}

/// Columns padded to their widest cell, two spaces apart.
private func aligned(_ rows: [[LogText]]) -> [LogText] {
  let widths = rows.reduce(into: [Int]()) { widths, row in
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], cell.text.count)
    }
  }
  return rows.map { row in
    row.enumerated().map { column, cell in
      let isLast = column == row.count - 1
      return isLast
        ? cell : cell + LogText(trusted: String(repeating: " ", count: widths[column] - cell.text.count + 2))
    }.joined()
  }
}

/// Jobs for machines: one line of JSON in ASCII, of which the Actions runner would execute nothing.
public func statusJSON(_ jobs: [JobProgress], now: Timestamp) -> String {
  func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
  func number(_ value: Double?) -> JSONValue { value.map { .number(($0 * 1_000).rounded() / 1_000) } ?? .null }
  func integer(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
  let list = jobs.map { job -> JSONValue in
    let pace = JobPace(job, now: now)
    let chunks = job.chunks.map { chunk -> JSONValue in
      [
        "ordinal": integer(chunk.ordinal), "status": .string(chunk.status), "scope": .string(chunk.scope),
        "items_done": integer(chunk.itemsDone), "size": integer(chunk.size), "attempts": integer(chunk.attempts),
      ]
    }
    return .object([
      "id": .string(job.id.text), "repository": job.repository.map { .string($0.description) } ?? .null,
      "status": .string(job.status),
      "complete": .bool(job.isComplete), "items": integer(job.items), "items_left": integer(pace.itemsLeft),
      "items_per_second": number(pace.itemsPerSecond), "eta_seconds": number(pace.secondsLeft),
      "eta": time(job.isComplete ? nil : pace.secondsLeft.map { now + $0.rounded() }),
      "chunk_count": integer(job.chunks.count), "remaining_chunks": integer(job.remainingChunks),
      "chunks": .array(chunks), "points": integer(job.points), "requests": integer(job.requests),
      "created_at": time(job.createdAt), "started_at": time(job.startedAt), "completed_at": time(job.completedAt),
      "error": job.error.map { .string($0) } ?? .null,
    ])
  }
  return asciiJSON((["generated_at": time(now), "jobs": .array(list)] as JSONValue).canonicalText)
}

/// `text` with everything outside ASCII, and every `#` after another, as `\u` escapes. Outside strings JSON has neither.
private func asciiJSON(_ text: String) -> String {
  var out = String.UnicodeScalarView()
  var previous: Unicode.Scalar = " "
  for scalar in text.unicodeScalars {
    if scalar.value < 0x7F, !(scalar == "#" && previous == "#") {
      out.append(scalar)
    } else {
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        out.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
      }
    }
    previous = scalar
  }
  return String(out)
}
