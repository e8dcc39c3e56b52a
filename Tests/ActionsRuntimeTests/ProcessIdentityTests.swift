import ActionsRuntime
import Foundation
import Testing

@Suite struct ProcessIdentityTests {
  @Test func whoLivesIsNotDead() {
    let me = ProcessIdentity.own.text
    #expect(me.split(separator: "/").count == 4)
    #expect(!ProcessIdentity.isKnownDead(me))
  }

  @Test func aReusedPidAndAnEndedProcessAreDead() throws {
    var parts = ProcessIdentity.own.text.split(separator: "/").map(String.init)
    parts[3] = "1"
    #expect(ProcessIdentity.isKnownDead(parts.joined(separator: "/")))
    let process = Process()
    process.executableURL = URL(filePath: "/bin/true")
    try process.run()
    let pid = process.processIdentifier
    process.waitUntilExit()
    parts[2] = String(pid)
    #expect(ProcessIdentity.isKnownDead(parts.joined(separator: "/")))
  }

  @Test(arguments: ["", "///", "other-boot/pid:[1]/1/1", "a/b/c/d", "worker"])
  func nothingIsKnownOfOtherMachines(text: String) {
    #expect(!ProcessIdentity.isKnownDead(text))
  }
}
