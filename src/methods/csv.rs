//! CSV (RFC 4180): `csv(text)` and `to_csv(rows)`.
//!
//! - The first record has the names of the columns, unless `header: false` is given; a record of a different
//!   length is an error.
//! - Fields are strings: `int(row.n)` converts one to a number.

use super::access::{argument, list, optional_string, optional_truth, string};
use super::limits::{self, Growth, Pace};
use super::table_text::{columns_of, not_a_row};
use super::{Host, MethodError, Outcome};
use crate::diag::{code, quote_word};
use crate::value::format::to_word;
use crate::value::{Map, Str, Value};
use indexmap::IndexMap;
use std::collections::HashSet;

type Arguments<'a> = &'a mut [Value];

/// Implements `csv(text, header?, separator?)`.
pub fn parse(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let has_header = optional_truth(argument(arguments, 1))?.unwrap_or(true);
    let separator = separator("csv", arguments, 2)?;
    let text = string(argument(arguments, 0))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    check_quotes(text, separator)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(text);
    let mut growth = Growth::new(host, "csv");
    let mut header: Option<Vec<Str>> = None;
    let mut record = csv::ByteRecord::new();
    let mut rows = Vec::new();
    while reader.read_byte_record(&mut record).map_err(|error| unreadable(&error))? {
        let bytes = record.as_slice().len() + record.len() * size_of::<Value>();
        growth.add(1, bytes)?;
        let fields = record.iter().map(Str::from);
        match &header {
            None if has_header => header = Some(unique(fields.collect())?),
            None => rows.push(Value::from(fields.map(Value::Str).collect::<Vec<_>>())),
            Some(names) => {
                let row: IndexMap<Str, Value> = names.iter().cloned().zip(fields.map(Value::Str)).collect();
                rows.push(Map::from_entries(row).into());
            }
        }
    }
    Ok(rows.into())
}

/// Refuses text that a parser would have to guess: a quoted field without an end, which would take all following
/// lines, and text after the end of one. A quote within a field that doesn't begin with one is text.
fn check_quotes(text: &[u8], separator: u8) -> Outcome<()> {
    enum At {
        Start,
        Unquoted,
        /// The field began in this line.
        Quoted(usize),
        /// After a quote that ends the field, or is the first of two.
        Quote(usize),
    }
    let (mut at, mut line) = (At::Start, 1);
    for &byte in text {
        at = match (at, byte) {
            (At::Start, b'"') => At::Quoted(line),
            (At::Quoted(since), b'"') => At::Quote(since),
            (At::Quoted(since), _) => At::Quoted(since),
            (At::Quote(since), b'"') => At::Quoted(since),
            (_, b'\n' | b'\r') => At::Start,
            (_, byte) if byte == separator => At::Start,
            (At::Quote(_), _) => {
                let message = format!("`csv`: text follows the quote that ends a field at line {line}");
                let help = "within quotes, write a quote twice: \"say \"\"hi\"\"\"";
                return Err(MethodError::new(code::BAD_CONVERSION, message).at(0).help(help));
            }
            (At::Start | At::Unquoted, _) => At::Unquoted,
        };
        line += usize::from(byte == b'\n');
    }
    match at {
        At::Quoted(since) => {
            let message = format!("`csv`: the quote that begins a field at line {since} has no end");
            Err(MethodError::new(code::BAD_CONVERSION, message).at(0))
        }
        _ => Ok(()),
    }
}

/// Returns the names of columns, each of which must be unique.
fn unique(names: Vec<Str>) -> Outcome<Vec<Str>> {
    let mut seen = HashSet::with_capacity(names.len());
    for name in &names {
        if !seen.insert(name.as_bytes()) {
            let message = format!("`csv`: two columns are named {}", quote_word(name));
            let help = "take the records as lists: csv(text, header: false)";
            return Err(MethodError::new(code::BAD_CONVERSION, message).at(0).help(help));
        }
    }
    Ok(names)
}

#[cold]
fn unreadable(error: &csv::Error) -> MethodError {
    let line = error.position().map_or(0, csv::Position::line);
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!(
                "`csv`: the number of fields at line {line} is {len}, and that of the first record is {expected_len}"
            )
        }
        _ => format!("`csv`: the record at line {line} can't be read"),
    };
    MethodError::new(code::BAD_CONVERSION, message).at(0)
}

/// Implements `to_csv(rows, separator?)`.
pub fn write(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let separator = separator("to_csv", arguments, 1)?;
    let rows = list(argument(arguments, 0))?;
    let mut pace = Pace::default();
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    match rows.first() {
        None => {}
        Some(Value::Map(_)) => {
            let (maps, keys) = columns_of("to_csv", host, rows)?;
            put(&mut writer, keys.iter().map(|key| key.to_vec()))?;
            for map in maps {
                pace.turn(host)?;
                let fields = keys.iter().map(|key| map.get(key).map_or_else(|| Ok(Vec::new()), field));
                put(&mut writer, fields.collect::<Outcome<Vec<_>>>()?)?;
                limits::bytes(host, "to_csv", Some(writer.get_ref().len()))?;
            }
        }
        Some(Value::List(_)) => {
            for (at, row) in rows.iter().enumerate() {
                let Value::List(fields) = row else {
                    return Err(not_a_row("to_csv", at, row, "a list, as the first"));
                };
                pace.turn(host)?;
                put(&mut writer, fields.iter().map(field).collect::<Outcome<Vec<_>>>()?)?;
                limits::bytes(host, "to_csv", Some(writer.get_ref().len()))?;
            }
        }
        Some(other) => return Err(not_a_row("to_csv", 0, other, "a map or a list")),
    }
    Ok(writer.into_inner().map_err(|_| MethodError::Host)?.into())
}

fn put(writer: &mut csv::Writer<Vec<u8>>, fields: impl IntoIterator<Item = Vec<u8>>) -> Outcome<()> {
    writer.write_record(fields).map_err(|error| {
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("`to_csv`: the number of fields in a row is {len}, and that of the first row is {expected_len}")
            }
            _ => "`to_csv`: a row can't be written".to_string(),
        };
        MethodError::value(message, 0)
    })
}

/// Returns the text of a field, as a program would receive it as an argument; empty for null.
fn field(value: &Value) -> Outcome<Vec<u8>> {
    if matches!(value, Value::Null) {
        return Ok(Vec::new());
    }
    match to_word(value) {
        Ok(word) => Ok(word.to_vec()),
        Err(error) => {
            let message = format!("`to_csv`: a field is {}, which has no text", value.type_of().phrase());
            Err(MethodError::new(code::NOT_A_WORD, message).at(0).help(error.hint()))
        }
    }
}

/// Returns the separator of fields, a comma by default.
fn separator(function: &str, arguments: &[Value], at: usize) -> Outcome<u8> {
    match optional_string(argument(arguments, at))?.map(|text| text.as_bytes()) {
        None => Ok(b','),
        Some([byte]) if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        Some(_) => Err(MethodError::value(format!("`{function}`: a separator is one ASCII character"), at)
            .help("write one such as \",\", \";\" or $\"\\t\"")),
    }
}
