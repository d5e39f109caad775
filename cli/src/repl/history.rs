//! The history: each entry, with its directory, its time and its result.
//!
//! There is one file for all sessions, with a line of JSON for each entry. A line is appended by one write(2) to a
//! file that is open for appending, so that no session loses or cuts another session's line. The file is never run as
//! code: an entry is read back as text.

use super::commands::text;
use super::places;
use pipewright::diag::visible;
use pipewright::{StageCx, StageError};
use serde::{Deserialize, Serialize};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A recorded entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub text: String,
    /// The directory in which it ran.
    #[serde(default)]
    pub directory: String,
    /// The time at which it began, in seconds since 1970.
    #[serde(default)]
    pub time: u64,
    #[serde(default)]
    pub milliseconds: u64,
    #[serde(default)]
    pub status: u8,
}

/// The file of all sessions, as far as this one has read it.
pub struct History {
    path: PathBuf,
    /// The number of bytes that were read.
    at: u64,
}

/// How much of the end of the file is read at the start: some thousands of entries, in some milliseconds.
const AT_HAND: u64 = 1 << 20;

impl History {
    /// Creates the history of a file, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        Self { path, at: length.saturating_sub(AT_HAND) }
    }

    /// Returns the entries since the last call, of this session or another; at first the newest ones.
    pub fn read(&mut self) -> Vec<Entry> {
        let Ok(mut file) = places::open(&self.path) else { return Vec::new() };
        // If the file was truncated, reading starts again.
        if file.metadata().is_ok_and(|data| data.len() < self.at) {
            self.at = 0;
        }
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(self.at)).and_then(|_| file.read_to_end(&mut bytes));
        if read.is_err() {
            return Vec::new();
        }
        // The last line may be incomplete.
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        self.at += whole as u64;
        entries(&bytes[..whole])
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// Fails as open(2) and write(2) do.
    pub fn append(&self, entry: &Entry) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        places::append(&self.path, &line)
    }
}

/// Returns the entries of complete lines. Skips lines that are not entries, such as a first line that was cut.
fn entries(lines: &[u8]) -> Vec<Entry> {
    lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Implements `history [--here] [--failed] [--last N] [WORD…]`.
pub fn command(cx: &mut StageCx<'_>, path: Option<&Path>) -> Result<u8, StageError> {
    let (mut here, mut failed, mut last, mut words) = (false, false, usize::MAX, Vec::new());
    let mut args = cx.args().iter().map(text).collect::<Vec<_>>().into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--here" => here = true,
            "--failed" => failed = true,
            "--last" => match args.next().and_then(|count| count.parse().ok()) {
                Some(count) => last = count,
                None => return usage(cx),
            },
            option if option.starts_with('-') => return usage(cx),
            _ => words.push(arg),
        }
    }
    let directory = cx.cwd().to_string_lossy().into_owned();
    let bytes = path.and_then(|path| places::read(path, u64::MAX).ok()).unwrap_or_default();
    let is_meant = |entry: &Entry| {
        (!here || entry.directory == directory)
            && (!failed || entry.status != 0)
            && words.iter().all(|word| entry.text.contains(word))
    };
    let entries: Vec<Entry> = entries(&bytes).into_iter().filter(is_meant).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut out = String::new();
    for entry in &entries[entries.len().saturating_sub(last)..] {
        out.push_str(&line(entry, now));
    }
    cx.stdout().write_all(out.as_bytes())?;
    Ok(u8::from(entries.is_empty()))
}

fn usage(cx: &mut StageCx<'_>) -> Result<u8, StageError> {
    cx.stderr().write_all(b"usage: history [--here] [--failed] [--last N] [WORD...]\n")?;
    Ok(2)
}

/// Returns a line with the age, the status if it is not 0, the duration if it was long, and the text.
fn line(entry: &Entry, now: u64) -> String {
    let status = if entry.status == 0 { String::new() } else { entry.status.to_string() };
    let took = Duration::from_millis(entry.milliseconds);
    let took = if took >= super::text::LONG { super::text::duration(took) } else { String::new() };
    let text = entry.text.lines().map(|line| visible(line.as_bytes())).collect::<Vec<_>>().join("\n    ");
    format!("{:>4} {status:>3} {took:>6}  {text}\n", ago(now.saturating_sub(entry.time)))
}

/// Returns the age in the largest unit, independent of the time zone.
fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry { text: text.into(), directory: "/tmp".into(), time: 100, milliseconds: 5, status: 0 }
    }

    #[test]
    fn a_cut_line_does_not_affect_other_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        let mut history = History::new(path.clone());
        history.append(&entry("one")).unwrap();
        std::fs::write(&path, [&std::fs::read(&path).unwrap(), &b"{\"text\":\"cu"[..]].concat()).unwrap();
        history.append(&entry("two")).unwrap();
        assert_eq!(history.read(), [entry("one"), entry("two")]);
    }

    #[test]
    fn sessions_share_a_file_and_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state/history.jsonl");
        let mut first = History::new(path.clone());
        assert_eq!(first.read(), []);
        first.append(&entry("one\nline two")).unwrap();
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let history = History::new(path);
                    (0..50).for_each(|i| history.append(&entry(&format!("{thread} {i}"))).unwrap());
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let read = first.read();
        assert_eq!(read.len(), 401);
        assert_eq!(read[0], entry("one\nline two"));
        assert_eq!(first.read(), []);
        first.append(&entry("last")).unwrap();
        assert_eq!(first.read(), [entry("last")]);
    }

    #[test]
    fn lines_that_are_not_entries_are_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        std::fs::write(&path, b"half a line\"}\n{\"text\":\"a\"}\n\xff\n{\"text\":\"on its w").unwrap();
        let mut history = History::new(path);
        assert_eq!(history.read().iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn no_other_process_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        History::new(path.clone()).append(&entry("a")).unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_reports_the_result() {
        assert_eq!(line(&entry("make"), 100 + 7200), "  2h             make\n");
        let failed = Entry { status: 2, milliseconds: 65_000, ..entry("make\ntest") };
        assert_eq!(line(&failed, 130), " 30s   2   1m5s  make\n    test\n");
    }
}
