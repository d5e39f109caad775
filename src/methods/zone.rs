//! Time zones: instants as text, and text as instants.
//!
//! UTC needs no data. Other zones come from the system's time zone database, through the feature
//! `dates`.

use super::access::{argument, optional_string, utf8};
use super::{Host, MethodError, Outcome};
use crate::value::{Duration, Value};

/// The offset of a zone from UTC at an instant, in seconds, and its name then.
pub struct Offset {
    pub seconds: i64,
    pub name: String,
}

impl Offset {
    fn utc() -> Self {
        Self { seconds: 0, name: "UTC".into() }
    }
}

/// Returns the name of the zone in an argument; none for UTC.
fn named(argument: &Value) -> Outcome<Option<&str>> {
    let Some(name) = optional_string(argument)? else { return Ok(None) };
    Ok(Some(name.to_utf8().unwrap_or("?")).filter(|name| !name.eq_ignore_ascii_case("utc")))
}

/// Returns the offset of the zone in the argument at this index; UTC if it is left out.
pub fn offset(host: &dyn Host, instant: Duration, arguments: &[Value], at: usize) -> Outcome<Offset> {
    match named(argument(arguments, at))? {
        None => Ok(Offset::utc()),
        Some(name) => system::offset(host, instant, name).map_err(|error| error.at(at)),
    }
}

/// Implements `parse_date(text, pattern?, zone?)`.
pub fn parse_date(host: &mut dyn Host, _: &Value, arguments: &mut [Value]) -> Outcome {
    let text = utf8("parse_date", argument(arguments, 0)).map_err(|error| error.at(0))?;
    let pattern = match argument(arguments, 1) {
        Value::Null => None,
        pattern => Some(utf8("parse_date", pattern).map_err(|error| error.at(1))?),
    };
    let zone = named(argument(arguments, 2))?;
    system::parse(host, text.trim(), pattern, zone).map(Value::from)
}

/// Implements `instant.days_since(earlier, zone?)`.
pub fn days_since(host: &mut dyn Host, this: &Value, arguments: &mut [Value]) -> Outcome {
    let (Value::Duration(later), Value::Duration(earlier)) = (this, argument(arguments, 0)) else {
        let message = "`days_since` takes an instant, as `now()` and `parse_date(…)` give one";
        return Err(MethodError::new(crate::diag::code::WRONG_TYPE, message).at(0));
    };
    let day = |instant: Duration, offset: &Offset| {
        (instant.nanos.div_euclid(1_000_000_000) + offset.seconds).div_euclid(86400)
    };
    let (to, from) = (offset(host, *later, arguments, 1)?, offset(host, *earlier, arguments, 1)?);
    Ok(Value::Int(day(*later, &to) - day(*earlier, &from)))
}

#[cfg(feature = "dates")]
mod system {
    use super::{Host, MethodError, Offset, Outcome};
    use crate::diag::{code, quote_word};
    use crate::value::Duration;
    use jiff::Timestamp;
    use jiff::civil::{DateTime, Time};
    use jiff::fmt::strtime;
    use jiff::tz::TimeZone;

    /// Returns the zone of this name; `local` is the zone that TZ names in the session's environment,
    /// otherwise the system's.
    fn zone(host: &dyn Host, name: &str) -> Outcome<TimeZone> {
        let own =
            host.time_zone().and_then(|zone| String::from_utf8(zone).ok()).filter(|zone| !zone.is_empty());
        let (name, found) = match own {
            _ if name != "local" => (name.to_owned(), TimeZone::get(name)),
            Some(own) => {
                let bare = own.strip_prefix(':').unwrap_or(&own).to_owned();
                let found = TimeZone::get(&bare).or_else(|error| TimeZone::posix(&bare).map_err(|_| error));
                (own, found)
            }
            None => (name.to_owned(), TimeZone::try_system()),
        };
        found.map_err(|_| {
            let message = format!("there is no time zone {} on this system", quote_word(name.as_bytes()));
            MethodError::new(code::BAD_VALUE, message)
                .help("name one of the system's database, such as \"Europe/Berlin\", or \"local\" or \"UTC\"")
        })
    }

    pub fn offset(host: &dyn Host, instant: Duration, name: &str) -> Outcome<Offset> {
        let zone = zone(host, name)?;
        let stamp = Timestamp::from_nanosecond(instant.nanos.into()).unwrap_or(Timestamp::UNIX_EPOCH);
        let found = zone.to_offset_info(stamp);
        Ok(Offset { seconds: found.offset().seconds().into(), name: found.abbreviation().to_owned() })
    }

    pub fn parse(
        host: &dyn Host,
        text: &str,
        pattern: Option<&str>,
        name: Option<&str>,
    ) -> Outcome<Duration> {
        let zone = name.map_or(Ok(TimeZone::UTC), |name| zone(host, name).map_err(|error| error.at(2)))?;
        let stamp = match pattern {
            Some(pattern) => by_pattern(text, pattern, zone),
            None => by_standard(text, zone),
        };
        let nanos = stamp.and_then(|stamp| {
            i64::try_from(stamp.as_nanosecond()).map_err(|_| "the year is out of range".into())
        });
        nanos.map(Duration::from_nanos).map_err(|reason| {
            let message = format!("`parse_date`: {} can't be read: {reason}", quote_word(text.as_bytes()));
            let error = MethodError::new(code::BAD_CONVERSION, message).at(0);
            if pattern.is_some() {
                error
            } else {
                error.help(
                    "without a pattern it reads 2026-11-30, 2026-11-30T17:05:00 and 2026-11-30T17:05:00Z; \
                    name any other form: parse_date(text, \"%d.%m.%Y\")",
                )
            }
        })
    }

    /// Parses ISO 8601, with or without a zone or an offset.
    fn by_standard(text: &str, zone: TimeZone) -> Result<Timestamp, String> {
        if let Ok(stamp) = text.parse::<Timestamp>() {
            return Ok(stamp);
        }
        let date: DateTime =
            text.parse().map_err(|_| "it is not a date in the form of ISO 8601".to_owned())?;
        zone.to_timestamp(date).map_err(|error| error.to_string())
    }

    fn by_pattern(text: &str, pattern: &str, zone: TimeZone) -> Result<Timestamp, String> {
        let read = strtime::parse(pattern, text).map_err(|error| error.to_string())?;
        if let Ok(stamp) = read.to_timestamp() {
            return Ok(stamp);
        }
        let date = read.to_date().map_err(|error| error.to_string())?;
        // Missing parts are those of the start of the day.
        let time = read.to_time().unwrap_or(Time::midnight());
        zone.to_timestamp(date.to_datetime(time)).map_err(|error| error.to_string())
    }
}

#[cfg(not(feature = "dates"))]
mod system {
    use super::{Host, MethodError, Offset, Outcome};
    use crate::value::Duration;

    pub fn offset(_: &dyn Host, _: Duration, _: &str) -> Outcome<Offset> {
        Err(MethodError::lacking("time zone but UTC", "dates"))
    }

    pub fn parse(_: &dyn Host, _: &str, _: Option<&str>, _: Option<&str>) -> Outcome<Duration> {
        Err(MethodError::lacking("`parse_date`", "dates"))
    }
}
