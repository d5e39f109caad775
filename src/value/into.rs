//! Conversions of a host's types to values.
//!
//! [`From`] converts a type whose every value fits. [`IntoValue`] also converts types of which some values don't fit,
//! such as [`u64`], and lists and maps of them. A `Vec<u8>` is a string of bytes, and every other `Vec` a list, so `u8`
//! alone has no conversion.

use super::{Duration, List, Map, Opaque, Range, Size, Str, Value, ValueError};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A type that converts to a value: what [`Run::arg`](crate::Run::arg) and [`Session::set`](crate::Session::set) take,
/// and what a [`Function`](crate::Function) returns.
///
/// ```
/// use pipewright::{IntoValue, Value, ValueError};
/// use std::path::PathBuf;
///
/// struct Host { name: String, port: u16, keys: Vec<PathBuf> }
///
/// impl IntoValue for Host {
///     fn into_value(self) -> Result<Value, ValueError> {
///         let fields = [
///             ("name", self.name.into_value()?),
///             ("port", self.port.into_value()?),
///             ("keys", self.keys.into_value()?),
///         ];
///         Ok(fields.into_iter().collect())
///     }
/// }
///
/// let host = Host { name: "web1".into(), port: 80, keys: vec!["/etc/key".into()] };
/// assert_eq!(format!("{:?}", host.into_value()?), "{'name': 'web1', 'port': 80, 'keys': ['/etc/key']}");
/// assert_eq!(u64::MAX.into_value().unwrap_err().to_string(), "18446744073709551615 is not a 64-bit integer");
/// # Ok::<(), ValueError>(())
/// ```
///
/// The compiler names the types that are expected:
///
/// ```compile_fail,E0277
/// # let mut session = pipewright::Session::new();
/// session.set("byte", 7_u8);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of Pipewright",
    label = "a bool, number, text, path, duration, list, map or option of these is expected",
    note = "implement `IntoValue` for your own type, or convert it: text by `.to_string()`, one byte by `u32::from(byte)`"
)]
pub trait IntoValue {
    /// Converts it.
    ///
    /// # Errors
    /// Fails if there is no such value: an integer that needs more than 64 bits, a float that is not finite.
    fn into_value(self) -> Result<Value, ValueError>;
}

macro_rules! values {
    ($($type:ty, $name:ident => $value:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $value
            }
        }

        impl IntoValue for $type {
            fn into_value(self) -> Result<Value, ValueError> {
                Ok(Value::from(self))
            }
        })*
    };
}

values! {
    bool, value => Value::Bool(value);
    i8, number => Value::Int(number.into());
    i16, number => Value::Int(number.into());
    i32, number => Value::Int(number.into());
    i64, number => Value::Int(number);
    u16, number => Value::Int(number.into());
    u32, number => Value::Int(number.into());
    Duration, time => Value::Duration(time);
    // Clamped to 292 years.
    std::time::Duration, time => Value::Duration(Duration::from(time));
    Size, size => Value::Size(size);
    Str, text => Value::Str(text);
    &str, text => Value::Str(text.into());
    String, text => Value::Str(text.into());
    &String, text => Value::Str(text.as_str().into());
    Box<str>, text => Value::Str(String::from(text).into());
    Cow<'_, str>, text => Value::Str(text.into_owned().into());
    &[u8], bytes => Value::Str(bytes.into());
    Vec<u8>, bytes => Value::Str(bytes.into());
    Cow<'_, [u8]>, bytes => Value::Str(bytes.into_owned().into());
    PathBuf, path => Value::str(path.into_os_string().into_vec());
    &PathBuf, path => Value::str(path.as_os_str().as_bytes());
    &Path, path => Value::str(path.as_os_str().as_bytes());
    Cow<'_, Path>, path => Value::str(path.into_owned().into_os_string().into_vec());
    OsString, text => Value::str(text.into_vec());
    &OsString, text => Value::str(text.as_bytes());
    &OsStr, text => Value::str(text.as_bytes());
    List, list => Value::List(list);
    Map, map => Value::Map(map);
    Range, range => Value::Range(range.into());
    Opaque, opaque => Value::Opaque(opaque.into());
    // The unit is null.
    (), _unit => Value::Null;
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Float(number)
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Self {
        Value::Float(number.into())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Value::Str(bytes[..].into())
    }
}

