//! Direct access to the content of a value, for a host.

use super::{FromValue, List, Map, Value, ValueError, ops};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

impl Value {
    /// Returns the value as a type of Rust.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let pair = Value::from(["web", "80"]);
    /// assert_eq!(pair.to::<(String, String)>()?.0, "web");
    /// assert_eq!(pair.to::<u16>().unwrap_err().to_string(), "the value is a list, not an integer");
    /// # Ok::<(), pipewright::ValueError>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the value has another type, or does not fit.
    pub fn to<'v, T: FromValue<'v>>(&'v self) -> Result<T, ValueError> {
        T::from_value(self)
    }

    /// Returns the text of a string that is UTF-8.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// assert_eq!(Value::from("a").as_str(), Some("a"));
    /// assert_eq!((Value::from(1).as_str(), Value::from(b"\xff").as_str()), (None, None));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        self.to().ok()
    }

    /// Returns the bytes of a string.
    ///
    /// ```
    /// assert_eq!(pipewright::Value::from(b"\xff").as_bytes(), Some(&b"\xff"[..]));
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.to().ok()
    }

    /// Returns a bool.
    ///
    /// ```
    /// assert_eq!(pipewright::Value::from(true).as_bool(), Some(true));
    /// ```
    pub fn as_bool(&self) -> Option<bool> {
        self.to().ok()
    }

    /// Returns an integer.
    ///
    /// ```
    /// assert_eq!(pipewright::Value::from(3).as_int(), Some(3));
    /// ```
    pub fn as_int(&self) -> Option<i64> {
        self.to().ok()
    }

    /// Returns a float, or an integer as one.
    ///
    /// ```
    /// assert_eq!(pipewright::Value::from(3).as_float(), Some(3.0));
    /// ```
    pub fn as_float(&self) -> Option<f64> {
        self.to().ok()
    }

    /// Returns the elements of a list.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let list = Value::from([1, 2]);
    /// assert_eq!(list.as_list().into_iter().flatten().filter_map(Value::as_int).sum::<i64>(), 3);
    /// ```
    pub fn as_list(&self) -> Option<&List> {
        if let Value::List(list) = self { Some(list) } else { None }
    }

    /// Returns the entries of a map.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let map: Value = [("web", 80), ("mail", 25)].into_iter().collect();
    /// for (name, port) in map.as_map().ok_or("no map")? {
    ///     println!("{}: {port:?}", name.to_utf8()?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = self { Some(map) } else { None }
    }

    /// Returns the value of a key; none if it is not a map or has no such key.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// let map: Value = [("web", 80)].into_iter().collect();
    /// assert_eq!(map.get("web").and_then(Value::as_int), Some(80));
    /// assert!(map.get("mail").is_none() && Value::from(1).get("web").is_none());
    /// ```
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        self.as_map()?.get(key.as_ref())
    }
}

/// As `==` of the language: an integer equals a float with its value, and maps are equal in any order. Values of different
/// types, which the language refuses to compare, are not equal.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        ops::equal(self, other).unwrap_or(false)
    }
}

macro_rules! equal {
    ($($type:ty)*) => {
        $(impl PartialEq<$type> for Value {
            fn eq(&self, other: &$type) -> bool {
                ops::equal(self, &Value::from(*other)).unwrap_or(false)
            }
        })*
    };
}

equal!(bool i32 i64 f64 &str);

macro_rules! try_from {
    ($($type:ty)*) => {
        $(impl TryFrom<Value> for $type {
            type Error = ValueError;

            fn try_from(value: Value) -> Result<Self, ValueError> {
                value.to()
            }
        })*
    };
}

try_from! {
    bool i8 i16 i32 i64 isize u16 u32 u64 usize f32 f64 String Vec<u8> PathBuf OsString Box<str> std::time::Duration
    Vec<Value> Vec<String> BTreeMap<String, Value>
}
