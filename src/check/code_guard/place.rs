//! How a language takes a value from the environment, or from a variable that an option sets.

/// A value in the form for the code: how many bytes before and after it are removed, and the text in
/// its place.
pub struct Placed {
    pub before: usize,
    pub text: String,
    pub after: usize,
}

/// A function that puts a value of this name between two texts of code. It returns `None` if the value needs more
/// than one word.
pub type Put = fn(before: &str, after: &str, name: &str) -> Option<Placed>;

const fn plain(text: String) -> Placed {
    Placed { before: 0, text, after: 0 }
}

/// The quotes around a value in the code: quotes directly around it, which are removed with it, or the quote of a
/// longer string that contains it.
enum Around {
    Nothing,
    Quotes,
    Inside(char),
}

fn around(before: &str, after: &str) -> Around {
    let mut open = None;
    let mut chars = before.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' | '\'' if open.is_none() => open = Some(c),
            c if open == Some(c) => open = None,
            _ => {}
        }
    }
    match open {
        None => Around::Nothing,
        Some(quote) if before.ends_with(quote) && after.starts_with(quote) => Around::Quotes,
        Some(quote) => Around::Inside(quote),
    }
}

/// Returns an expression for the value, alone or in place of a whole string.
fn expression(before: &str, after: &str, text: String) -> Option<Placed> {
    match around(before, after) {
        Around::Nothing => Some(plain(text)),
        Around::Quotes => Some(Placed { before: 1, text, after: 1 }),
        Around::Inside(_) => None,
    }
}

pub fn awk(before: &str, after: &str, name: &str) -> Option<Placed> {
    let value = format!("ENVIRON[\"{name}\"]");
    let in_string = before.matches('"').count() % 2 == 1;
    if in_string {
        return match around(before, after) {
            Around::Quotes => Some(Placed { before: 1, text: value, after: 1 }),
            _ => Some(plain(format!("\" {value} \""))),
        };
    }
    if before.ends_with('/') && after.starts_with('/') {
        let is_matched = before[..before.len() - 1].trim_end().ends_with('~');
        let text = if is_matched { value } else { format!("$0 ~ {value}") };
        return Some(Placed { before: 1, text, after: 1 });
    }
    before.matches('/').count().is_multiple_of(2).then(|| plain(value))
}

/// Returns a program of awk with the variable of this name taken from the environment.
pub fn named_in_awk(program: &str, name: &str) -> String {
    let mut changed = String::new();
    let mut word = String::new();
    let mut in_string = false;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for c in program.chars().chain(['\0']) {
        if is_of_name(c) {
            word.push(c);
            continue;
        }
        let is_variable = word == name && !in_string;
        changed.push_str(&if is_variable {
            format!("ENVIRON[\"{name}\"]")
        } else {
            std::mem::take(&mut word)
        });
        word.clear();
        in_string ^= c == '"';
        changed.extend((c != '\0').then_some(c));
    }
    changed
}

pub fn perl(before: &str, after: &str, name: &str) -> Option<Placed> {
    let value = format!("$ENV{{{name}}}");
    match around(before, after) {
        Around::Quotes => Some(Placed { before: 1, text: value, after: 1 }),
        Around::Inside('\'') => None,
        _ => Some(plain(value)),
    }
}

pub fn ruby(before: &str, after: &str, name: &str) -> Option<Placed> {
    expression(before, after, format!("ENV[\"{name}\"]"))
}

pub fn python(before: &str, after: &str, name: &str) -> Option<Placed> {
    expression(before, after, format!("os.environ[\"{name}\"]"))
}

pub fn js(before: &str, after: &str, name: &str) -> Option<Placed> {
    expression(before, after, format!("process.env.{name}"))
}

pub fn php(before: &str, after: &str, name: &str) -> Option<Placed> {
    expression(before, after, format!("getenv(\"{name}\")"))
}

pub fn lua(before: &str, after: &str, name: &str) -> Option<Placed> {
    expression(before, after, format!("os.getenv(\"{name}\")"))
}

pub fn jq(before: &str, after: &str, name: &str) -> Option<Placed> {
    let value = format!("${name}");
    match around(before, after) {
        Around::Quotes => Some(Placed { before: 1, text: value, after: 1 }),
        Around::Inside('"') => Some(plain(format!("\\({value})"))),
        Around::Inside(_) => None,
        Around::Nothing if before.ends_with('.') => Some(plain(format!("[{value}]"))),
        Around::Nothing => Some(plain(value)),
    }
}

pub fn psql(before: &str, after: &str, name: &str) -> Option<Placed> {
    match around(before, after) {
        Around::Quotes if before.ends_with('\'') => {
            Some(Placed { before: 1, text: format!(":'{name}'"), after: 1 })
        }
        Around::Quotes => Some(Placed { before: 1, text: format!(":\"{name}\""), after: 1 }),
        Around::Nothing => Some(plain(format!(":'{name}'"))),
        Around::Inside(_) => None,
    }
}
