//! The cache of learned help for later sessions: a line of JSON for each text.
//!
//! A program that has changed since, by its time or size, is asked again. The file can be deleted at any time;
//! invalid lines are skipped.

use super::options::Help;
use crate::repl::places;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// The current version of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The time of its last change, in nanoseconds since 1970.
    time: u64,
    size: u64,
}

impl Version {
    pub fn of(data: &Metadata) -> Self {
        let since = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { time: since.map_or(0, |since| since.as_nanos() as u64), size: data.len() }
    }
}

/// The program, and the command of it that was asked about.
pub type Topic = (String, Vec<String>);

/// A line of the file.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    pub topic: Topic,
    pub version: Version,
    pub help: Help,
}

/// The largest file, which holds the help of about a hundred programs. A larger file is replaced by a new one.
const MOST: u64 = 4 << 20;

/// Returns all entries, the newest last.
pub fn read(path: &Option<PathBuf>) -> Vec<Entry> {
    let bytes = path.as_ref().and_then(|path| places::read(path, MOST).ok()).unwrap_or_default();
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Adds an entry by one write(2), as other sessions may do at the same time. A failure is ignored: the help will be
/// learned again.
pub fn append(path: &Option<PathBuf>, entry: &Entry) {
    let Some(path) = path else { return };
    let Ok(mut line) = serde_json::to_vec(entry) else { return };
    line.push(b'\n');
    if std::fs::metadata(path).is_ok_and(|data| data.len() + line.len() as u64 > MOST) {
        let _ = std::fs::remove_file(path);
    }
    let _ = places::append(path, &line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Write;

    fn entry(name: &str) -> Entry {
        let help = Help { options: Vec::new(), commands: vec![("build".into(), "builds".into())] };
        Entry { topic: (name.into(), Vec::new()), version: Version { time: 1, size: 2 }, help }
    }

    #[test]
    fn lines_that_are_not_entries_are_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = Some(directory.path().join("pipewright/help.jsonl"));
        assert!(read(&path).is_empty());
        append(&path, &entry("/bin/a"));
        std::fs::OpenOptions::new()
            .append(true)
            .open(path.as_ref().unwrap())
            .and_then(|mut file| file.write_all(b"{\"topic\":\xff\n[1]\n"))
            .unwrap();
        append(&path, &entry("/bin/b"));
        let topics: Vec<String> = read(&path).into_iter().map(|entry| entry.topic.0).collect();
        assert_eq!(topics, ["/bin/a", "/bin/b"]);
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(path.as_ref().unwrap()).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_has_grown_long_is_restarted() {
        let directory = tempfile::tempdir().unwrap();
        let path = Some(directory.path().join("help.jsonl"));
        File::create(path.as_ref().unwrap()).and_then(|file| file.set_len(MOST)).unwrap();
        append(&path, &entry("/bin/a"));
        assert_eq!(read(&path).len(), 1);
    }
}
