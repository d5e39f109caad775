//! The history: each entry, with its directory, its time and its result.
//!
//! There is one file for all sessions, with a line of JSON for each entry. A line is appended by one write(2) to a
//! file that is open for appending, so that no session loses or cuts another session's line. To delete entries, a new
//! file takes the place of the old one, which is locked (flock(2)) during that time; so is it for an append. The file is
//! never run as code: an entry is read back as text.

use super::commands::text;
use super::places;
use pipewright::diag::visible;
use pipewright::{StageCx, StageError};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// The file that was read last. It stays open, so that no other file gets its inode.
    file: Option<File>,
    /// Whether to read everything again.
    is_stale: bool,
}

/// The entries since the last read.
pub struct News {
    /// Whether entries were deleted, so that these are all entries and not only the newest.
    begins_anew: bool,
    entries: Vec<Entry>,
}

impl News {
    const NONE: Self = Self { begins_anew: false, entries: Vec::new() };

    pub fn begins_anew(&self) -> bool {
        self.begins_anew
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// How much of the end of the file is read at the start: some thousands of entries, in some milliseconds.
const AT_HAND: u64 = 1 << 20;

impl History {
    /// Creates the history of a file, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        Self { path, at: length.saturating_sub(AT_HAND), file: None, is_stale: false }
    }

    /// Returns the entries since the last call, of this session or another; at first the newest ones.
    pub fn read(&mut self) -> News {
        let Ok(mut file) = places::open(&self.path) else { return News::NONE };
        let Ok(data) = file.metadata() else { return News::NONE };
        // Entries were deleted, or the file was truncated.
        let is_other = self.file.as_ref().is_some_and(|before| !is_same(before, &data));
        let begins_anew = std::mem::take(&mut self.is_stale) || is_other || data.len() < self.at;
        if begins_anew {
            self.at = data.len().saturating_sub(AT_HAND);
        }
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(self.at)).and_then(|_| file.read_to_end(&mut bytes));
        self.file = Some(file);
        if read.is_err() {
            return News { begins_anew, ..News::NONE };
        }
        // The last line may be incomplete.
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        self.at += whole as u64;
        News { begins_anew, entries: entries(&bytes[..whole]) }
    }

