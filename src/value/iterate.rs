//! Lists and maps as the collections of Rust: iteration, extension, comparison, and text for debugging.

use super::{List, Map, Str, Value, format};
use std::fmt;

/// An iterator over the entries of a [`Map`], in order: see [`Map::iter`].
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::Map;
///
/// let map: Map = [("web", Value::from(80)), ("mail", Value::from(25))].into_iter().collect();
/// let last: Vec<_> = map.iter().rev().map(|(key, port)| format!("{}: {port:?}", key.to_utf8().unwrap())).collect();
/// assert_eq!(last, ["mail: 25", "web: 80"]);
/// ```
#[derive(Clone, Debug)]
pub struct MapIter<'a>(pub(super) indexmap::map::Iter<'a, Str, Value>);

impl<'a> Iterator for MapIter<'a> {
    type Item = (&'a Str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for MapIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for MapIter<'_> {}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Str, &'a Value);
    type IntoIter = MapIter<'a>;

    fn into_iter(self) -> MapIter<'a> {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Str, Value);
    type IntoIter = std::vec::IntoIter<(Str, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        let entries: Vec<_> = self.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for List {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<T: Into<Value>> Extend<T> for List {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        self.change(|own| own.extend(values.into_iter().map(Into::into)));
    }
}

impl<K: Into<Str>, T: Into<Value>> Extend<(K, T)> for Map {
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| self.insert(key, value.into()));
    }
}

macro_rules! as_value {
    ($($type:ident)*) => {
        $(/// As that of [`Value`].
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                Value::$type(self.clone()) == Value::$type(other.clone())
            }
        }

        /// The form that messages show.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&format::display(&Value::$type(self.clone()), 1000))
            }
        })*
    };
}

as_value!(List Map);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_maps_are_collections() {
        let mut list: List = [1, 2].into_iter().map(Value::from).collect();
        list.extend(["x"]);
        assert_eq!(format!("{list:?}"), "[1, 2, 'x']");
        assert!(list == list.clone() && list != List::default());
        let mut map = Map::default();
        map.extend([("b", 1), ("a", 2)]);
        assert_eq!(format!("{map:?}"), "{'b': 1, 'a': 2}");
        assert_eq!(map, [("a", Value::from(2)), ("b", Value::from(1))].into_iter().collect());
        let keys: Vec<Str> = map.clone().into_iter().map(|(key, _)| key).collect();
        assert_eq!((keys.len(), map.iter().len(), map.iter().next_back().is_some()), (2, 2, true));
    }
}
