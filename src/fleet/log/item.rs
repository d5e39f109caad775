//! An item of a loop in the form in which the log stores it.

use crate::value::json_text::Text;
use crate::value::{Type, Value};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The JSON text of an item. Text that is not UTF-8 becomes `{"base64": "…"}`; durations and sizes become strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item(String);

/// The reason why a log can't store a value as an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoItem {
    /// The value is a secret or holds one.
    Secret,
    /// The value is or holds a value that JSON can't express.
    Type(Type),
}

/// The deepest nesting of lists and maps in an item.
const DEPTH: usize = 128;

impl Item {
    pub fn of(value: &Value) -> Result<Self, NoItem> {
        refuse(value, DEPTH)?;
        // Serialization fails only for values that `refuse` refuses.
        serde_json::to_string(&Json(value)).map(Self).map_err(|_| NoItem::Type(value.type_of()))
    }

    /// Returns the item of a loop that takes keys and values.
    pub fn of_pair(key: &Value, value: &Value) -> Result<Self, NoItem> {
        let [key, value] = [Self::of(key)?, Self::of(value)?];
        Ok(Self(format!("[{},{}]", key.0, value.0)))
    }

    pub fn json(&self) -> &str {
        &self.0
    }
}

/// Refuses a value that the log can't store.
fn refuse(value: &Value, depth: usize) -> Result<(), NoItem> {
    match value {
        secret if secret.as_secret().is_some() => Err(NoItem::Secret),
        Value::Opaque(_) => Err(NoItem::Type(value.type_of())),
        Value::List(_) | Value::Map(_) if depth == 0 => Err(NoItem::Type(value.type_of())),
        Value::List(list) => list.iter().try_for_each(|element| refuse(element, depth - 1)),
        Value::Map(map) => map.values().try_for_each(|element| refuse(element, depth - 1)),
        _ => Ok(()),
    }
}

struct Json<'a>(&'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Str(text) => Text(text.as_bytes().into()).serialize(serializer),
            Value::List(list) => {
                let mut elements = serializer.serialize_seq(Some(list.len()))?;
                for element in list.iter() {
                    elements.serialize_element(&Json(element))?;
                }
                elements.end()
            }
            Value::Map(map) => {
                let mut entries = serializer.serialize_map(Some(map.len()))?;
                for (key, element) in map.iter() {
                    entries.serialize_entry(&String::from_utf8_lossy(key.as_bytes()), &Json(element))?;
                }
                entries.end()
            }
            other => serializer.serialize_str(&crate::value::format::display(other, usize::MAX)),
        }
    }
}
