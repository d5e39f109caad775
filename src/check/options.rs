//! Parameters on a command line: which words are options, which parameter each names, and their form in `--help`
//! and messages.

use super::kind::from_word;
use super::program::*;
use crate::diag::{quote_word, similar};
use crate::value::{List, Str, Value};

/// An option that a word names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedOption {
    /// The index of its parameter.
    pub place: usize,
    pub form: OptionForm,
    /// Its spelling without a value: `--count`, `-n`.
    pub name: String,
}

/// The form of an option of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionForm {
    /// `--count=3`, `-n3`: the value begins at this byte.
    Inline(usize),
    /// `--count 3`, `-n 3`
    NextWord,
    /// `--verbose`, `--no-verbose`, `-v`
    Switch(bool),
    /// A flag such as `-v` whose occurrences are counted.
    Count,
}

/// Returns the options that a word names: `--dry-run` is `dry_run`, and `-vn3` is `-v` and `-n 3`.
///
/// # Errors
/// Fails with the spelling of an unknown option.
pub fn read_options<'p>(
    parameters: impl Iterator<Item = &'p Formal> + Clone,
    word: &str,
) -> Result<Vec<NamedOption>, String> {
    if word.starts_with("--") {
        let name = word.split('=').next().unwrap_or(word).to_string();
        return match long_option(parameters, word) {
            Some((place, form)) => Ok(vec![NamedOption { place, form, name }]),
            None => Err(name),
        };
    }
    let mut options = Vec::new();
    for (at, letter) in word.char_indices().skip(1) {
        let name = format!("-{letter}");
        let found = parameters.clone().enumerate().find(|(_, parameter)| parameter.short == Some(letter));
        let Some((place, parameter)) = found else { return Err(name) };
        let rest = at + letter.len_utf8();
        let digit = word[rest..].starts_with(|next: char| next.is_ascii_digit());
        let form = match () {
            () if parameter.is_switch() => OptionForm::Switch(true),
            () if parameter.counts && !digit => OptionForm::Count,
            () if word.len() == rest => OptionForm::NextWord,
            () => OptionForm::Inline(rest + usize::from(word[rest..].starts_with('='))),
        };
        options.push(NamedOption { place, form, name });
        if !matches!(form, OptionForm::Switch(_) | OptionForm::Count) {
            break;
        }
    }
    Ok(options)
}

/// Returns the parameter that a long option names.
fn long_option<'p>(
    parameters: impl Iterator<Item = &'p Formal> + Clone,
    option: &str,
) -> Option<(usize, OptionForm)> {
    let text = option.strip_prefix("--")?;
    let name = text.split('=').next()?;
    let find = |name: &str| {
        let same =
            |parameter: &Formal| !parameter.rest && parameter.name.bytes().map(dashed).eq(name.bytes());
        parameters.clone().enumerate().find(|(_, parameter)| same(parameter))
    };
    if let Some((place, parameter)) = find(name) {
        let form = if name.len() < text.len() {
            OptionForm::Inline(2 + name.len() + 1)
        } else if parameter.is_switch() {
            OptionForm::Switch(true)
        } else {
            OptionForm::NextWord
        };
        return Some((place, form));
    }
    let (place, parameter) = find(text.strip_prefix("no-")?)?;
    parameter.is_switch().then_some((place, OptionForm::Switch(false)))
}

/// Returns the option that a word with an unknown option probably means.
pub fn similar_option<'p>(parameters: impl Iterator<Item = &'p Formal>, word: &str) -> Option<String> {
    let names = parameters.filter(|parameter| !parameter.rest).flat_map(|parameter| {
        let name = parameter.dashed_name();
        let off = parameter.is_switch().then(|| format!("--no-{name}"));
        std::iter::once(format!("--{name}")).chain(off)
    });
    let names: Vec<String> = names.collect();
    let written = word.split('=').next().unwrap_or(word);
    // `-count` for `--count`
    let doubled = format!("-{written}");
    if names.contains(&doubled) {
        return Some(doubled);
    }
    if !written.starts_with("--") {
        return None;
    }
    similar(written, names.iter().map(String::as_str)).map(str::to_string)
}

/// Returns the literal start of `--count=$n`, which makes it an option: only its value comes from elsewhere.
pub fn option_of(text: &WordText) -> Option<&[u8]> {
    match text.parts.first() {
        Some(Part::Text(start)) if start.starts_with(b"--") && start.contains(&b'=') => {
            Some(start.as_bytes())
        }
        _ => None,
    }
}

/// Returns whether it is a number such as `-5`, not an option.
pub fn is_number(text: &[u8]) -> bool {
    matches!(text, [b'-', digit, ..] if digit.is_ascii_digit())
}

fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

impl Formal {
    /// Returns whether it is an option without a value: `--verbose`, `--no-verbose`.
    pub fn is_switch(&self) -> bool {
        self.kind == Some(Kind::Bool)
    }

    /// Returns whether its option may be repeated, each time with an element.
    pub fn is_repeated(&self) -> bool {
        self.kind == Some(Kind::List)
    }

    /// Returns whether each call must set it.
    pub const fn is_required(&self) -> bool {
        !self.optional && !self.rest
    }

