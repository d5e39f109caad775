//! A terminal that a test types at: a pseudo-terminal with a program on it, and all output so far.
//!
//! Tests wait for texts, never for times: [`Terminal::expect`] returns as soon as the text is there, and gives up
//! only after a time that is ample even on a slow machine.

use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::io::{PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The sequence that the line editor writes each time that it begins to read.
const READS: &str = "\x1b[?2004h";

/// The sequence that it writes when it has the line.
const TAKEN: &str = "\x1b[?2004l";

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    master: File,
    child: Child,
    /// Reads the output, until the writing end of a pipe is closed.
    reader: Option<(JoinHandle<()>, PipeWriter)>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    /// The length of the output that the test has checked.
    at: usize,
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    /// The time of the last output.
    came: Option<Instant>,
    closed: bool,
}

impl Terminal {
    /// Starts a program with a terminal of 24 lines and 80 columns that is its own.
    pub fn start(command: &mut Command) -> Self {
        super::inherited::shed();
        let (master, slave) = open();
        let descriptor = || Stdio::from(slave.try_clone().expect("a descriptor is left"));
        command.stdin(descriptor()).stdout(descriptor()).stderr(descriptor());
        // SAFETY: only system calls, between fork and exec.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().expect("the program starts");
        drop(slave);
        // It holds copies of the slave, which would keep the terminal open.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let seen: Arc<(Mutex<Seen>, Condvar)> = Arc::default();
        let (mut reader, shared) = (master.try_clone().expect("a descriptor is left"), seen.clone());
        let (closing, closes) = std::io::pipe().expect("a descriptor is left");
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let mut set = [PollFd::new(&reader, PollFlags::IN), PollFd::new(&closing, PollFlags::IN)];
                if poll(&mut set, None).is_ok() && !set[1].revents().is_empty() {
                    break;
                }
                // EIO: no process has the other side open.
                let count = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().expect("no test panics with it");
                seen.bytes.extend_from_slice(&buffer[..count]);
                seen.came = Some(Instant::now());
                seen.closed |= count == 0;
                shared.1.notify_all();
                if count == 0 {
                    break;
                }
            }
        });
        Self { master, child, reader: Some((thread, closes)), seen, at: 0 }
    }

    /// Presses keys.
    pub fn keys(&mut self, keys: &str) {
        self.bytes(keys.as_bytes());
    }

    /// Sends bytes that may not be UTF-8.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.master.write_all(bytes).expect("the terminal is open");
    }

    /// Gives the terminal another width.
    pub fn resize(&self, columns: u16) {
        let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the structure is read.
        assert!(unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &size) } == 0);
    }

    /// Waits until something outside the terminal has happened.
    #[track_caller]
    pub fn until(&self, what: &str, happened: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !happened() {
            if Instant::now() > deadline {
                let seen = self.seen.0.lock().expect("no reader panics").bytes[self.at..].to_vec();
                self.miss(what, &seen);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Takes all output so far as checked.
    pub fn catch_up(&mut self) {
        self.at = self.seen.0.lock().expect("no reader panics").bytes.len();
    }

    /// Types a line and presses Enter.
    pub fn line(&mut self, line: &str) {
        self.keys(line);
        self.keys("\r");
    }

    /// Types a line and waits until the editor has taken it. Later keys are for the program that it runs.
    #[track_caller]
    pub fn start_line(&mut self, line: &str) {
        self.line(line);
        self.expect_bytes(TAKEN);
    }

    /// Waits until the program reads a new entry. Returns the output until then.
    #[track_caller]
    pub fn ready(&mut self) -> String {
        plain(&self.expect_bytes(READS))
    }

    /// Types a line, and returns the output up to the next prompt, without the line itself.
    #[track_caller]
    pub fn run(&mut self, line: &str) -> String {
        self.line(line);
        let shown = self.ready();
        match shown.split_once('\n') {
            Some((_, after)) => after.to_string(),
            None => shown,
        }
    }

    /// Waits until a text is shown, which escape sequences may interrupt. Returns all output up to its end.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        self.wait(|bytes| {
            // The shortest part of the output that shows it. Searched backwards from the last byte.
            let shown = plain(bytes);
            shown.contains(text).then(|| {
                let (mut low, mut high) = (0, bytes.len());
                while low < high {
                    let middle = (low + high) / 2;
                    if plain(&bytes[..middle]).contains(text) { high = middle } else { low = middle + 1 }
                }
                low
            })
        })
        .map_or_else(|seen| self.miss(&format!("shown: {text:?}"), &seen), |bytes| plain(&bytes))
    }

    /// Waits until one of several texts is shown, and returns which. If several are shown, the first of the list
    /// counts.
    #[track_caller]
    pub fn expect_one(&mut self, texts: &[&str]) -> usize {
        let which = |bytes: &[u8]| {
            let shown = plain(bytes);
            texts.iter().position(|text| shown.contains(text))
        };
        match self.wait(|bytes| which(bytes).map(|_| bytes.len())) {
            Ok(bytes) => which(&bytes).unwrap_or_default(),
            Err(seen) => self.miss(&format!("shown: any of {texts:?}"), &seen),
        }
    }

    /// Waits for exact bytes, including escape sequences. Returns all output up to their end.
    #[track_caller]
    pub fn expect_bytes(&mut self, text: &str) -> Vec<u8> {
        let end = |bytes: &[u8]| memchr::memmem::find(bytes, text.as_bytes()).map(|at| at + text.len());
        self.wait(end).unwrap_or_else(|seen| self.miss(&format!("written: {text:?}"), &seen))
    }

    /// Fails with the output so far, and with the processes on the terminal.
    #[track_caller]
    fn miss(&self, what: &str, seen: &[u8]) -> ! {
        let seen = String::from_utf8_lossy(seen);
        let processes: String = processes_of(self.pid()).into_iter().map(|one| format!("\n{one}")).collect();
        panic!("never {what}\nbut:\n{}\nwith these processes:{processes}", seen.escape_debug());
    }

    fn wait(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> Result<Vec<u8>, Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().expect("no reader panics");
        loop {
            if let Some(end) = end(&seen.bytes[self.at..]) {
                let found = seen.bytes[self.at..self.at + end].to_vec();
                self.at += end;
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.closed {
                return Err(seen.bytes[self.at..].to_vec());
            }
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panics").0;
        }
    }

    /// Waits for output and then for a pause. Returns the time of the last byte.
    #[track_caller]
    pub fn quiet(&mut self, pause: Duration) -> Instant {
        self.wait(|bytes| (!bytes.is_empty()).then_some(1)).expect("something is written");
        let mut seen = self.seen.0.lock().expect("no reader panics");
        loop {
            let came = seen.came.expect("something was written");
            let left = pause.saturating_sub(came.elapsed());
            if left.is_zero() || seen.closed {
                self.at = seen.bytes.len();
                return came;
            }
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panics").0;
        }
    }

    /// Returns the time of the last byte.
    pub fn came(&self) -> Instant {
        self.seen.0.lock().expect("no reader panics").came.expect("something was written")
    }

    /// Waits for the program's end. Returns how it ended, and the output until then.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                let _ = self.wait(|_| None::<usize>);
                let seen = self.seen.0.lock().expect("no reader panics");
                return (status, plain(&seen.bytes[self.at..]));
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the terminal, as a user closes a window, and waits for the program's end.
    #[track_caller]
    pub fn hang_up(mut self) -> ExitStatus {
        if let Some((thread, closes)) = self.reader.take() {
            drop(closes);
            thread.join().expect("no reader panics");
        }
        self.master = File::open("/dev/null").expect("it is there");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the text without escape sequences and carriage returns.
pub fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    // The text with which the prompt ends a line that a program has left open.
    let text = text.replace(&format!("\u{23ce}{}", " ".repeat(79)), "");
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' if letters.peek() == Some(&'[') => {
                letters.next();
                // A control sequence ends with its first letter (ECMA-48, 5.4).
                while letters.next().is_some_and(|c| !('\x40'..='\x7e').contains(&c)) {}
            }
            // A title ends with BEL (Xterm Control Sequences).
            '\x1b' if letters.peek() == Some(&']') => drop(letters.find(|letter| *letter == '\x07')),
            '\x1b' => drop(letters.next()),
            '\r' | '\x07' => {}
            other => out.push(other),
        }
    }
    out
}

