import CCurl
import Glibc
import Synchronization

/// The thread that owns the multi handle: https://curl.se/libcurl/c/libcurl-multi.html.
///
/// Every libcurl call but `curl_multi_wakeup` happens on that thread, which also creates nothing that it does not
/// destroy itself before it ends. Other threads reach it by the mailbox alone; `curl_multi_wakeup` is called under the
/// mailbox's lock and only while `isStopping` is false, hence never on a handle that was cleaned up. Whatever is in
/// the mailbox when the loop stops is answered there, so that no continuation is lost.
@safe final class TransferLoop: Sendable {
  typealias Reply = CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>

  /// Names one transfer before and while it runs.
  final class Ticket: Sendable {
    let isCancelled = Atomic(false)
  }

  enum Command {
    case start(HTTPRequest, Ticket, Reply)
    case cancel(Ticket)
  }

  private struct Mailbox {
    var commands: [Command] = []
    var isStopping = false
    var thread = pthread_t()
  }

  private let configuration: HTTPClient.Configuration
  // Safe: the pointer never changes, and the type's comment says who uses it when.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer
  private let mailbox = Mutex(Mailbox())

  /// `curl_global_init` must have run once before any other call; a Swift `static let` is initialised exactly once.
  private static let globalInit: CURLcode = curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32))

  private init(configuration: HTTPClient.Configuration, multi: UnsafeMutableRawPointer) {
    self.configuration = configuration
    unsafe self.multi = multi
  }

  /// Starts the thread.
  static func start(_ configuration: HTTPClient.Configuration) throws(HTTPError) -> TransferLoop {
    guard globalInit == CURLE_OK, let multi = unsafe curl_multi_init() else {
      throw HTTPError(.other(code: Int(globalInit.rawValue)), mayHaveBeenSent: false, detail: "libcurl did not start")
    }
    // By default as few idle connections are kept as transfers are under way, times four: a burst would lose its own.
    _ = unsafe curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, 100)
    let loop = unsafe TransferLoop(configuration: configuration, multi: multi)
    // The new thread inherits a mask with every signal blocked: SIGINT and SIGTERM belong to whoever waits for them,
    // and a SIGPIPE of OpenSSL's, which libcurl does not catch under CURLOPT_NOSIGNAL, becomes EPIPE.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(loop)
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      unsafe context.release()
      unsafe curl_multi_cleanup(multi)
      throw HTTPError(.other(code: Int(code)), mayHaveBeenSent: false, detail: "no thread could be started")
    }
    loop.mailbox.withLock { $0.thread = thread }
    return loop
  }

  /// Hands the command to the thread; false where the loop has stopped and will not look at it.
  func post(_ command: Command) -> Bool {
    mailbox.withLock { mailbox in
      guard !mailbox.isStopping else { return false }
      mailbox.commands.append(command)
      unsafe curl_multi_wakeup(multi)
      return true
    }
  }

  /// Ends the thread and waits for that.
  func stop() {
    let thread: pthread_t? = mailbox.withLock { mailbox in
      guard !mailbox.isStopping else { return nil }
      mailbox.isStopping = true
      unsafe curl_multi_wakeup(multi)
      return mailbox.thread
    }
    guard let thread else { return }
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }

  // MARK: On the thread

  private func run() {
    var transfers: [ObjectIdentifier: Transfer] = [:]
    var isStopping = false
    while !isStopping {
      let commands: [Command]
      (commands, isStopping) = mailbox.withLock { mailbox in
        defer { mailbox.commands.removeAll() }
        return (mailbox.commands, mailbox.isStopping)
      }
      for command in commands {
        switch command {
        case .start(let request, let ticket, let reply): start(request, ticket, reply, in: &transfers)
        case .cancel(let ticket): cancel(ObjectIdentifier(ticket), in: &transfers)
        }
      }
      guard !isStopping else { break }
      var running: Int32 = 0
      unsafe curl_multi_perform(multi, &running)
      finishCompleted(in: &transfers)
      // libcurl shortens the wait to its own next timeout; a wakeup that came since the last poll ends it at once.
      unsafe curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    for id in Array(transfers.keys) { cancel(id, in: &transfers) }
    unsafe curl_multi_cleanup(multi)
  }

  private func start(
    _ request: HTTPRequest, _ ticket: Ticket, _ reply: Reply, in transfers: inout [ObjectIdentifier: Transfer]
  ) {
    guard !ticket.isCancelled.load(ordering: .acquiring) else {
      reply.resume(returning: .failure(HTTPError(.cancelled, mayHaveBeenSent: false, detail: "")))
      return
    }
    do throws(HTTPError) {
      let transfer = try Transfer(request, configuration, ticket: ticket, reply: reply)
      let code = unsafe curl_multi_add_handle(multi, transfer.easy)
      guard code == CURLM_OK else {
        throw HTTPError(.other(code: Int(code.rawValue)), mayHaveBeenSent: false, detail: "libcurl took no transfer")
      }
      transfers[ObjectIdentifier(ticket)] = transfer
    } catch {
      reply.resume(returning: .failure(error))
    }
  }

  private func cancel(_ id: ObjectIdentifier, in transfers: inout [ObjectIdentifier: Transfer]) {
    guard let transfer = transfers.removeValue(forKey: id) else { return }
    // The reply goes first: removing a handle may wait for a name that is being resolved.
    transfer.cancel()
    unsafe curl_multi_remove_handle(multi, transfer.easy)
  }

  private func finishCompleted(in transfers: inout [ObjectIdentifier: Transfer]) {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else { continue }
      // The message dies with curl_multi_remove_handle: read it first.
      let code = unsafe message.pointee.data.result
      unsafe curl_multi_remove_handle(multi, easy)
      guard let entry = transfers.first(where: { unsafe $0.value.easy == easy }) else { continue }
      transfers.removeValue(forKey: entry.key)
      entry.value.complete(code)
    }
  }
}
