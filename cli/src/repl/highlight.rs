//! Colours during typing. The scanner determines the kind of each part, and the check determines the
//! errors, so that the colours always agree with the language.

use pipewright::Span;
use pipewright::dialog::{Look, Typed};

/// A style, of a type that is cheap to compare for each letter of a long entry at each key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Unknown,
    Wrong,
    /// A bracket that is not closed yet.
    Open,
    /// The brackets at the cursor.
    Pair,
    Comment,
    String,
    Variable,
    Keyword,
    Command,
    Number,
    Call,
    Operator,
}

impl Style {
    /// Returns the parameters of its escape sequence (ECMA-48, SGR).
    const fn parameters(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Unknown => "31",
            Self::Wrong => "4;31",
            Self::Open => "1;33",
            Self::Pair => "1;4",
            Self::Comment | Self::Operator => "90",
            Self::String => "32",
            Self::Variable => "36",
            Self::Keyword => "35",
            Self::Command => "1",
            Self::Number => "33",
            Self::Call => "34",
        }
    }

    const fn of(look: Look) -> Self {
        match look {
            Look::Comment => Self::Comment,
            Look::String => Self::String,
            Look::Variable => Self::Variable,
            Look::Keyword => Self::Keyword,
            Look::Command | Look::MadeCommand => Self::Command,
            Look::Number => Self::Number,
            Look::Call => Self::Call,
            Look::Operator => Self::Operator,
            _ => Self::Plain,
        }
    }
}

/// Returns the text with its colours; `wrong` are the parts that the check would refuse.
pub fn painted(
    typed: &Typed,
    wrong: &[Span],
    is_command: impl Fn(&str) -> bool,
    cursor: Option<usize>,
) -> String {
    let text = typed.text();
    let mut styles: Vec<Style> = vec![Style::Plain; text.len()];
    let mut paint = |span: Span, style: Style| {
        let end = styles.len().min(span.end as usize);
        if let Some(part) = styles.get_mut(span.start as usize..end) {
            part.fill(style);
        }
    };
    for mark in typed.marks() {
        let unknown =
            mark.look == Look::Command && !is_command(text.get(mark.span.range()).unwrap_or_default());
        paint(mark.span, if unknown { Style::Unknown } else { Style::of(mark.look) });
    }
    wrong.iter().for_each(|span| paint(*span, Style::Wrong));
    typed.open().iter().for_each(|span| paint(*span, Style::Open));
    typed.unmatched().iter().for_each(|span| paint(*span, Style::Wrong));
    for (open, close) in cursor.into_iter().filter_map(|cursor| pair_at(typed, cursor)) {
        paint(open, Style::Pair);
        paint(close, Style::Pair);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut last = Style::Plain;
    for (at, letter) in text.char_indices() {
        if styles[at] != last {
            last = styles[at];
            out.push_str("\x1b[0");
            if last != Style::Plain {
                out.push(';');
                out.push_str(last.parameters());
            }
            out.push('m');
        }
        out.push(letter);
    }
    if last != Style::Plain {
        out.push_str("\x1b[0m");
    }
    out
}

/// Returns the pair of brackets of which one is under the cursor or before it.
pub fn pair_at(typed: &Typed, cursor: usize) -> Option<(Span, Span)> {
    let is_at = |span: Span, at: usize| (span.start as usize..span.end as usize).contains(&at);
    let find =
        |at: usize| typed.pairs().iter().find(|(open, close)| is_at(*open, at) || is_at(*close, at)).copied();
    find(cursor).or_else(|| find(cursor.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint(text: &str, cursor: Option<usize>) -> String {
        painted(&Typed::new(text), &[], |name| name == "echo", cursor)
    }

    #[test]
    fn parts_have_colours() {
        assert_eq!(
            paint("echo 'a' $x", None),
            "\x1b[0;1mecho\x1b[0m \x1b[0;32m'a'\x1b[0m \x1b[0;36m$x\x1b[0m"
        );
        assert_eq!(paint("ehco", None), "\x1b[0;31mehco\x1b[0m");
        assert_eq!(paint("plain", None), "\x1b[0;31mplain\x1b[0m");
        assert_eq!(paint("", None), "");
    }

    #[test]
    fn brackets_are_seen_before_enter() {
        assert_eq!(paint("echo {", None).matches("\x1b[0;1;33m").count(), 1);
        assert!(paint("echo )", None).ends_with("\x1b[0;4;31m)\x1b[0m"));
        let pair = paint("echo $(echo a)", Some(14));
        assert!(pair.contains("\x1b[0;1;4m$(\x1b[0") && pair.ends_with("\x1b[0;1;4m)\x1b[0m"), "{pair:?}");
    }

    #[test]
    fn no_text_is_lost() {
        for text in ["é 'ü' # ß", "echo \"\\é $(", "\u{1f600}", "let x = {a: 'ä", "${", "cat <<E\nü\nE\n"]
        {
            let painted = paint(text, Some(1));
            let mut plain = String::new();
            let mut rest = painted.as_str();
            while let Some((before, after)) = rest.split_once("\x1b[") {
                plain.push_str(before);
                rest = after.split_once('m').unwrap().1;
            }
            assert_eq!(plain + rest, text);
        }
    }
}
