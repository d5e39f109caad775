//! Names of methods: their IDs, and suggestions for names that do not exist.

use std::sync::LazyLock;

use super::{FUNCTIONS, METHODS, Method, MethodError, Receiver, Run};
use crate::diag::{self, code};
use crate::value::{Type, Value};

/// The name of an existing method. Several types may have a method of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameId(u16);

/// The names, sorted, and the method for each type and name.
struct Index {
    names: Vec<&'static str>,
    methods: Vec<Option<&'static Method>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut names: Vec<_> = METHODS.iter().map(|method| method.name).collect();
    names.sort_unstable();
    names.dedup();
    let types = Receiver::Any.types().len();
    let mut methods = vec![None; types * names.len()];
    for method in METHODS {
        for of in method.receiver.types() {
            if let Ok(at) = names.binary_search(&method.name) {
                methods[*of as usize * names.len() + at] = Some(method);
            }
        }
    }
    Index { names, methods }
});

/// Returns the ID of a method's name, which the check looks up once. None if no type has such a method;
/// see [`suggest`].
pub fn name_id(name: &str) -> Option<NameId> {
    let at = INDEX.names.binary_search(&name).ok()?;
    u16::try_from(at).ok().map(NameId)
}

impl NameId {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        INDEX.names.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Returns the methods of this name.
    pub fn methods(self) -> impl Iterator<Item = &'static Method> {
        METHODS.iter().filter(move |method| method.name == self.name())
    }
}

/// Returns the method of this name for the value; if there is none, see [`missing`].
#[inline]
pub fn find(receiver: &Value, id: NameId) -> Option<&'static Method> {
    let index = &*INDEX;
    *index.methods.get(receiver.type_of() as usize * index.names.len() + usize::from(id.0))?
}

/// Returns the function of this name.
pub fn function(name: &str) -> Option<&'static Method> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Returns the feature of the library that a function needs and this build lacks.
pub fn lacking(function: &str) -> Option<&'static str> {
    match function {
        "csv" | "to_csv" if !cfg!(feature = "csv") => Some("csv"),
        "parse_date" if !cfg!(feature = "dates") => Some("dates"),
        "queue" if !cfg!(feature = "queue-sqlite") => Some("queue-sqlite"),
        _ => None,
    }
}

/// Returns whether the methods of this name change the variable on which they are called, so that the
/// receiver must be a variable. No name has both kinds.
pub fn changes(id: NameId) -> bool {
    id.methods().any(|method| matches!(method.run, Run::Change(_)))
}

/// Returns the error of a value that has no method of this name: the types that have it, and how to
/// convert to one of them.
#[cold]
pub fn missing(receiver: &Value, id: NameId) -> MethodError {
    let name = id.name();
    let found = receiver.type_of();
    let owners: Vec<_> = id.methods().map(|method| method.receiver).collect();
    let message = format!("{} has no method `{name}`", receiver.phrase());
    let owned_by = |owner| owners.contains(&owner);
    // In the form of a call.
    let bare = id.methods().all(|method| method.parameters.is_empty());
    let call = format!("{name}({})", if bare { "" } else { "…" });
    let way = match found {
        Type::Null => Some(
            "give a default for null: (x ?? …); methods that change their variable, such as push, give null"
                .into(),
        ),
        Type::Secret => Some(format!("take its text out: x.reveal().{call}")),
        Type::Function => Some("call the function first: f(…)".into()),
        // These change a variable, so a converted value won't work.
        Type::Str if name == "format" => Some("values stand in the text itself: \"$x is\"".into()),
        Type::Str if name == "push" => Some("append text: s ++= \"…\"".into()),
        Type::Map if name == "push" || name == "insert" => Some("assign: m[key] = value".into()),
        _ if changes(id) => None,
        Type::Range if owned_by(Receiver::List) => Some(format!("make a list of it: list(r).{call}")),
        Type::Str if owned_by(Receiver::List) => {
            Some(format!("make a list of it: s.lines().{call}, s.split(…) or s.chars()"))
        }
        Type::Map if owned_by(Receiver::List) => {
            Some(format!("make a list of it: m.entries().{call}, m.keys() or m.values()"))
        }
        Type::Str if owned_by(Receiver::Number) => Some(format!("make a number of it: float(s).{call}")),
        Type::Str if owned_by(Receiver::Duration) => {
            Some(format!("make a duration of it: duration(s).{call}"))
        }
        Type::Int | Type::Float if owned_by(Receiver::Str) => {
            Some(format!("make a string of it: str(n).{call}"))
        }
        Type::List if owned_by(Receiver::Str) => Some(format!("call it on each: xs.map(x => x.{call})")),
        _ => None,
    };
    let way = way.or_else(|| instead_of(receiver, name).map(|ours| format!("did you mean `{ours}`?")));
    let help = way.unwrap_or_else(|| {
        let owners: Vec<_> = owners.iter().map(|owner| owner.plural()).collect();
        format!("it is a method of {}", owners.join(" and of "))
    });
    MethodError::new(code::WRONG_TYPE, message).help(help)
}

