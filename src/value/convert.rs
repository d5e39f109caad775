//! Conversions of values to types of a host.

use super::{Size, Str, Type, Value};
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A type that can be made from a value. The lifetime is that of the value, for types that borrow from it.
///
/// ```
/// use pipewright::{FromValue, Value, ValueError};
///
/// struct Port(u16);
///
/// impl FromValue<'_> for Port {
///     fn from_value(value: &Value) -> Result<Self, ValueError> {
///         match u16::from_value(value)? {
///             0 => Err(ValueError::new("port 0 can't be connected to")),
///             port => Ok(Port(port)),
///         }
///     }
/// }
///
/// assert_eq!(Port::from_value(&Value::from(443))?.0, 443);
/// assert!(Port::from_value(&Value::from(0)).is_err());
/// assert_eq!(Vec::<String>::from_value(&Value::from(vec!["a", "b"]))?, ["a", "b"]);
/// # Ok::<(), ValueError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a value of Pipewright can't become `{Self}`",
    label = "a bool, number, text, path, duration, list, map, tuple or option of these is expected",
    note = "implement `FromValue` for your own type; a function of the host owns its arguments: `String` instead of `&str`"
)]
pub trait FromValue<'v>: Sized {
    /// Makes one from a value.
    ///
    /// # Errors
    /// Fails if the value has another type, or is out of the range of this one.
    fn from_value(value: &'v Value) -> Result<Self, ValueError>;
}

/// A value that does not have the type that a host expects.
///
/// ```
/// use pipewright::{FromValue, Value};
///
/// let error = Vec::<i64>::from_value(&Value::from(vec![Value::from(1), Value::from("x")])).unwrap_err();
/// assert_eq!(error.to_string(), "element 1 is a string, not an integer");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// The part of the value, if not the whole.
    part: Option<String>,
    message: Message,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Message {
    Is(String),
    Whole(String),
}

impl ValueError {
    /// Creates an error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { part: None, message: Message::Whole(message.into()) }
    }

    /// Creates an error from the expected type, such as "a list", and the value.
    ///
    /// ```
    /// use pipewright::{Value, ValueError};
    ///
    /// let error = ValueError::expected("a port", &Value::from("http"));
    /// assert_eq!(error.to_string(), "the value is a string, not a port");
    /// ```
    pub fn expected(expected: &str, value: &Value) -> Self {
        Self::is(format!("{}, not {expected}", value.type_of().phrase()))
    }

    fn is(what: String) -> Self {
        Self { part: None, message: Message::Is(what) }
    }

    pub(super) fn within(mut self, part: String) -> Self {
        self.part = Some(match self.part {
            Some(inner) => format!("{inner} of {part}"),
            None => part,
        });
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.message, &self.part) {
            (Message::Is(what), Some(part)) => write!(f, "{part} is {what}"),
            (Message::Is(what), None) => write!(f, "the value is {what}"),
            (Message::Whole(message), Some(part)) => write!(f, "{part}: {message}"),
            (Message::Whole(message), None) => f.write_str(message),
        }
    }
}

impl std::error::Error for ValueError {}

impl FromValue<'_> for Value {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        Ok(value.clone())
    }
}

impl<'v> FromValue<'v> for &'v Value {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        Ok(value)
    }
}

impl FromValue<'_> for bool {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Bool(value) => Ok(*value),
            other => Err(ValueError::expected("true or false", other)),
        }
    }
}

macro_rules! integers {
    ($($type:ty)*) => {
        $(impl FromValue<'_> for $type {
            fn from_value(value: &Value) -> Result<Self, ValueError> {
                match value {
                    Value::Int(number) => <$type>::try_from(*number).map_err(|_| {
                        ValueError::is(format!(
                            "{number}, not a number from {} to {}", <$type>::MIN, <$type>::MAX
                        ))
                    }),
                    other => Err(ValueError::expected("an integer", other)),
                }
            }
        })*
    };
}

integers!(i8 i16 i32 i64 isize u16 u32 u64 usize);