/// Returns the processes of a session, with the fields of proc_pid_stat(5) up to the foreground group, and their
/// signals.
fn processes_of(session: u32) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").expect("procfs").flatten();
    let described = entries.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let fields: Vec<&str> = stat.split(' ').take(8).collect();
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let signals = status.lines().filter(|line| line.starts_with("Sig") || line.starts_with("Shd"));
        let signals: Vec<String> = signals.map(|line| line.replace('\t', " ")).collect();
        (*fields.get(5)? == session.to_string())
            .then(|| format!("{} {}", fields.join(" "), signals.join(", ")))
    });
    described.collect()
}

/// Opens a terminal: the side of the test, and the side of the programs.
pub fn open() -> (File, OwnedFd) {
    let mut name = [0; 64];
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: descriptors that are not shared; the name fits, or ptsname_r(3) reports an error.
    unsafe {
        let master = libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(master >= 0, "a pseudo-terminal is left");
        assert!(libc::grantpt(master) == 0 && libc::unlockpt(master) == 0);
        assert!(libc::ptsname_r(master, name.as_mut_ptr(), name.len()) == 0);
        let slave = libc::open(name.as_ptr(), libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC);
        assert!(slave >= 0, "it has another side");
        let master = File::from_raw_fd(master);
        assert!(libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &size) == 0);
        (master, OwnedFd::from_raw_fd(slave))
    }
}