/// The names in other languages, the first word, and here. Another type may have a method of the first name.
pub(super) const NAMES_ELSEWHERE: &[(&str, &str)] = &[
    ("add", "push"),
    ("append", "push"),
    ("ceiling", "ceil"),
    ("charat", "chars"),
    ("codepoints", "chars"),
    ("count", "len"),
    ("distinct", "unique"),
    ("endswith", "ends_with"),
    ("every", "all"),
    ("extension", "ext"),
    ("filename", "basename"),
    ("flat", "flatten"),
    ("fold", "reduce"),
    ("gsub", "replace_regex"),
    ("haskey", "has"),
    ("has_key", "has"),
    ("includes", "contains"),
    ("is_directory", "is_dir"),
    ("is_symlink", "is_link"),
    ("items", "entries"),
    ("length", "len"),
    ("ljust", "pad_end"),
    ("lower_case", "lower"),
    ("lowercase", "lower"),
    ("lstrip", "trim_start"),
    ("match_regex", "match"),
    ("mtime", "modified"),
    ("padend", "pad_end"),
    ("padstart", "pad_start"),
    ("parent", "dirname"),
    ("pairs", "entries"),
    ("prepend", "insert"),
    ("removeprefix", "strip_prefix"),
    ("removesuffix", "strip_suffix"),
    ("rjust", "pad_start"),
    ("rstrip", "trim_end"),
    ("scan", "match_all"),
    ("select", "filter"),
    ("size", "len"),
    ("some", "any"),
    ("sorted", "sort"),
    ("sortby", "sort_by"),
    ("startswith", "starts_with"),
    ("strftime", "date"),
    ("strip", "trim"),
    ("substr", "slice"),
    ("substring", "slice"),
    ("test", "matches"),
    ("to_lower", "lower"),
    ("to_lowercase", "lower"),
    ("to_upper", "upper"),
    ("to_uppercase", "upper"),
    ("tofixed", "format"),
    ("tolower", "lower"),
    ("tolowercase", "lower"),
    ("toupper", "upper"),
    ("touppercase", "upper"),
    ("uniq", "unique"),
    ("upcase", "upper"),
    ("downcase", "lower"),
    ("unshift", "insert"),
    ("uppercase", "upper"),
    ("where", "filter"),
    ("chomp", "trim_end"),
    ("containskey", "has"),
    ("contains_key", "has"),
    ("delete", "remove"),
    ("findall", "match_all"),
    ("find_all", "match_all"),
    ("hasownproperty", "has"),
    ("isdir", "is_dir"),
    ("isempty", "is_empty"),
    ("isfile", "is_file"),
    ("replaceall", "replace"),
    ("replace_all", "replace"),
    ("reversed", "reverse"),
    ("splitlines", "lines"),
    ("split_lines", "lines"),
    ("trimend", "trim_end"),
    ("trimleft", "trim_start"),
    ("trimright", "trim_end"),
    ("trimstart", "trim_start"),
    ("trim_left", "trim_start"),
    ("trim_right", "trim_end"),
    ("zfill", "pad_start"),
];

