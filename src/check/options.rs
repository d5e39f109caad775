//! Parameters on a command line: which words are options, which parameter each names, and how `--help` and messages
//! write them.

use super::program::*;

/// How an option of a function is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionForm {
    /// `--count=3`: the value begins at this byte.
    Inline(usize),
    /// `--count 3`
    NextWord,
    /// `--verbose`, `--no-verbose`
    Switch(bool),
}

/// The parameter that an option names: `--dry-run` is `dry_run`.
pub fn find_option<'p>(
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

/// The literal start of `--count=$n`, by which it is an option: only its value comes from elsewhere.
pub fn option_of(text: &WordText) -> Option<&[u8]> {
    match text.parts.first() {
        Some(Part::Text(start)) if start.starts_with(b"--") && start.contains(&b'=') => {
            Some(start.as_bytes())
        }
        _ => None,
    }
}

/// `-5` is a number, not an option.
pub fn is_number(text: &[u8]) -> bool {
    matches!(text, [b'-', digit, ..] if digit.is_ascii_digit())
}

fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

impl Formal {
    /// An option without a value: `--verbose`, `--no-verbose`.
    pub fn is_switch(&self) -> bool {
        self.kind == Some(Kind::Bool)
    }

    /// Whether each call gives it.
    pub const fn is_required(&self) -> bool {
        !self.optional && !self.rest
    }

    /// As an option: `--retries INT`, `--dry-run`; a switch that is on is told by how to turn it off, `--no-color`.
    pub fn option(&self) -> String {
        let no = if self.on { "no-" } else { "" };
        let name = self.name.replace('_', "-");
        let value = match self.kind {
            Some(Kind::Bool) => String::new(),
            Some(kind) => format!(" {}", kind.name().to_uppercase()),
            None => " VALUE".to_string(),
        };
        format!("--{no}{name}{value}")
    }

    /// In the line that shows how a command is called: `HOST`, `[--retries INT]`, `[REST…]`.
    pub fn usage(&self) -> String {
        let name = || self.name.to_uppercase();
        if self.rest {
            format!("[{}…]", name())
        } else if self.optional {
            format!("[{}]", self.option())
        } else {
            name()
        }
    }
}