    /// Reads everything again in the next call.
    pub fn read_anew(&mut self) {
        self.is_stale = true;
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

fn is_same(file: &File, data: &Metadata) -> bool {
    file.metadata().is_ok_and(|before| (before.dev(), before.ino()) == (data.dev(), data.ino()))
}

/// Returns the entries of complete lines. Skips lines that are not entries, such as a first line that was cut.
fn entries(lines: &[u8]) -> Vec<Entry> {
    lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Deletes entries from a file. Returns their number.
///
/// # Errors
/// Fails as open(2), write(2) and rename(2) do, or if another process holds the lock.
pub fn delete(path: &Path, is_meant: impl Fn(&Entry) -> bool) -> std::io::Result<usize> {
    // The file of a link, so that the link stays.
    let path = &std::fs::canonicalize(path)?;
    let mut file = places::locked(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let is_deleted = |line: &&[u8]| serde_json::from_slice(line).is_ok_and(|entry: Entry| is_meant(&entry));
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let kept: Vec<&[u8]> = lines.iter().copied().filter(|line| !is_deleted(line)).collect();
    if kept.len() < lines.len() {
        let other = path.with_extension(format!("{}.new", std::process::id()));
        let replaced = places::create(&other).and_then(|mut file| {
            file.write_all(&kept.concat())?;
            file.sync_all()?;
            std::fs::rename(&other, path)
        });
        if replaced.is_err() {
            let _ = std::fs::remove_file(&other);
        }
        replaced?;
    }
    Ok(lines.len() - kept.len())
}

/// The arguments of `history`.
#[derive(Default)]
struct Arguments {
    here: bool,
    failed: bool,
    delete: bool,
    last: Option<usize>,
    words: Vec<String>,
}

impl Arguments {
    fn parse(args: impl Iterator<Item = String>) -> Option<Self> {
        let (mut parsed, mut args) = (Self::default(), args);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--here" => parsed.here = true,
                "--failed" => parsed.failed = true,
                "--delete" => parsed.delete = true,
                "--last" => parsed.last = Some(args.next()?.parse().ok()?),
                option if option.starts_with('-') => return None,
                _ => parsed.words.push(arg),
            }
        }
        // Nothing deletes all entries by accident.
        let is_limited = parsed.here || parsed.failed || parsed.last.is_some() || !parsed.words.is_empty();
        (!parsed.delete || is_limited).then_some(parsed)
    }

    fn fits(&self, entry: &Entry, directory: &str) -> bool {
        (!self.here || entry.directory == directory)
            && (!self.failed || entry.status != 0)
            && self.words.iter().all(|word| entry.text.contains(word))
    }
}

/// Implements `history [--here] [--failed] [--last N] [--delete] [WORD…]` and `history --private on|off`.
pub fn command(cx: &mut StageCx<'_>, path: Option<&Path>, private: &AtomicBool) -> Result<u8, StageError> {
    let args: Vec<String> = cx.args().iter().map(text).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--private"] | ["--private", "on"] => {
            private.store(true, Ordering::Relaxed);
            return Ok(0);
        }
        ["--private", "off"] => {
            private.store(false, Ordering::Relaxed);
            return Ok(0);
        }
        _ => {}
    }
    let Some(arguments) = Arguments::parse(args.iter().map(|arg| (*arg).to_owned())) else {
        cx.stderr().write_all(USAGE.as_bytes())?;
        return Ok(2);
    };
    let directory = cx.cwd().to_string_lossy().into_owned();
    let bytes = path.and_then(|path| places::read(path, u64::MAX).ok()).unwrap_or_default();
    let mut found = entries(&bytes);
    found.retain(|entry| arguments.fits(entry, &directory));
    found.drain(..found.len().saturating_sub(arguments.last.unwrap_or(usize::MAX)));
    let out = if arguments.delete
        && let Some(path) = path
    {
        let deleted = delete(path, |entry| found.contains(entry))?;
        format!("{deleted} entr{} deleted\n", if deleted == 1 { "y" } else { "ies" })
    } else {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        found.iter().map(|entry| line(entry, now)).collect()
    };
    cx.stdout().write_all(out.as_bytes())?;
    Ok(u8::from(found.is_empty()))
}

const USAGE: &str = "\
usage: history [--here] [--failed] [--last N] [WORD...]
       history --delete [--here] [--failed] [--last N] [WORD...]    with at least one of these
       history --private [on|off]
";

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
        assert_eq!(history.read().entries, [entry("one"), entry("two")]);
    }

    #[test]
    fn sessions_share_a_file_and_lose_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state/history.jsonl");
        let mut first = History::new(path.clone());
        assert_eq!(first.read().entries, []);
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
        let read = first.read().entries;
        assert_eq!(read.len(), 401);
        assert_eq!(read[0], entry("one\nline two"));
        assert_eq!(first.read().entries, []);
        first.append(&entry("last")).unwrap();
        assert_eq!(first.read().entries, [entry("last")]);
    }

    #[test]
    fn lines_that_are_not_entries_are_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        std::fs::write(&path, b"half a line\"}\n{\"text\":\"a\"}\n\xff\n{\"text\":\"on its w").unwrap();
        let mut history = History::new(path);
        assert_eq!(history.read().entries.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn a_deleted_entry_is_gone_and_what_others_append_at_that_time_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        let mut history = History::new(path.clone());
        for i in 0..50 {
            history.append(&entry(&format!("secret {i}"))).unwrap();
        }
        assert_eq!(history.read().entries.len(), 50);
        let other = History::new(path.clone());
        let thread =
            std::thread::spawn(move || (0..200).for_each(|i| other.append(&entry(&format!("{i}"))).unwrap()));
        for i in 0..50 {
            let deleted = delete(&path, |entry| entry.text == format!("secret {i}")).unwrap();
            assert_eq!(deleted, 1);
        }
        thread.join().unwrap();
        let news = history.read();
        assert!(news.begins_anew);
        assert_eq!(news.entries.len(), 200);
        assert!(!std::fs::read_to_string(&path).unwrap().contains("secret"));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(delete(&path, |_| false).unwrap(), 0);
        assert!(!history.read().begins_anew);
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
