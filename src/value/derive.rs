//! The parts of derived conversions that need no macro.

use super::{FromValue, IntoValue, Map, Value, ValueError};
use crate::diag::{similar, visible};

/// The fields of a struct, from a map.
#[derive(Debug)]
pub struct Fields<'v>(&'v Map);

impl<'v> Fields<'v> {
    pub fn of(value: &'v Value) -> Result<Self, ValueError> {
        let map = value.as_map();
        map.map(Self).ok_or_else(|| ValueError::new(format!("the value is {}, not a map", value.phrase())))
    }

    /// Returns a field, which may be missing if its type accepts null.
    pub fn required<T: FromValue<'v>>(&self, key: &str) -> Result<T, ValueError> {
        match self.0.get(key.as_bytes()) {
            Some(value) => of_key(key, value),
            None => T::from_value(&Value::Null).map_err(|_| {
                let keys: Vec<_> = self.0.keys().map(|key| visible(key.as_bytes())).collect();
                ValueError::new(format!("the map has no key `{key}`, only {}", listed(&keys)))
            }),
        }
    }

    /// Returns a field, or the default of its type.
    pub fn optional<T: FromValue<'v> + Default>(&self, key: &str) -> Result<T, ValueError> {
        self.0.get(key.as_bytes()).map_or_else(|| Ok(T::default()), |value| of_key(key, value))
    }
}

fn of_key<'v, T: FromValue<'v>>(key: &str, value: &'v Value) -> Result<T, ValueError> {
    T::from_value(value).map_err(|error| error.within(format!("`{key}`")))
}

/// Adds a field of a struct to a map.
pub fn insert(map: &mut Map, key: &str, value: impl IntoValue) -> Result<(), ValueError> {
    let value = value.into_value().map_err(|error| error.within(format!("`{key}`")))?;
    map.insert(key, value);
    Ok(())
}

/// Returns the error of a string that is none of the names of an enum.
pub fn unknown(found: &str, names: &[&str]) -> ValueError {
    let found_text = visible(found.as_bytes());
    let near = similar(found, names.iter().copied());
    let hint =
        near.map_or_else(|| format!("expected {}", listed(names)), |near| format!("did you mean `{near}`?"));
    ValueError::new(format!("unknown name `{found_text}`: {hint}"))
}

fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<_> = names.iter().take(10).map(|name| format!("`{}`", name.as_ref())).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}