    /// Returns the name in the form of a long option, without its dashes.
    pub fn dashed_name(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Returns the value from a word.
    ///
    /// # Errors
    /// Fails with the reason, for the message.
    pub fn read_word(&self, word: &[u8]) -> Result<Value, String> {
        self.refuse_other(word).map_or_else(|| from_word(self.kind, word), Err)
    }

    /// Returns the value from the word of its option: a list gets one element at a time.
    ///
    /// # Errors
    /// Fails as [`Formal::read_word`] does.
    pub fn read_option(&self, word: &[u8]) -> Result<Value, String> {
        if self.is_repeated() {
            return Ok(Value::List(List::from(vec![Value::Str(Str::from(word))])));
        }
        self.read_word(word)
    }

    /// Returns the error for a text that is not one of its choices.
    pub fn refuse_other(&self, text: &[u8]) -> Option<String> {
        if self.choices.is_empty() || self.choices.iter().any(|choice| choice.as_bytes() == text) {
            return None;
        }
        let choices: Vec<String> = self.choices.iter().map(|choice| quote_word(choice.as_bytes())).collect();
        let known = self.choices.iter().filter_map(|choice| std::str::from_utf8(choice.as_bytes()).ok());
        let meant = match similar(&String::from_utf8_lossy(text), known) {
            Some(meant) => format!("; did you mean {}?", quote_word(meant.as_bytes())),
            None => String::new(),
        };
        let expected = match &*choices {
            [one] => one.clone(),
            [others @ .., last] => format!("{} or {last}", others.join(", ")),
            [] => String::new(),
        };
        Some(format!("expected {expected}, found {}{meant}", quote_word(text)))
    }

    /// Returns the name of its value: `INT`, `debug|info`.
    pub fn value_name(&self) -> String {
        match self.kind {
            _ if !self.choices.is_empty() => {
                let words: Vec<String> =
                    self.choices.iter().map(|choice| quote_word(choice.as_bytes())).collect();
                words.join("|")
            }
            Some(Kind::List) | None => "VALUE".to_string(),
            Some(kind) => kind.name().to_uppercase(),
        }
    }

    /// Returns it as an option: `--retries INT`, `--dry-run`; a bool that is true by default is shown by its
    /// negation, `--no-color`.
    pub fn option(&self) -> String {
        let no = if self.on { "no-" } else { "" };
        let value = if self.is_switch() { String::new() } else { format!(" {}", self.value_name()) };
        format!("--{no}{}{value}", self.dashed_name())
    }

    /// Returns it as a part of the usage: `HOST`, `[--retries INT]`, `[REST…]`.
    pub fn usage(&self) -> String {
        let name = || self.name.to_uppercase();
        let again = if self.is_repeated() { "…" } else { "" };
        if self.rest {
            format!("[{}…]", name())
        } else if self.optional {
            format!("[{}]{again}", self.option())
        } else if self.is_repeated() {
            format!("{}{again}", self.option())
        } else {
            name()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formal(name: &str, kind: Kind, short: Option<char>) -> Formal {
        Formal { name: name.into(), kind: Some(kind), short, optional: true, ..Formal::default() }
    }

    fn parameters() -> Vec<Formal> {
        vec![
            formal("dry_run", Kind::Bool, Some('n')),
            formal("quiet", Kind::Bool, Some('q')),
            formal("keep", Kind::Int, Some('k')),
            Formal { counts: true, ..formal("verbose", Kind::Int, Some('v')) },
            Formal { choices: ["low", "high"].map(Str::from).into(), ..formal("level", Kind::Str, None) },
        ]
    }

    /// Returns the options of a word, as `NAME=VALUE`, `NAME+` for one that counts and `NAME…` for one whose value
    /// follows.
    fn read(word: &str) -> Result<String, String> {
        let parameters = parameters();
        let options = read_options(parameters.iter(), word)?;
        let shown = options.iter().map(|option| {
            let name = &parameters[option.place].name;
            match option.form {
                OptionForm::Inline(start) => format!("{name}={}", &word[start..]),
                OptionForm::NextWord => format!("{name}…"),
                OptionForm::Switch(on) => format!("{name}={on}"),
                OptionForm::Count => format!("{name}+"),
            }
        });
        Ok(shown.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_word_names_one_long_option_or_several_letters() {
        for (word, expected) in [
            ("--dry-run", "dry_run=true"),
            ("--no-quiet", "quiet=false"),
            ("--keep", "keep…"),
            ("--keep=3", "keep=3"),
            ("--verbose=2", "verbose=2"),
            ("-nq", "dry_run=true quiet=true"),
            ("-k", "keep…"),
            ("-k3", "keep=3"),
            ("-k=3", "keep=3"),
            ("-nk-3", "dry_run=true keep=-3"),
            ("-vvv", "verbose+ verbose+ verbose+"),
            ("-v4", "verbose=4"),
            ("-qvk", "quiet=true verbose+ keep…"),
        ] {
            assert_eq!(read(word).as_deref(), Ok(expected), "{word}");
        }
        for (word, name) in [("--keeps", "--keeps"), ("--no-keep", "--no-keep"), ("-nx", "-x"), ("-é", "-é")]
        {
            assert_eq!(read(word), Err(name.to_string()), "{word}");
        }
    }

    #[test]
    fn the_option_that_was_meant_is_one_that_there_is() {
        let parameters = parameters();
        let meant = |word| similar_option(parameters.iter(), word);
        assert_eq!(meant("--kep=3").as_deref(), Some("--keep"));
        assert_eq!(meant("-quiet").as_deref(), Some("--quiet"));
        assert_eq!(meant("--no-quite").as_deref(), Some("--no-quiet"));
        assert_eq!((meant("-z"), meant("--else")), (None, None));
    }

    #[test]
    fn a_choice_is_one_of_its_texts() {
        let level = &parameters()[4];
        assert!(level.read_word(b"high").is_ok());
        let refused = level.read_word(b"hihg").err();
        assert_eq!(refused.as_deref(), Some("expected low or high, found hihg; did you mean high?"));
        assert_eq!(level.option(), "--level low|high");
    }
}
