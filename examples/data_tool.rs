//! A format in Rust, the rest in a script: the host reads CSV, which a shell can't, and the script
//! processes the columns with programs.
//!
//! ```sh
//! cargo run --example data_tool -- FILE.csv COLUMN
//! ```

use pipewright::{Engine, FromValue, StageCx, StageError};
use std::env;
use std::io::BufRead;

/// The most frequent values of a column.
const REPORT: &str = r#"
    csv $column < $file | sort | uniq -c | sort -k 1,1nr -k 2 | head -n 5 | each line {
        let words = line.trim().split(" ", 2)
        echo "$[words[0].pad_start(5)]  ${words[1]}"
    }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args().skip(1);
    let (Some(file), Some(column)) = (args.next(), args.next()) else {
        return Err("usage: data_tool FILE COLUMN".into());
    };
    let engine = Engine::builder().stage("csv", csv).build()?;
    let script = engine.script_builder("report").input("file").input("column").parse(REPORT)?;
    if let Err(error) = engine.session().run(&script).arg("file", file).arg("column", column).status() {
        eprint!("{}", error.render(false, 100));
        std::process::exit(error.exit_code().into());
    }
    Ok(())
}

/// `csv COLUMN…`: prints the named columns of the table on its standard input, separated by tabs.
fn csv(cx: &mut StageCx<'_>) -> Result<u8, StageError> {
    let wanted: Vec<String> = cx.args().iter().map(String::from_value).collect::<Result<_, _>>()?;
    let streams = cx.streams();
    let Some(header) = record(streams.stdin)? else { return Err(StageError::new("the table is empty")) };
    let place = |name: &String| {
        let found = header.iter().position(|column| column == name);
        found.ok_or_else(|| StageError::new(format!("no column `{name}`")).with_status(2))
    };
    let places = wanted.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
    // One record at a time, so a table of any size needs only a few kilobytes.
    while let Some(fields) = record(streams.stdin)? {
        let row: Vec<&str> = places.iter().map(|at| fields.get(*at).map_or("", String::as_str)).collect();
        writeln!(streams.stdout, "{}", row.join("\t").replace('\n', " "))?;
    }
    Ok(0)
}

/// Reads the next record (RFC 4180). Fields in quotes may contain commas, line ends and doubled quotes.
fn record(input: &mut dyn BufRead) -> Result<Option<Vec<String>>, StageError> {
    let mut line = String::new();
    // Within quotes the record continues after the end of the line.
    while line.matches('"').count() % 2 == 1 || line.is_empty() {
        if input.read_line(&mut line)? == 0 {
            match line.is_empty() {
                true => return Ok(None),
                false => return Err(StageError::new("a quote is never closed")),
            }
        }
    }
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => fields.last_mut().unwrap().push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => fields.last_mut().unwrap().push(letter),
        }
    }
    Ok(Some(fields))
}