/// `None` is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<K: Into<Str>, T: Into<Value>> From<BTreeMap<K, T>> for Value {
    fn from(entries: BTreeMap<K, T>) -> Self {
        entries.into_iter().collect()
    }
}

/// A list of these.
impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Value::List(values.into_iter().map(Into::into).collect())
    }
}

/// A map of these, in their order.
impl<K: Into<Str>, T: Into<Value>> FromIterator<(K, T)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key, value.into()));
        Value::Map(entries.collect::<Map>())
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(self)
    }
}

impl IntoValue for &Value {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(self.clone())
    }
}

macro_rules! wide {
    ($($type:ty)*) => {
        $(impl IntoValue for $type {
            fn into_value(self) -> Result<Value, ValueError> {
                let number = i64::try_from(self);
                number.map(Value::Int).map_err(|_| ValueError::new(format!("{self} is not a 64-bit integer")))
            }
        })*
    };
}

wide!(u64 usize isize i128 u128);

macro_rules! floats {
    ($($type:ty)*) => {
        $(impl IntoValue for $type {
            fn into_value(self) -> Result<Value, ValueError> {
                // No operation of the language returns such a float either.
                if !self.is_finite() {
                    return Err(ValueError::new(format!("a float must be finite, and this is {self}")));
                }
                Ok(Value::Float(self.into()))
            }
        })*
    };
}

floats!(f32 f64);

impl<const N: usize> IntoValue for &[u8; N] {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::from(self))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Result<Value, ValueError> {
        self.map_or(Ok(Value::Null), T::into_value)
    }
}

/// The value, or the message of the error: for functions of the host.
impl<T: IntoValue, E: fmt::Display> IntoValue for Result<T, E> {
    fn into_value(self) -> Result<Value, ValueError> {
        self.map_err(|error| ValueError::new(error.to_string()))?.into_value()
    }
}

fn list<T: IntoValue>(values: impl IntoIterator<Item = T>) -> Result<Value, ValueError> {
    let element = |(place, value): (usize, T)| {
        value.into_value().map_err(|error| error.within(format!("element {place}")))
    };
    let list: Result<Vec<Value>, ValueError> = values.into_iter().enumerate().map(element).collect();
    Ok(Value::List(list?.into()))
}

fn map<K: Into<Str>, T: IntoValue>(entries: impl IntoIterator<Item = (K, T)>) -> Result<Value, ValueError> {
    let mut map = Map::default();
    for (key, value) in entries {
        let key = key.into();
        let name = || format!("`{}`", crate::diag::visible(key.as_bytes()));
        let value = value.into_value().map_err(|error| error.within(name()))?;
        map.insert(key, value);
    }
    Ok(Value::Map(map))
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Result<Value, ValueError> {
        list(self)
    }
}

impl<T: IntoValue, const N: usize> IntoValue for [T; N] {
    fn into_value(self) -> Result<Value, ValueError> {
        list(self)
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Result<Value, ValueError> {
        list(self.iter().cloned())
    }
}

impl<T: IntoValue + Clone> IntoValue for &Vec<T> {
    fn into_value(self) -> Result<Value, ValueError> {
        list(self.iter().cloned())
    }
}

impl IntoValue for &Vec<u8> {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::from(self.as_slice()))
    }
}

impl<K: Into<Str>, T: IntoValue> IntoValue for BTreeMap<K, T> {
    fn into_value(self) -> Result<Value, ValueError> {
        map(self)
    }
}

/// In the order of the keys, so that two runs print the same.
impl<K: Into<Str>, T: IntoValue, S> IntoValue for HashMap<K, T, S> {
    fn into_value(self) -> Result<Value, ValueError> {
        let mut entries: Vec<(Str, T)> = self.into_iter().map(|(key, value)| (key.into(), value)).collect();
        entries.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        map(entries)
    }
}

macro_rules! tuples {
    ($($($type:ident $name:ident)*;)*) => {
        $(impl<$($type: IntoValue),*> IntoValue for ($($type,)*) {
            fn into_value(self) -> Result<Value, ValueError> {
                let ($($name,)*) = self;
                Ok(Value::List(vec![$($name.into_value()?),*].into()))
            }
        })*
    };
}

tuples! {
    A a B b;
    A a B b C c;
    A a B b C c D d;
}
