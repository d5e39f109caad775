//! The values of an option, as far as its help lists them.
//!
//! Prose is ignored: if one word of an apparent list can't be a value, there is no list.

use super::options::Takes;

/// Returns the values of an option, from its value's name and its description.
pub fn named(option: &str, value: &Takes, note: &str) -> Vec<String> {
    let name = match value {
        Takes::Nothing => return Vec::new(),
        Takes::Joined(name) | Takes::Optional(name) | Takes::Next(name) => name,
    };
    let name = name.trim_matches(|letter| "<>{}[]()".contains(letter));
    possible(note)
        .or_else(|| of_words(name.split([',', '|'])))
        .or_else(|| told_of(name, note))
        .or_else(|| behind_colons(note))
        .or_else(|| with_letters(note))
        .unwrap_or_else(|| usual(option, name))
}

/// Parses clap's `[possible values: a, b]`.
fn possible(note: &str) -> Option<Vec<String>> {
    let (_, values) = note.split_once("[possible values: ")?;
    let values = match values.split_once(']') {
        Some((values, _)) => values,
        // The last one is cut.
        None => values.rsplit_once(',')?.0,
    };
    of_words(values.split(','))
}

/// Parses `WHEN is 'always', 'never', or 'auto'` and `METHOD={none(default),prepend}`.
fn told_of(name: &str, note: &str) -> Option<Vec<String>> {
    let behind = [" is ", " can be ", "="].into_iter().find_map(|verb| {
        let (before, behind) = note.split_once(&format!("{name}{verb}"))?;
        (!name.is_empty() && !before.ends_with(|letter: char| letter.is_alphanumeric())).then_some(behind)
    })?;
    if let Some((inside, _)) = behind.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return list(inside);
    }
    let sentence = &behind[..end_of_sentence(behind)];
    of_words(sentence.split('\'').skip(1).step_by(2))
}

/// Parses `sort by WORD: none (-U), size (-S), width`; there may be several such lists.
fn behind_colons(note: &str) -> Option<Vec<String>> {
    let lists = note.match_indices(": ").filter_map(|(at, colon)| {
        let behind = &note[at + colon.len()..];
        list(&behind[..end_of_sentence(behind)])
    });
    let mut values: Vec<String> = Vec::new();
    for value in lists.flatten() {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    (!values.is_empty()).then_some(values)
}

/// Parses `across -x, commas -m` if the description contains nothing else.
fn with_letters(note: &str) -> Option<Vec<String>> {
    note.split(", ").all(|item| item.contains(" -")).then(|| list(note))?
}

/// Returns the meaning of `WHEN` in GNU programs, and in other programs if the option is about colours. The check
/// is needed because git's `--ignore-submodules[=<when>]` takes other values.
fn usual(option: &str, name: &str) -> Vec<String> {
    let is_meant = name == "WHEN" || name == "when" && option.contains("color");
    let values: &[&str] = if is_meant { &["always", "auto", "never"] } else { &[] };
    values.iter().map(|value| (*value).to_string()).collect()
}

fn end_of_sentence(text: &str) -> usize {
    [";", ". ", ": "].iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len())
}

/// Parses `none (-U), size -S, 'time' or width`: two words or more, each followed only by an option of the same
/// meaning.
fn list(text: &str) -> Option<Vec<String>> {
    let items = text.trim_end_matches('.').split(", ").flat_map(|item| item.split(','));
    let items = items.flat_map(|item| item.split(" or ")).map(|item| {
        let item = item.trim();
        let item = item.strip_prefix("or ").or_else(|| item.strip_prefix("and ")).unwrap_or(item);
        let (word, more) = item.split_at(item.find([' ', '(']).unwrap_or(item.len()));
        let more = more.trim_start();
        let is_same =
            more.is_empty() || more.starts_with('(') || more.starts_with('-') && !more.contains(' ');
        // "or" at the end continues in text that was not read.
        if is_same && word != "or" { word.trim_matches('\'') } else { "" }
    });
    of_words(items)
}

/// Returns the words if there are two or more and each can be a value.
fn of_words<'w>(words: impl Iterator<Item = &'w str>) -> Option<Vec<String>> {
    let words: Vec<&str> = words.map(str::trim).collect();
    let is_value = |word: &&str| {
        word.bytes().any(|byte| byte.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
    };
    let are_values = words.len() > 1 && words.iter().all(is_value);
    are_values.then(|| words.into_iter().map(str::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_values(name: &str, note: &str, expected: &[&str]) {
        assert_eq!(named("--x", &Takes::Joined(name.to_string()), note), expected, "{name}: {note}");
    }

    #[test]
    fn values_are_read_out_of_names_and_descriptions() {
        assert_values("<size|time>", "", &["size", "time"]);
        assert_values("{name,descriptor}", "", &["name", "descriptor"]);
        assert_values("<FMT>", "Form [possible values: short, long]", &["short", "long"]);
        assert_values("<FMT>", "Form [possible values: short, long, lo", &["short", "long"]);
        assert_values(
            "WORD",
            "sort by WORD instead of name: none (-U), size (-S), extension (-X), width",
            &["none", "size", "extension", "width"],
        );
        assert_values(
            "WORD",
            "the times; access time (-u): atime, use; birth time: birth, creation; with -l, WORD says which",
            &["atime", "use", "birth", "creation"],
        );
        assert_values("WORD", "show WORD instead: atime, ctime or status", &["atime", "ctime", "status"]);
        assert_values("WORD", "across -x, commas -m, long -l", &["across", "commas", "long"]);
        assert_values("WORD", "by WORD: month -M, numeric -n", &["month", "numeric"]);
        assert_values(
            "TYPE",
            "files are TYPE; TYPE is 'binary', 'text', or 'no-match'",
            &["binary", "text", "no-match"],
        );
        assert_values(
            "FMT",
            "a date. FMT='date' for it alone (the default), 'hours', or 'ns' for more. Else 'x'.",
            &["date", "hours", "ns"],
        );
        assert_values("METHOD", "apart by empty lines; METHOD={none(default),prepend}", &["none", "prepend"]);
        assert_values(
            "<mode>",
            "show them, optional modes: all, normal, no. (Default: all)",
            &["all", "normal", "no"],
        );
    }

    #[test]
    fn the_usual_meaning_of_when_needs_no_list() {
        assert_values("WHEN", "colorize the output", &["always", "auto", "never"]);
        assert_values("<when>", "ignore changes", &[]);
        let when = Takes::Optional("<when>".to_string());
        assert_eq!(named("--color", &when, ""), ["always", "auto", "never"]);
        assert_values("WHEN", "WHEN is 'yes' or 'no'", &["yes", "no"]);
    }

    #[test]
    fn prose_is_not_a_list() {
        for (name, note) in [
            ("FILE", "read FILE, one pattern a line"),
            ("FILE", "note: reads, then writes it"),
            ("N", "print N lines: at least one, or all of them"),
            ("KEYDEF", "sort via a key; KEYDEF gives location and type"),
            ("SIZE", "scale by SIZE, e.g., '--block-size=M'; see below"),
            ("", "one, two"),
            ("N", "when it asks: never, once (-I), or"),
        ] {
            assert_values(name, note, &[]);
        }
        assert_eq!(named("--x", &Takes::Nothing, "one: two, three"), [""; 0]);
    }
}