/// An integer is also accepted, as for a parameter `x: float` of the language.
impl FromValue<'_> for f64 {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Float(number) => Ok(*number),
            Value::Int(number) => Ok(*number as f64),
            other => Err(ValueError::expected("a number", other)),
        }
    }
}

impl FromValue<'_> for std::time::Duration {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Duration(time) if time.nanos >= 0 => Ok(time.to_std()),
            Value::Duration(_) => Err(ValueError::is("negative, not a time to wait".into())),
            other => Err(ValueError::expected("a duration", other)),
        }
    }
}

impl<'v> FromValue<'v> for &'v [u8] {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        match value {
            Value::Str(text) => Ok(text.as_bytes()),
            other => Err(ValueError::expected("a string", other)),
        }
    }
}

impl<'v> FromValue<'v> for &'v str {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        std::str::from_utf8(<&[u8]>::from_value(value)?)
            .map_err(|_| ValueError::is("a string of bytes that are not UTF-8".into()))
    }
}

impl FromValue<'_> for String {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        <&str>::from_value(value).map(str::to_owned)
    }
}

impl FromValue<'_> for Vec<u8> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        <&[u8]>::from_value(value).map(<[u8]>::to_vec)
    }
}

impl<'v> FromValue<'v> for &'v Path {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        <&[u8]>::from_value(value).map(|path| Path::new(OsStr::from_bytes(path)))
    }
}

impl FromValue<'_> for PathBuf {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        <&Path>::from_value(value).map(Path::to_path_buf)
    }
}

impl FromValue<'_> for Box<str> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        <&str>::from_value(value).map(Into::into)
    }
}

impl<'v> FromValue<'v> for &'v OsStr {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        <&[u8]>::from_value(value).map(OsStr::from_bytes)
    }
}

impl FromValue<'_> for OsString {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        <&OsStr>::from_value(value).map(OsStr::to_os_string)
    }
}

impl FromValue<'_> for Str {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Str(text) => Ok(text.clone()),
            other => Err(ValueError::expected("a string", other)),
        }
    }
}

impl FromValue<'_> for Size {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Size(size) => Ok(*size),
            other => Err(ValueError::expected("a size", other)),
        }
    }
}

impl FromValue<'_> for f32 {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        f64::from_value(value).map(|number| number as f32)
    }
}

impl FromValue<'_> for () {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Null => Ok(()),
            other => Err(ValueError::expected("null", other)),
        }
    }
}

/// Null is `None`.
impl<'v, T: FromValue<'v>> FromValue<'v> for Option<T> {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        match value.type_of() {
            Type::Null => Ok(None),
            _ => T::from_value(value).map(Some),
        }
    }
}

impl<'v, T: FromValue<'v>> FromValue<'v> for Vec<T> {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        let Value::List(list) = value else { return Err(ValueError::expected("a list", value)) };
        let element =
            |(place, value)| T::from_value(value).map_err(|error| error.within(format!("element {place}")));
        list.iter().enumerate().map(element).collect()
    }
}

impl<'v, T: FromValue<'v>, const N: usize> FromValue<'v> for [T; N] {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        let all = Vec::from_value(value)?;
        let count = all.len();
        all.try_into().map_err(|_| ValueError::is(format!("a list of {count} elements, not of {N}")))
    }
}

impl<'v, K: FromKey + Ord, T: FromValue<'v>> FromValue<'v> for BTreeMap<K, T> {
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        entries(value)
    }
}

impl<'v, K, T, S> FromValue<'v> for HashMap<K, T, S>
where
    K: FromKey + Hash + Eq,
    T: FromValue<'v>,
    S: BuildHasher + Default,
{
    fn from_value(value: &'v Value) -> Result<Self, ValueError> {
        entries(value)
    }
}

fn entries<'v, K: FromKey, T: FromValue<'v>, C: FromIterator<(K, T)>>(
    value: &'v Value,
) -> Result<C, ValueError> {
    let Value::Map(map) = value else { return Err(ValueError::expected("a map", value)) };
    let entry = |(key, value): (&Str, &'v Value)| {
        let name = || format!("`{}`", crate::diag::visible(key.as_bytes()));
        let value = T::from_value(value).map_err(|error| error.within(name()))?;
        Ok((K::from_key(key).map_err(|error| error.within(format!("the key {}", name())))?, value))
    };
    map.iter().map(entry).collect()
}

