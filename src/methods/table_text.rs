//! `table(rows)`: rows as text in columns, for a report or a terminal.

use unicode_width::UnicodeWidthStr;

use super::access::{argument, list};
use super::limits::{self, Pace};
use super::{Host, MethodError, Outcome};
use crate::diag::{code, visible};
use crate::value::format::display;
use crate::value::{List, Map, Value};

/// The gap between two columns.
const GAP: &str = "  ";

/// The text of a cell, and whether it is a number. Numbers are aligned at the right, so that their
/// digits line up.
type Cell = (String, bool);

/// Implements `table(rows)`: with a header for maps, without one for lists.
pub fn table(host: &mut dyn Host, _: &Value, arguments: &mut [Value]) -> Outcome {
    let rows = list(argument(arguments, 0))?;
    let table = match rows.first() {
        None => return Ok("".into()),
        Some(Value::Map(_)) => with_header(host, rows)?,
        Some(Value::List(_)) => without_header(host, rows)?,
        Some(other) => return Err(not_a_row("table", 0, other, "a map or a list")),
    };
    let columns = table.iter().map(Vec::len).max().unwrap_or_default();
    let widest =
        |column: usize| table.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.width()).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or_default()).collect();
    let line = widths.iter().sum::<usize>() + GAP.len() * columns;
    limits::bytes(host, "table", table.len().checked_mul(line))?;
    let mut out = String::new();
    let mut pace = Pace::default();
    for row in &table {
        pace.turn(host)?;
        let start = out.len();
        for ((text, is_number), width) in row.iter().zip(&widths) {
            let blank = " ".repeat(width.saturating_sub(text.width()));
            let (left, right) = if *is_number { (&*blank, "") } else { ("", &*blank) };
            out.extend([left, text, right, GAP]);
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }
    Ok(out.into())
}

/// Returns the keys of all maps in the order of their first appearance, then a row for each map.
fn with_header(host: &mut dyn Host, rows: &List) -> Outcome<Vec<Vec<Cell>>> {
    let (maps, keys) = columns_of("table", host, rows)?;
    let cell_of = |map: &Map, key: &[u8]| map.get(key).map_or_else(Cell::default, cell);
    // The name of a column of numbers is above their last digits.
    let are_numbers = |key: &[u8]| {
        maps.iter()
            .all(|map| map.get(key).is_none_or(|value| matches!(value, Value::Null) || is_number(value)))
    };
    let header = keys.iter().map(|key| (visible(key), are_numbers(key))).collect();
    let row = |map: &&Map| keys.iter().map(|key| cell_of(map, key)).collect();
    Ok(std::iter::once(header).chain(maps.iter().map(row)).collect())
}

/// Returns the maps of a list, and the keys of all of them in the order of their first appearance.
pub(super) fn columns_of<'v>(
    function: &'static str,
    host: &mut dyn Host,
    rows: &'v List,
) -> Outcome<(Vec<&'v Map>, Vec<&'v [u8]>)> {
    let mut pace = Pace::default();
    let mut maps = Vec::with_capacity(rows.len());
    let mut keys = indexmap::IndexSet::new();
    for (at, row) in rows.iter().enumerate() {
        let Value::Map(map) = row else { return Err(not_a_row(function, at, row, "a map, as the first")) };
        pace.turn(host)?;
        keys.extend(map.keys().map(|key| &**key));
        limits::items(host, function, keys.len() * rows.len())?;
        maps.push(map);
    }
    Ok((maps, keys.into_iter().collect()))
}

fn without_header(host: &mut dyn Host, rows: &List) -> Outcome<Vec<Vec<Cell>>> {
    let mut pace = Pace::default();
    let mut table = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let Value::List(cells) = row else { return Err(not_a_row("table", at, row, "a list, as the first")) };
        pace.turn(host)?;
        table.push(cells.iter().map(cell).collect());
    }
    Ok(table)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::default(),
        Value::Str(text) => (visible(text), false),
        other => (display(other, 200), is_number(other)),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_) | Value::Size(_) | Value::Duration(_))
}

/// Returns the error of an element that can't be a row of the table.
#[cold]
pub(super) fn not_a_row(function: &str, at: usize, found: &Value, wanted: &str) -> MethodError {
    let message = format!(
        "`{function}` takes a list of rows, and element {at} is {} where it expects {wanted}",
        found.type_of().phrase()
    );
    MethodError::new(code::WRONG_TYPE, message)
        .at(0)
        .help("make a row of each element: xs.map(x => {name: x})")
}
