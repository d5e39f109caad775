//! The lines of a log as JSON.

use super::{Item, Unusable};
use serde::de::IgnoredAny;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The first line of a log, which names its loop.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The path of the script, or the name of a text that is not a file.
    pub script: &'a str,
    /// The variables of the loop, as the script writes them.
    pub variable: &'a str,
}

/// The beginning of the first line of each log, with the number of the format.
const BEGINNING: &[u8] = br#"{"pipewright_loop":1,"#;

impl Head<'_> {
    /// Returns the line, with its line feed.
    pub fn line(&self) -> Vec<u8> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let (script, variable) = (quoted(self.script), quoted(self.variable));
        let mut line = BEGINNING.to_vec();
        line.extend_from_slice(format!("\"script\":{script},\"variable\":{variable}}}\n").as_bytes());
        line
    }

    /// Returns true if a possibly incomplete first line belongs to a log.
    pub(super) fn begins(line: &[u8]) -> bool {
        let common = line.len().min(BEGINNING.len());
        line[..common] == BEGINNING[..common]
    }

    /// Checks that a first line names the expected loop.
    pub(super) fn check(line: &[u8], expected: &Self) -> Result<(), Unusable> {
        if !line.starts_with(BEGINNING) {
            return Err(Unusable::NoLog);
        }
        let head: serde_json::Value = serde_json::from_slice(line).map_err(|_| Unusable::NoLog)?;
        let text = |name| head[name].as_str().map(str::to_owned);
        let (Some(script), Some(variable)) = (text("script"), text("variable")) else {
            return Err(Unusable::NoLog);
        };
        if script == expected.script && variable == expected.variable {
            Ok(())
        } else {
            Err(Unusable::OtherLoop { script, variable })
        }
    }
}

/// A turn that has finished.
#[derive(Clone, Debug)]
pub struct Finished<'a> {
    pub item: &'a Item,
    /// The number of the turn in the input, from 1.
    pub number: u64,
    pub start: SystemTime,
    pub duration: Duration,
    /// How often the body was run.
    pub tries: u32,
    pub end: RecordedEnd<'a>,
    /// The machine that the turn ran on, unless it was this one.
    pub host: Option<&'a str>,
    /// The code of the error.
    pub code: Option<&'a str>,
    /// The processor time of the turn's programs.
    pub cpu: Duration,
    /// The largest amount of memory that one of the programs held, in bytes.
    pub memory: u64,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedEnd<'a> {
    Status(u8),
    /// The name of the signal that ended the turn or its program.
    Signal(&'a str),
}

impl Finished<'_> {
    /// Returns the line, with its line feed.
    pub fn line(&self) -> Vec<u8> {
        // The item comes first, so that a reader can take its text from the line unchanged.
        let mut line = format!("{{\"item\":{},", self.item.json()).into_bytes();
        // Numbers and short strings can always be serialized.
        let rest = serde_json::to_vec(&Rest(self)).unwrap_or_default();
        line.extend_from_slice(rest.strip_prefix(b"{").unwrap_or(&rest));
        line.push(b'\n');
        line
    }
}

/// The fields of a line after the item.
struct Rest<'a>(&'a Finished<'a>);

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let turn = self.0;
        let start = turn.start.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("number", &turn.number)?;
        map.serialize_entry("start", &seconds(start))?;
        map.serialize_entry("duration", &seconds(turn.duration))?;
        map.serialize_entry("tries", &turn.tries)?;
        match turn.end {
            RecordedEnd::Status(status) => map.serialize_entry("status", &status)?,
            RecordedEnd::Signal(signal) => map.serialize_entry("signal", signal)?,
        }
        map.serialize_entry("host", &turn.host)?;
        map.serialize_entry("code", &turn.code)?;
        map.serialize_entry("cpu", &seconds(turn.cpu))?;
        map.serialize_entry("memory", &turn.memory)?;
        map.end()
    }
}

/// Returns a time in seconds, rounded to the microsecond.
fn seconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e6
}

/// The parts of a line that a later run needs.
pub(super) struct Parsed<'a> {
    /// The text of the item.
    pub item: &'a [u8],
    pub succeeded: bool,
}

/// Parses a line. Returns `None` if it is not a record.
pub(super) fn parse(line: &[u8]) -> Option<Parsed<'_>> {
    let after = line.strip_prefix(br#"{"item":"#)?;
    let mut items = serde_json::Deserializer::from_slice(after).into_iter::<IgnoredAny>();
    items.next()?.ok()?;
    let (item, rest) = after.split_at(items.byte_offset());
    let mut rest = rest.to_vec();
    *rest.first_mut().filter(|byte| **byte == b',')? = b'{';
    let rest: serde_json::Value = serde_json::from_slice(&rest).ok()?;
    let succeeded = match (rest.get("status"), rest.get("signal")) {
        (Some(status), None) => status.as_u64()? == 0 && rest.get("code")?.is_null(),
        (None, Some(_)) => false,
        _ => return None,
    };
    Some(Parsed { item, succeeded })
}
