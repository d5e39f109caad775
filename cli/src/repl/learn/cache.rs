//! What was learned, for the sessions to come: a line of JSON for each text that was read.
//!
//! A program that has changed since, by its time or size, is asked again. The file can be deleted at any time; lines
//! that are none are passed over.

use super::options::Help;
use crate::repl::places;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// A program as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// When it was changed, in nanoseconds since 1970.
    time: u64,
    size: u64,
}

impl Version {
    pub fn of(data: &Metadata) -> Self {
        let since = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self { time: since.map_or(0, |since| since.as_nanos() as u64), size: data.len() }
    }
}

/// Who was asked: a program, and which command of it.
pub type Topic = (String, Vec<String>);

/// A line of the file.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    pub topic: Topic,
    pub version: Version,
    pub help: Help,
}

/// A longer file is begun anew: a hundred programs are in it then.
const MOST: u64 = 4 << 20;

/// All entries, the newest last.
pub fn read(path: &Option<PathBuf>) -> Vec<Entry> {
    let bytes = path.as_ref().and_then(|path| places::read(path, MOST).ok()).unwrap_or_default();
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Adds an entry by one write(2), as other sessions do at the same time. That it can't be kept is no reason to complain
/// about: it will be learned again.
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
    fn what_is_no_entry_is_passed_over() {
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
    fn a_file_that_has_grown_long_is_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = Some(directory.path().join("help.jsonl"));
        File::create(path.as_ref().unwrap()).and_then(|file| file.set_len(MOST)).unwrap();
        append(&path, &entry("/bin/a"));
        assert_eq!(read(&path).len(), 1);
    }
}
