//! Values to and from the formats of serde (feature `serde`).
//!
//! Strings that are UTF-8 become strings, others bytes; durations become text such as `1.5s`, sizes their
//! number of bytes. Ranges, functions, jobs and secrets are refused. Deserialised values contain no durations
//! and sizes, since formats can't distinguish them from text and numbers.

use super::{List, Map, Str, Value, format};
use ::serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use ::serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use std::fmt;

impl Serialize for Str {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_utf8() {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_bytes(self.as_bytes()),
        }
    }
}

/// ```
/// use pipewright::Value;
///
/// let value = Value::from(vec![Value::from(1), Value::from("x"), Value::Null]);
/// let text = serde_json::to_string(&value)?;
/// assert_eq!(text, r#"[1,"x",null]"#);
/// let back: Value = serde_json::from_str(&text)?;
/// assert_eq!(format!("{back:?}"), "[1, 'x', null]");
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Duration(_) => serializer.serialize_str(&format::display(self, 100)),
            Value::Size(size) => serializer.serialize_i64(size.bytes),
            Value::Str(text) => text.serialize(serializer),
            Value::List(list) => serializer.collect_seq(list.iter()),
            Value::Map(map) => {
                let mut entries = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map.iter() {
                    entries.serialize_entry(key, value)?;
                }
                entries.end()
            }
            Value::Range(_) | Value::Opaque(_) => {
                Err(S::Error::custom(format!("{} has no form outside", self.type_of().phrase())))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, true or false, a number, a string, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map(Value::Int)
            .map_err(|_| E::custom(format!("{value} is not a 64-bit integer")))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        match value.is_finite() {
            true => Ok(value.into()),
            false => Err(E::custom(format!("{value} is not a number"))),
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = List::default();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Duration, Opaque, Range};

    #[test]
    fn values_that_json_can_hold_survive_a_round_trip() {
        let text = r#"{"b":[1,-2,1.5,true,null,"é"],"a":{}}"#;
        let value: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!(serde_json::to_string(&value).expect("it was JSON"), text);
    }

    #[test]
    fn values_without_a_form_are_errors() {
        let json = |value: Value| serde_json::to_string(&value).map_err(|error| error.to_string());
        assert_eq!(json(Value::from(Duration::from_nanos(1_500_000_000))), Ok("\"1.5s\"".to_owned()));
        assert_eq!(json(Value::str(b"\xff")), Ok("[255]".to_owned()));
        assert_eq!(json(Value::from(Opaque::new("job", "", 1))), Err("a job has no form outside".to_owned()));
        assert!(json(Value::Range(Range::new(1, 2, true).into())).is_err());
        assert!(serde_json::from_str::<Value>("18446744073709551615").is_err());
        assert!(serde_json::from_str::<Value>(&("[".repeat(200) + &"]".repeat(200))).is_err());
    }
}
