//! The items of a `for` loop: words, or the elements of a range, a list or a map.

use crate::check::program::{Binding, Expr, ForItems};
use crate::eval::Interpreter;
use crate::eval::queues::TaskSource;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::workers::{Messages, messages_of};
use crate::span::Span;
use crate::value::{List, Map, Str, Value};

/// An item of a loop.
pub enum Item {
    One(Value),
    /// A key of a map, and its value; or the number of a worker, and its message.
    Pair(Value, Value),
}

/// The items of a loop that have not been taken.
pub enum Items {
    Words(std::vec::IntoIter<Str>),
    /// The next number and the last.
    Range(i64, i64),
    /// The list, and the index of the next element.
    List(List, usize),
    Entries(Map, usize),
    /// The messages of a worker or a pool, which are waited for, and the place of the expression.
    Messages(Messages, Span),
    /// The tasks of a queue, which are waited for.
    Tasks(Box<TaskSource>),
    None,
}

impl Iterator for Items {
    type Item = Item;

    #[inline]
    fn next(&mut self) -> Option<Item> {
        match self {
            Self::Words(words) => words.next().map(|word| Item::One(Value::Str(word))),
            Self::Range(next, last) => {
                let number = *next;
                match number.checked_add(1) {
                    Some(after) if number < *last => *next = after,
                    _ => *self = Self::None,
                }
                Some(Item::One(Value::Int(number)))
            }
            Self::List(list, place) => {
                let item = list.get(*place).cloned();
                *place += 1;
                item.map(Item::One)
            }
            Self::Entries(map, place) => {
                let entry = map.at(*place);
                *place += 1;
                entry.map(|(key, value)| Item::Pair(Value::Str(key.clone()), value.clone()))
            }
            Self::Messages(..) | Self::Tasks(_) | Self::None => None,
        }
    }
}

impl Items {
    /// Returns the number of remaining items.
    pub fn left(&self) -> u64 {
        match self {
            Self::Words(words) => words.len() as u64,
            Self::Range(next, last) => last.abs_diff(*next).saturating_add(1),
            Self::List(list, place) => list.len().saturating_sub(*place) as u64,
            Self::Entries(map, place) => map.len().saturating_sub(*place) as u64,
            Self::Messages(..) | Self::Tasks(_) | Self::None => 0,
        }
    }
}

/// Returns whether a value is the messages of a worker, for one name, or of a pool, for two.
fn is_messages(value: &Value, names: usize) -> bool {
    match messages_of(value) {
        Some(Messages::Worker(_)) => names == 1,
        Some(Messages::Pool(_)) => names == 2,
        None => false,
    }
}

impl Interpreter {
    /// Evaluates the items of a loop.
    pub(in crate::eval) fn items(&mut self, bindings: &[Binding], items: &ForItems) -> Eval<Items> {
        match items {
            ForItems::Words(words) => Ok(Items::Words(self.loop_words(words)?.into_iter())),
            ForItems::Value(value) => self.items_of(bindings, value),
        }
    }

    fn items_of(&mut self, bindings: &[Binding], value: &Expr) -> Eval<Items> {
        let span = value.span;
        let value = self.expr(value)?;
        if let ([_], Some(tasks)) = (bindings, TaskSource::open(self, &value, span)?) {
            return Ok(Items::Tasks(Box::new(tasks)));
        }
        match (value, bindings) {
            (Value::Range(range), [_]) => {
                Ok(range.bounds().map_or(Items::None, |(first, last)| Items::Range(first, last)))
            }
            (Value::List(list), [_]) => Ok(Items::List(list, 0)),
            (value, names) if is_messages(&value, names.len()) => {
                Ok(messages_of(&value)
                    .map_or(Items::None, |messages| Items::Messages(messages.clone(), span)))
            }
            (Value::Map(map), [_, _]) => Ok(Items::Entries(map, 0)),
            (value, bindings) => Err(self.no_items(&value, bindings.len() == 1, span)),
        }
    }

    #[cold]
    fn no_items(&self, value: &Value, is_single: bool, span: Span) -> Unwind {
        if is_single {
            let help = match value {
                value if messages_of(value).is_some() => Some(
                    "take two names: for from, m in (pool.messages()) { … }; from is the number of the worker",
                ),
                Value::Map(_) => Some("take two names: for key, value in (map) { … }; or map.keys()"),
                Value::Int(_) => Some("a range is: for i in (0..<3) { … }"),
                Value::Str(_) => Some("make a list of it: s.lines(), s.split(\",\"), s.chars()"),
                _ => None,
            };
            let unwind =
                self.wrong_type(span, "what `for` iterates over", "a list or range", value.type_of());
            return unwind.helped(help);
        }
        let help = match value {
            Value::List(_) => Some(
                "of a list of pairs take each apart: for [a, b] in (pairs) { … }; indices are for i in (0..<xs.len()) { … }",
            ),
            _ => None,
        };
        let unwind = self.wrong_type(span, "what `for k, v` goes through", "a map", value.type_of());
        unwind.helped(help)
    }

    /// Binds an item to the names of its loop.
    #[inline]
    pub(in crate::eval) fn bind_item(&mut self, bindings: &[Binding], item: Item) -> Eval<()> {
        match (item, bindings) {
            (Item::One(value), [binding, ..]) => self.bind(binding, value),
            (Item::Pair(key, value), [first, second]) => {
                self.bind(first, key)?;
                self.bind(second, value)
            }
            _ => Ok(()),
        }
    }
}
