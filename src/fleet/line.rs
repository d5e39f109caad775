//! The progress line of a loop or a program, fitted to the width of a terminal.

use super::progress::State;
use super::watched::Part;
use crate::diag::visible;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The smallest number of columns for an item. With fewer columns the line omits the item.
const SHORTEST_ITEM: usize = 8;

impl State {
    /// Returns the line, at most `columns` wide. Without a limit it is a line for a log file.
    pub fn line(&self, columns: Option<usize>) -> String {
        let width = columns.unwrap_or(usize::MAX);
        let done = match self.total {
            Some(total) => format!("{}/{total}", self.done),
            None => format!("{} done", self.done),
        };
        // In the order of the line. The part with the highest number is omitted last.
        let mut parts = vec![(0, done)];
        if self.failed > 0 {
            parts.push((1, format!("{} failed", self.failed)));
        }
        parts.push((3, format!("{} running", self.running)));
        if let Some(rate) = self.rate {
            parts.push((4, rate_text(rate)));
        }
        if let Some(left) = self.left {
            parts.push((2, format!("{} left", time_text(left))));
        }
        while parts.len() > 1 && joined_width(&parts) > width {
            let Some(least) = (0..parts.len()).max_by_key(|at| parts[*at].0) else { break };
            parts.remove(least);
        }
        let mut line = parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ");
        if let Some((item, time)) = &self.oldest {
            let (before, after) = (", oldest: ", format!(" ({})", time_text(*time)));
            let room = width.saturating_sub(line.width() + before.width() + after.width());
            if room >= SHORTEST_ITEM {
                line += &format!("{before}{}{after}", cut(item, room));
            }
        }
        cut(&line, width)
    }
}

impl Part {
    /// Returns the line of a program that has run for `after`. `part` is the part of its work that is done, if known.
    pub fn line(part: Option<Self>, name: &str, after: Duration, columns: Option<usize>) -> String {
        let width = columns.unwrap_or(usize::MAX);
        let mut line = match part {
            Some(part) => format!("{:.0}%", (part.done * 100.0).floor()),
            None => format!("running for {}", time_text(after)),
        };
        if let Some(left) = part.and_then(|part| part.left) {
            line += &format!(", {} left", time_text(left));
        }
        let room = width.saturating_sub(line.width() + 2);
        if room >= SHORTEST_ITEM.min(name.width()) {
            line = format!("{}: {line}", cut(name, room));
        }
        cut(&line, width)
    }
}

fn joined_width(parts: &[(u32, String)]) -> usize {
    parts.iter().map(|(_, text)| text.width() + 2).sum::<usize>() - 2
}

/// Returns a text with control characters escaped, cut to `room` columns.
fn cut(text: &str, room: usize) -> String {
    let text = visible(text.as_bytes());
    if text.width() <= room {
        return text;
    }
    let mut kept = String::new();
    let mut width = 1;
    for character in text.chars() {
        width += character.width().unwrap_or(0);
        if width > room {
            break;
        }
        kept.push(character);
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// Formats a rate per second, or per minute or hour if it is less than one per second.
fn rate_text(rate: f64) -> String {
    let units = [(1.0, "s"), (60.0, "min"), (3600.0, "h")];
    let (factor, unit) = units.into_iter().find(|(factor, _)| rate * factor >= 1.0).unwrap_or(units[2]);
    let rate = rate * factor;
    if rate < 10.0 { format!("{rate:.1}/{unit}") } else { format!("{rate:.0}/{unit}") }
}

/// Formats a time in its two largest units.
fn time_text(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state() -> State {
        State {
            done: 120,
            total: Some(200),
            running: 8,
            failed: 2,
            rate: Some(3.25),
            left: Some(Duration::from_secs(25)),
            oldest: Some(("clips/2026-11-30 beach.mov".into(), Duration::from_secs(75))),
        }
    }

    #[test]
    fn the_line_has_what_fits() {
        let lines = [
            (
                None,
                "120/200, 2 failed, 8 running, 3.2/s, 25s left, oldest: clips/2026-11-30 beach.mov (1m 15s)",
            ),
            (Some(80), "120/200, 2 failed, 8 running, 3.2/s, 25s left, oldest: clips/2026-11-3… (1m 15s)"),
            (Some(40), "120/200, 2 failed, 8 running, 25s left"),
            (Some(30), "120/200, 2 failed, 25s left"),
            (Some(10), "120/200"),
            (Some(4), "120…"),
        ];
        for (columns, expected) in lines {
            assert_eq!(state().line(columns), expected, "{columns:?}");
        }
    }

    #[test]
    fn a_loop_of_lines_has_no_total() {
        let state = State { total: None, failed: 0, left: None, rate: Some(0.002), oldest: None, ..state() };
        assert_eq!(state.line(None), "120 done, 8 running, 7.2/h");
    }

    #[test]
    fn an_item_can_not_move_the_cursor() {
        let state = State { oldest: Some(("a\r\x1b[2Jb".into(), Duration::ZERO)), ..state() };
        assert!(!state.line(None).contains(['\r', '\x1b']), "{}", state.line(None));
    }

    #[test]
    fn a_program_is_named_where_there_is_room() {
        let part = Part::new(0.455, Duration::from_secs(10));
        let line = |part, columns| Part::line(part, "rsync", Duration::from_secs(10), columns);
        assert_eq!(line(Some(part), None), "rsync: 45%, 11s left");
        assert_eq!(line(Some(part), Some(15)), "45%, 11s left");
        assert_eq!(line(None, None), "rsync: running for 10s");
    }

    #[test]
    fn times_are_short() {
        let times = [(0, "0s"), (59, "59s"), (61, "1m 01s"), (3700, "1h 01m"), (90_000, "1d 01h")];
        for (seconds, expected) in times {
            assert_eq!(time_text(Duration::from_secs(seconds)), expected);
        }
    }

    proptest! {
        #[test]
        fn the_line_is_never_wider_than_the_terminal(
            columns in 0_usize..120, item in "\\PC{0,60}", total in proptest::option::of(0_u64..1_000_000),
            failed in 0_u64..1000, rate in proptest::option::of(1e-6_f64..1e6),
        ) {
            let oldest = Some((item, Duration::from_secs(5)));
            let state = State { total, failed, rate, oldest, ..state() };
            prop_assert!(state.line(Some(columns)).width() <= columns);
        }
    }
}
