//! Durations as text, and instants. An instant is a duration since 1970-01-01 00:00 UTC, so that the
//! difference of two is the time between them, and `now() - 7d` was a week ago.

use super::access::{argument, optional_string, unbound};
use super::zone::{self, Offset};
use super::{Host, MethodError, Outcome};
use crate::diag::quote_word;
use crate::value::{Duration, Value};
use std::fmt::Write;

type Arguments<'a> = &'a mut [Value];

const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86400;

fn duration(value: &Value) -> Outcome<Duration> {
    match value {
        Value::Duration(duration) => Ok(*duration),
        other => Err(unbound("duration", other)),
    }
}

/// Implements `now()`.
pub fn now(host: &mut dyn Host, _: &Value, _: Arguments) -> Outcome {
    Ok(host.now().into())
}

/// Implements `d.abs()`.
pub fn abs(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Duration::from_nanos(duration(this)?.nanos.saturating_abs()).into())
}

pub fn seconds(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    Ok(Value::Float(duration(this)?.as_secs_f64()))
}

/// Returns a duration for people: the two largest units; below a minute, seconds or milliseconds with
/// three digits.
pub fn format(_: &mut dyn Host, this: &Value, _: Arguments) -> Outcome {
    let nanos = duration(this)?.nanos;
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    // Rounded first to the precision that is shown: 59.9996s is 1m, not 60s.
    let seconds = |unit: u64| (nanos + unit / 2) / unit;
    let text = if nanos < SECOND - 500_000 {
        fraction(seconds(1000), 1000, "ms")
    } else if nanos < 60 * SECOND - 5_000_000 {
        fraction(seconds(10_000_000), 100, "s")
    } else {
        let s = seconds(SECOND);
        let (days, hours, minutes) = (s / 86400, s / 3600 % 24, s / 60 % 60);
        match (days, s / 3600) {
            (0, 0) => pair(minutes, "m", s % 60, "s"),
            (0, _) => pair(hours, "h", minutes, "m"),
            _ => pair(days, "d", hours, "h"),
        }
    };
    Ok(format!("{sign}{text}").into())
}

fn pair(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit} {small}{small_unit}")
    }
}

/// Returns `count / parts` with a unit, without trailing zeros.
fn fraction(count: u64, parts: u64, unit: &str) -> String {
    let places = parts.ilog10() as usize;
    let text = format!("{}.{:0places$}", count / parts, count % parts);
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Returns the date and time of an instant, by the signs of strftime(3), in UTC by default.
pub fn date(host: &mut dyn Host, this: &Value, arguments: Arguments) -> Outcome {
    let instant = duration(this)?;
    let offset = zone::offset(host, instant, arguments, 1)?;
    let is_utc = offset.name == "UTC";
    let standard = if is_utc { &b"%Y-%m-%dT%H:%M:%SZ"[..] } else { b"%Y-%m-%dT%H:%M:%S%z" };
    let pattern = optional_string(argument(arguments, 0))?.map_or(standard, |text| text);
    let date = Date::of(instant.nanos, offset);
    let mut out = Vec::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        let sign = rest.first().copied();
        rest = rest.get(1..).unwrap_or_default();
        match sign.and_then(|sign| date.part(sign)) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => {
                let shown = quote_word(&[&b"%"[..], sign.as_slice()].concat());
                let message = format!("`date` knows no {shown}");
                return Err(MethodError::value(message, 0)
                    .help("it knows %Y %m %d %H %M %S %F %T %j %a %A %b %B %s %N %z %Z %%; others by date(1): date -d @$seconds"));
            }
        }
        super::limits::bytes(host, "date", Some(out.len()))?;
    }
    Ok(out.into())
}

/// The parts of an instant.
struct Date {
    year: i64,
    /// The month, from 1.
    month: i64,
    day: i64,
    /// The day of the year, from 1.
    day_of_year: i64,
    /// The day of the week, from Sunday.
    weekday: i64,
    second_of_day: i64,
    second: i64,
    nanos: i64,
    offset: Offset,
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Date {
    /// Computes the date. 64 bits of nanoseconds reach only 292 years around 1970, so counting years is
    /// fast enough.
    fn of(nanos: i64, offset: Offset) -> Self {
        let second = nanos.div_euclid(1_000_000_000);
        let local = second + offset.seconds;
        let days = local.div_euclid(DAY);
        let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let year_len = |year: i64| if is_leap(year) { 366 } else { 365 };
        let (mut year, mut day) = (1970, days);
        while day < 0 {
            year -= 1;
            day += year_len(year);
        }
        while day >= year_len(year) {
            day -= year_len(year);
            year += 1;
        }
        let day_of_year = day + 1;
        let mut month = 1;
        let lens = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for len in lens {
            if day < len {
                break;
            }
            day -= len;
            month += 1;
        }
        Self {
            year,
            month,
            day: day + 1,
            day_of_year,
            // 1970 began on a Thursday.
            weekday: (days + 4).rem_euclid(7),
            second_of_day: local.rem_euclid(DAY),
            second,
            nanos: nanos.rem_euclid(1_000_000_000),
            offset,
        }
    }

    /// Returns the text for a sign.
    fn part(&self, sign: u8) -> Option<String> {
        let name = |names: &[&'static str], at: i64| {
            usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or_default()
        };
        let weekday = name(&WEEKDAYS, self.weekday);
        let month = name(&MONTHS, self.month - 1);
        let (hour, minute, second) =
            (self.second_of_day / 3600, self.second_of_day / 60 % 60, self.second_of_day % 60);
        let mut out = String::new();
        _ = match sign {
            b'Y' => write!(out, "{}", self.year),
            b'm' => write!(out, "{:02}", self.month),
            b'd' => write!(out, "{:02}", self.day),
            b'F' => write!(out, "{}-{:02}-{:02}", self.year, self.month, self.day),
            b'H' => write!(out, "{hour:02}"),
            b'M' => write!(out, "{minute:02}"),
            b'S' => write!(out, "{second:02}"),
            b'T' => write!(out, "{hour:02}:{minute:02}:{second:02}"),
            b'j' => write!(out, "{:03}", self.day_of_year),
            b'a' => write!(out, "{}", &weekday[..3]),
            b'A' => write!(out, "{weekday}"),
            b'b' => write!(out, "{}", &month[..3]),
            b'B' => write!(out, "{month}"),
            b's' => write!(out, "{}", self.second),
            b'N' => write!(out, "{:09}", self.nanos),
            b'z' => {
                let (sign, minutes) = if self.offset.seconds < 0 {
                    ('-', -self.offset.seconds / 60)
                } else {
                    ('+', self.offset.seconds / 60)
                };
                write!(out, "{sign}{:02}{:02}", minutes / 60, minutes % 60)
            }
            b'Z' => write!(out, "{}", self.offset.name),
            b'%' => write!(out, "%"),
            _ => return None,
        };
        Some(out)
    }
}
