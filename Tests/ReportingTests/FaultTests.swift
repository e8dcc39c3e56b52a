import Domain
import Markup
import Reporting
import Testing

@Suite("Faults in a summary")
struct FaultTests {
  private struct Mistake: UserFacingError {
    var exitStatus: Domain.ExitStatus { .configuration }
    var location: Domain.SourceLocation?
    var problem: String { "c.yml:7:3: 'lable' is no key of *then*" }
    var advice: String { "Did you mean 'label'?" }
  }
  private struct Mistakes: UserFacingError {
    var count: Int
    var exitStatus: Domain.ExitStatus { .configuration }
    var problem: String { "c.yml has \(count) errors" }
    var advice: String { "Correct each." }
    var parts: [any UserFacingError] {
      (0..<count).map { _ in Mistake(location: Domain.SourceLocation(file: "c.yml", line: 7, column: 3)) }
    }
  }

  @Test("one that stands for several lists each with its line and what was meant")
  func parts() {
    let text = Fault(Mistakes(count: 2)).markdown.text
    let lines = text.split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("- **Line 7**, column 3: ") }.count == 2, "\(text)")
    #expect(text.contains("Did you mean") && text.contains("**What to do:** Correct each."))
    // The place is told once, and what the file says stays text.
    #expect(!text.contains("c.yml:7:3") && !text.contains(" *then*"))
  }

  @Test("a list has an end, and says what it leaves out")
  func bound() {
    let text = Fault(Mistakes(count: 60)).markdown.text
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("- **Line") }.count == 50)
    #expect(text.contains("- … and 10 more"))
  }

  @Test("one by itself has no list")
  func single() {
    let text = Fault(Mistake()).markdown.text
    #expect(!text.contains("\n- "))
  }
}