macro_rules! tuples {
    ($($count:literal: $($type:ident $place:literal)*;)*) => {
        $(impl<'v, $($type: FromValue<'v>),*> FromValue<'v> for ($($type,)*) {
            fn from_value(value: &'v Value) -> Result<Self, ValueError> {
                let all = <[&'v Value; $count]>::from_value(value)?;
                Ok(($($type::from_value(all[$place]).map_err(|error| error.within(format!("element {}", $place)))?,)*))
            }
        })*
    };
}

tuples! {
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
}

/// A type that can be made from the key of a map.
///
/// ```
/// use pipewright::{FromValue, Value};
/// use std::collections::BTreeMap;
///
/// let ports = Value::from(BTreeMap::from([("web", 80)]));
/// let by_name = BTreeMap::<String, u16>::from_value(&ports)?;
/// let by_bytes = BTreeMap::<Vec<u8>, u16>::from_value(&ports)?;
/// assert_eq!((by_name["web"], by_bytes[&b"web"[..]]), (80, 80));
/// # Ok::<(), pipewright::ValueError>(())
/// ```
pub trait FromKey: Sized {
    /// Makes one from a key.
    ///
    /// # Errors
    /// Fails if the type needs UTF-8 and the key is not UTF-8.
    ///
    /// ```
    /// use pipewright::value::FromKey;
    ///
    /// assert_eq!(String::from_key(b"web"), Ok("web".to_string()));
    /// assert!(String::from_key(b"\xff").is_err());
    /// ```
    fn from_key(key: &[u8]) -> Result<Self, ValueError>;
}

impl FromKey for String {
    fn from_key(key: &[u8]) -> Result<Self, ValueError> {
        std::str::from_utf8(key).map(str::to_owned).map_err(|_| ValueError::is("not UTF-8".into()))
    }
}

impl FromKey for Vec<u8> {
    fn from_key(key: &[u8]) -> Result<Self, ValueError> {
        Ok(key.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back<T: for<'v> FromValue<'v> + crate::value::IntoValue + Clone + PartialEq + fmt::Debug>(before: T) {
        assert_eq!(T::from_value(&before.clone().into_value().unwrap()), Ok(before));
    }

    #[test]
    fn values_survive_the_conversion_to_rust_and_back() {
        back(true);
        back(-7_i8);
        back(i64::MIN);
        back(u32::MAX);
        back(1.5);
        back("text".to_owned());
        back(b"\xff".to_vec());
        back(PathBuf::from("/a b"));
        back(std::time::Duration::from_millis(1500));
        back(None::<i64>);
        back(Some(3));
        back(vec![vec!["a".to_owned()], vec![]]);
        back(u64::MAX / 2);
        back(7_usize);
        back([1_u64, 2]);
        back(("a".to_owned(), 1.5, Some(vec![true])));
        back(OsString::from("a b"));
        back(Box::<str>::from("text"));
        back(HashMap::from([("k".to_owned(), 1_usize), ("l".to_owned(), 2)]));
        back(vec![Some(1_u64), None]);
        back(BTreeMap::from([("k".to_owned(), vec![1, 2])]));
    }

    #[test]
    fn errors_say_which_part_is_wrong() {
        let says = |error: ValueError| error.to_string();
        assert_eq!(
            says(i16::from_value(&70_000.into()).unwrap_err()),
            "the value is 70000, not a number from -32768 to 32767"
        );
        assert_eq!(says(bool::from_value(&1.into()).unwrap_err()), "the value is an int, not true or false");
        let nested = Value::from(BTreeMap::from([("ports", vec![Value::from(1), Value::Null])]));
        let error = BTreeMap::<String, Vec<u16>>::from_value(&nested).unwrap_err();
        assert_eq!(says(error), "element 1 of `ports` is null, not an integer");
        assert_eq!(
            says(String::from_value(&Value::str(b"\xff")).unwrap_err()),
            "the value is a string of bytes that are not UTF-8"
        );
    }
}
