//! The records of an audit log, as JSON has them.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;

/// A line of the log.
#[derive(Serialize)]
pub struct Record<'a> {
    pub run: &'a str,
    pub seq: u64,
    /// The digest of the line before of the same run.
    pub prev: &'a str,
    /// Seconds since 1970-01-01 00:00 UTC.
    pub time: f64,
    #[serde(flatten)]
    pub entry: &'a Entry<'a>,
}

/// What a line tells of.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Entry<'a> {
    /// The run begins.
    Begin { script: Text<'a>, args: Vec<Text<'a>>, pid: u32, user: u32, directory: Text<'a> },
    /// A program is about to be started.
    Exec {
        at: String,
        program: Text<'a>,
        argv: Vec<Text<'a>>,
        directory: Text<'a>,
        redirections: Vec<Redirected<'a>>,
        /// What is not as this process inherited it; null is a variable that was removed.
        environment: Variables<'a>,
        user: u32,
    },
    /// It ended: the `seq` of its `exec`, and what it used, in seconds and bytes.
    End {
        exec: u64,
        #[serde(flatten)]
        end: Ended,
    },
    /// It could not be started.
    Failed { exec: u64, reason: Text<'a> },
    /// The target of a redirection is about to be opened.
    Open { at: String, mode: &'static str, path: Text<'a> },
    /// `write()` is about to write a file.
    Write { at: String, path: Text<'a>, append: bool, bytes: usize },
    /// `kill` or `job.kill()` is about to send a signal.
    Kill { at: String, signal: String, targets: Vec<i32> },
    /// The run ended.
    Finish { status: u8 },
}

/// How a process ended.
#[derive(Serialize)]
pub struct Ended {
    pub pid: Option<i32>,
    pub status: Option<u8>,
    pub signal: Option<String>,
    pub wall: f64,
    pub user: f64,
    pub system: f64,
    pub memory: u64,
}

/// A redirection of a program.
#[derive(Serialize)]
pub struct Redirected<'a> {
    pub fd: i32,
    pub mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<i32>,
}

/// Bytes: a string where they are UTF-8, else `{"base64": "…"}`.
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &base64(&self.0))?;
                map.end()
            }
        }
    }
}

/// Names and values, in their order.
pub struct Variables<'a>(pub Vec<(Cow<'a, str>, Option<Text<'a>>)>);

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// RFC 4648, 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        let json = |bytes: &[u8]| serde_json::to_string(&Text(bytes.into())).unwrap();
        assert_eq!(json(b"a\"\n"), r#""a\"\n""#);
        assert_eq!(json(b"\xff"), r#"{"base64":"/w=="}"#);
        // The examples of RFC 4648, 10.
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, expected) in vectors.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *expected);
        }
    }
}
