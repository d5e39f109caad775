//! A line with operators of sh or C in an expression, as it is written here.

/// Returns the line of an operator with `and`, `or`, `not`, `==` and `matches` in the place of those operators.
pub fn with_own_operators(text: &str, at: usize) -> Option<String> {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?;
    let (begin, end) = expression_around(line, at - start)?;
    let inside = &line[begin..end];
    let written = match default_for_empty(inside) {
        Some(written) => written,
        None if inside.split("&&").flat_map(|part| part.split("||")).any(|part| is_literal(part.trim())) => {
            return None;
        }
        None => rewritten(inside)?,
    };
    Some(format!("{}{written}{}", &line[..begin], &line[end..]).trim().to_owned())
}

/// Returns `x || "default"` with the method that has the meaning of other languages.
fn default_for_empty(text: &str) -> Option<String> {
    let (value, default) = text.split_once("||")?;
    let (value, literal) = (value.trim(), default.trim());
    let is_path = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
    let is_simple = !value.is_empty() && value.chars().all(is_path) && !is_literal(value);
    (is_simple && is_literal(literal)).then(|| format!("{value}.or({literal})"))
}

/// Returns whether a text is a number or a string without values, which is not a condition.
fn is_literal(text: &str) -> bool {
    let inside = |mark: char| {
        let inside = text.strip_prefix(mark).and_then(|inside| inside.strip_suffix(mark));
        inside.is_some_and(|inside| !inside.contains([mark, '$', '\\']))
    };
    text.parse::<f64>().is_ok() || inside('"') || inside('\'')
}

/// Returns the brackets around a place in a line, or the value behind the `=` of an assignment before it.
fn expression_around(line: &str, at: usize) -> Option<(usize, usize)> {
    let mut open: Vec<usize> = Vec::new();
    let mut quote = None;
    for (place, letter) in line.char_indices() {
        match (quote, letter) {
            (Some(mark), _) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[') => open.push(place),
            (None, ')' | ']') => {
                let begin = open.pop()?;
                // The outermost brackets of an expression hold all of its operators.
                if begin < at && at < place && open.is_empty() {
                    return Some((begin + 1, place));
                }
            }
            _ => {}
        }
    }
    let value = line[..at].find(" = ")? + " = ".len();
    (value <= at && open.is_empty()).then_some((value, line.len()))
}

/// Returns an expression with `and`, `or`, `not`, `==` and `matches` in the place of the operators of sh and C.
fn rewritten(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut quote = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let before = out.chars().next_back().unwrap_or(' ');
        let (taken, written): (usize, &str) = match quote {
            Some(mark) => {
                if letter == mark {
                    quote = None;
                } else if letter == '\\' || letter == '$' && mark == '"' && rest[1..].starts_with(['(', '['])
                {
                    return None;
                }
                (letter.len_utf8(), "")
            }
            None if rest.starts_with("&&") => (2, "and"),
            None if rest.starts_with("||") => (2, "or"),
            None if rest.starts_with("=~") => {
                let (value, length) = matched(&out, &rest[2..])?;
                out = value;
                rest = &rest[2 + length..];
                continue;
            }
            None if letter == '!' && !rest[1..].starts_with('=') => {
                // `!a == b` negates `a` alone in C.
                let operand = rest[1..].split(['&', '|', ')']).next().unwrap_or_default();
                if operand.contains(['=', '<', '>']) {
                    return None;
                }
                (1 + rest[1..].len() - rest[1..].trim_start().len(), "not ")
            }
            None if letter == '='
                && !rest[1..].starts_with(['=', '>', '~'])
                && !"=!<>?+-*/".contains(before) =>
            {
                (1, "==")
            }
            None => {
                if matches!(letter, '"' | '\'') {
                    quote = Some(letter);
                } else if letter == '$' {
                    return None;
                }
                (letter.len_utf8(), "")
            }
        };
        match written {
            "" => out += &rest[..taken],
            _ => out += written,
        }
        rest = &rest[taken..];
    }
    quote.is_none().then_some(out)
}

/// Returns what is before `=~` with a call of `matches` in place of the operator, and the length of its regex.
fn matched(before: &str, after: &str) -> Option<(String, usize)> {
    let start = before.trim_end().rfind([' ', '(']).map_or(0, |end| end + 1);
    let value = before[start..].trim_end();
    let is_path = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
    let regex = after.trim_start();
    let mark = regex.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let regex = &regex[..regex[1..].find(mark)? + 2];
    let length = after.len() - after.trim_start().len() + regex.len();
    let call = format!("{}{value}.matches({regex})", &before[..start]);
    (!value.is_empty() && value.chars().all(is_path)).then_some((call, length))
}