/// Names that are not methods here, and what to write.
const OTHER_FORMS: &[(&str, &str)] = &[
    ("apply", "a function is called by its name: f(…)"),
    ("call", "a function is called by its name: f(…); a field of a map in parentheses: (m.f)(…)"),
    ("collect", "list(r) makes a list of a range"),
    ("clear", "assign an empty one: xs = []"),
    ("clone", "assigning copies: let b = a"),
    ("copy", "assigning copies: let b = a"),
    ("concat", "join lists or strings with `++`"),
    ("drop", "xs.slice(n) leaves the first n out"),
    ("each", "go through it: for x in (xs) { … }"),
    ("extend", "append a list: xs ++= ys"),
    ("foreach", "go through it: for x in (xs) { … }"),
    ("is_absolute", "write: s.starts_with(\"/\")"),
    ("millis", "divide: d // 1ms"),
    ("parse", "convert: int(s), float(s), json(s)"),
    ("set", "assign: m[key] = value"),
    ("step", "in words: for i in {0..10..2} { … }; of a range: list(0..=5).map(i => i * 2)"),
    ("step_by", "in words: for i in {0..10..2} { … }; of a range: list(0..=5).map(i => i * 2)"),
    ("skip", "xs.slice(n) leaves the first n out"),
    ("enumerate", "go through the places: for i in (0..<xs.len()) { … }"),
    ("expect", "a failure stops the script by itself; caught it is by: try { … } catch e { … }"),
    ("unwrap", "a failure stops the script by itself; a default for null is: x ?? y"),
    ("take", "the first n: xs.slice(0, n)"),
    ("dumps", "write: to_json(x)"),
    ("loads", "write: json(text)"),
    ("stringify", "write: to_json(x)"),
    ("to_f", "float(x)"),
    ("to_float", "float(x)"),
    ("to_i", "int(x)"),
    ("to_int", "int(x)"),
    ("to_list", "list(r)"),
    ("to_s", "str(x)"),
    ("to_str", "str(x)"),
    ("to_string", "str(x)"),
    ("tostring", "str(x)"),
    ("average", "divide: xs.sum() / xs.len()"),
    ("index", "in a string: s.find(\"x\"); in a list: xs.index_of(x)"),
    ("indexof", "in a string: s.find(\"x\"); in a list: xs.index_of(x)"),
    ("mean", "divide: xs.sum() / xs.len()"),
    ("shift", "the first element is taken out by: xs.remove(0)"),
    ("sub", "write: s.replace(\"old\", \"new\"), or s.replace_regex(\"regex\", \"new\")"),
];

/// Returns the method that was probably meant by an unknown name.
pub fn similar(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, ours)) = NAMES_ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower) {
        return Some(ours);
    }
    diag::similar(name, INDEX.names.iter().copied())
}

/// Returns the method of a value that is meant by a name, of this or another language.
pub fn instead_of(value: &Value, name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let ours = NAMES_ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours);
    let has = |id: &NameId| find(value, *id).is_some();
    let id = name_id(name).filter(has).or_else(|| name_id(ours?).filter(has))?;
    Some(id.name())
}

/// Returns the help for an unknown name.
pub fn suggest(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, form)) = OTHER_FORMS.iter().find(|(theirs, _)| *theirs == lower) {
        return Some((*form).into());
    }
    if function(name).is_some() {
        return Some(match NAMES_ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower) {
            Some((_, ours)) => format!("write: x.{ours}(); the function {name}(x) is another thing"),
            None => format!("it is a function: {name}(x)"),
        });
    }
    similar(name).map(|name| format!("did you mean `{name}`?"))
}
