//! Lists and maps, which are shared until they change.

use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;

use super::deferred_drop::{Contents, drop_flat};
use super::meter::Charge;
use super::{MapIter, Str, Value};

/// A list value. It dereferences to a slice, and is cheap to clone.
///
/// ```
/// use pipewright::Value;
/// use pipewright::value::List;
///
/// let mut list: List = ["a", "b"].into_iter().map(Value::from).collect();
/// let before = list.clone();
/// list.push(Value::from(3));
/// // Value semantics: a copy does not change along.
/// assert_eq!((before.len(), list.len()), (2, 3));
/// assert!(matches!(list.last(), Some(Value::Int(3))));
/// assert!(before.is_same(&before.clone()) && !before.is_same(&list));
/// list.to_mut().swap(0, 2);
/// assert!(matches!(&list.into_vec()[..], [Value::Int(3), Value::Str(b), Value::Str(a)] if a < b));
/// ```
#[derive(Clone, Default)]
pub struct List(Arc<Elements>);

#[derive(Clone, Default)]
struct Elements {
    values: Vec<Value>,
    charge: Charge,
}

impl Elements {
    fn size(values: &Vec<Value>) -> usize {
        size_of::<Self>() + 32 + values.capacity() * size_of::<Value>()
    }
}

impl List {
    /// Returns the elements for changing: in place if the list is not shared, otherwise on a copy.
    pub fn to_mut(&mut self) -> &mut [Value] {
        &mut Arc::make_mut(&mut self.0).values
    }

    /// Adds or removes elements; see [`List::to_mut`].
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        let own = Arc::make_mut(&mut self.0);
        let result = change(&mut own.values);
        own.charge.set(Elements::size(&own.values));
        result
    }

    /// Appends an element; see [`List::to_mut`].
    pub fn push(&mut self, value: Value) {
        self.change(|values| values.push(value));
    }

    /// Returns the elements as a vector, without a copy if the list is not shared.
    pub fn into_vec(mut self) -> Vec<Value> {
        match Arc::get_mut(&mut self.0) {
            Some(own) => std::mem::take(&mut own.values),
            None => self.to_vec(),
        }
    }

    /// Returns whether both are the same list in memory, and therefore equal.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns its address in memory, if more than one value holds it.
    pub(crate) fn shared_at(&self) -> Option<usize> {
        (Arc::strong_count(&self.0) > 1).then_some(Arc::as_ptr(&self.0).addr())
    }
}

impl Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0.values
    }
}

impl From<Vec<Value>> for List {
    fn from(values: Vec<Value>) -> Self {
        let charge = Charge::new(Elements::size(&values));
        Self(Arc::new(Elements { values, charge }))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        values.into_iter().collect::<Vec<_>>().into()
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // Check the count first. `get_mut` locks it, which costs as much as the rest of the work on a shared list.
        if Arc::strong_count(&self.0) == 1
            && let Some(own) = Arc::get_mut(&mut self.0)
            && !own.values.is_empty()
        {
            drop_flat(Contents::List(std::mem::take(&mut own.values)));
        }
    }
}

/// A map value. Its keys are byte strings and keep the order in which they were added. It is cheap to
/// clone.
///
/// ```
/// use pipewright::{Value, value::Map};
///
/// let mut map: Map = [("host", Value::from("web1")), ("port", Value::from(80))].into_iter().collect();
/// map.insert("user", Value::Null);
/// assert!(map.get("port").is_some_and(|port| matches!(port, Value::Int(80))));
/// let keys: Vec<_> = map.keys().map(|key| key.to_utf8()).collect();
/// assert_eq!(keys, [Ok("host"), Ok("port"), Ok("user")]);
/// assert!(map.remove("user").is_some() && !map.contains_key("user"));
/// assert!(map.is_same(&map.clone()));
/// ```
#[derive(Clone, Default)]
pub struct Map(Arc<Entries>);

#[derive(Clone, Default)]
struct Entries {
    values: IndexMap<Str, Value>,
    charge: Charge,
}

impl Entries {
    /// Returns how much memory a map occupies: an entry has a key, a value, its hash, and an index.
    fn size(values: &IndexMap<Str, Value>) -> usize {
        size_of::<Self>() + 32 + values.capacity() * (size_of::<(Str, Value)>() + 2 * size_of::<usize>())
    }
}

impl Map {
    /// Changes the entries: in place if the map is not shared, otherwise on a copy.
    fn change<R>(&mut self, change: impl FnOnce(&mut IndexMap<Str, Value>) -> R) -> R {
        let own = Arc::make_mut(&mut self.0);
        let result = change(&mut own.values);
        own.charge.set(Entries::size(&own.values));
        result
    }

    pub(crate) fn from_entries(values: IndexMap<Str, Value>) -> Self {
        let charge = Charge::new(Entries::size(&values));
        Self(Arc::new(Entries { values, charge }))
    }

    pub(super) fn entries(&self) -> &IndexMap<Str, Value> {
        &self.0.values
    }

    /// Returns the value of a key for changing. A new key is added at the end, with null.
    pub(crate) fn entry(&mut self, key: &Str) -> &mut Value {
        let at = match self.entries().get_index_of(key.as_bytes()) {
            Some(at) => at,
            None => self.change(|entries| entries.insert_full(key.clone(), Value::Null).0),
        };
        &mut Arc::make_mut(&mut self.0).values[at]
    }

    /// Returns the entry at a position, from 0.
    pub(crate) fn at(&self, place: usize) -> Option<(&Str, &Value)> {
        self.entries().get_index(place)
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Returns whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Returns the value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value> {
        self.entries().get(key.as_ref())
    }

    /// Returns whether it has a key.
    pub fn contains_key(&self, key: impl AsRef<[u8]>) -> bool {
        self.entries().contains_key(key.as_ref())
    }

    /// Returns the entries in order.
    pub fn iter(&self) -> MapIter<'_> {
        MapIter(self.entries().iter())
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Str> + DoubleEndedIterator + Clone {
        self.entries().keys()
    }

    /// Returns the values in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator + Clone {
        self.entries().values()
    }

    /// Sets the value of a key. A new key is added at the end; an existing one keeps its place.
    pub fn insert(&mut self, key: impl Into<Str>, value: Value) {
        self.change(|entries| entries.insert(key.into(), value));
    }

    /// Removes a key and returns its value. The other entries keep their order.
    pub fn remove(&mut self, key: impl AsRef<[u8]>) -> Option<Value> {
        // Look the key up first, so that a missing key does not copy a shared map.
        let at = self.entries().get_index_of(key.as_ref())?;
        self.change(|entries| entries.shift_remove_index(at)).map(|(_, value)| value)
    }

    /// Returns whether both are the same map in memory, and therefore equal.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns its address in memory, if more than one value holds it.
    pub(crate) fn shared_at(&self) -> Option<usize> {
        (Arc::strong_count(&self.0) > 1).then_some(Arc::as_ptr(&self.0).addr())
    }
}

impl<K: Into<Str>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self::from_entries(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if Arc::strong_count(&self.0) == 1
            && let Some(own) = Arc::get_mut(&mut self.0)
            && !own.values.is_empty()
        {
            drop_flat(Contents::Map(std::mem::take(&mut own.values)));
        }
    }
}
