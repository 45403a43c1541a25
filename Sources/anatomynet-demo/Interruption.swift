import Glibc
import MedicalImageFiles

/// What happens when somebody ends the program while it works.
enum Interruption {
    /// From now on SIGINT, SIGTERM and SIGHUP end the process as they always do, but take unfinished files
    /// along. To be called before any other thread starts.
    static func removePartialFiles() {
        let signals = UnsafeMutablePointer<sigset_t>.allocate(capacity: 1)
        sigemptyset(signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            sigaction(number, nil, &action)
            // Whoever started the program may want one to be ignored, as nohup does.
            if action.__sigaction_handler.sa_handler == nil { sigaddset(signals, number) }
        }
        // A thread that waits for them may take locks and remove files, which a signal handler may not. All
        // others inherit that they are blocked.
        pthread_sigmask(SIG_BLOCK, signals, nil)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { signals in
                if let signals { Interruption.wait(for: signals.assumingMemoryBound(to: sigset_t.self)) }
                return nil
            }, signals)
        if status != 0 { pthread_sigmask(SIG_UNBLOCK, signals, nil) }
    }

    private static func wait(for signals: UnsafeMutablePointer<sigset_t>) {
        var number: Int32 = 0
        guard sigwait(signals, &number) == 0 else { return }
        PartialFiles.remove {
            // The shell learns of the signal only from a process that ends by it.
            pthread_sigmask(SIG_UNBLOCK, signals, nil)
            raise(number)
            _exit(128 + number)
        }
    }
}
