//! Characters that a reader of a source can't see, or that show it in another order than it is parsed in.
//!
//! Scenario: a reviewer reads `if ($user == "admin")`, and a right-to-left override in the string or in a comment has
//! moved the closing quote ("Trojan Source", CVE-2021-42574). No context is safe, so such characters are refused
//! everywhere in a source, including comments; strings can contain them as escapes. Joiners are allowed where they have
//! a visible effect: within an emoji, and between letters of scripts that are written with them.
//!
//! Blanks that are not ASCII look like blanks, but separate nothing. Strings and comments may contain them. A bare word
//! or an expression that contains one would be parsed differently from how it looks.

use crate::diag::{Diagnostic, Source, code, is_hidden};
use crate::span::Span;
use std::sync::Arc;

/// Returns the first hidden character of a text, and its position.
pub fn find(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let suspect = |byte: &u8| *byte >= 0x7f || (*byte < b' ' && !matches!(byte, b'\n' | b'\t'));
        at += bytes[at..].iter().position(suspect)?;
        let found = text[at..].chars().next()?;
        if !matches!(found, '\n' | '\t') && is_hidden(found) && !is_joiner_in_use(text, at, found) {
            return Some((at, found));
        }
        at += found.len_utf8();
    }
}

/// Returns the first blank of a text that is not ASCII, and its position.
pub fn find_blank(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(_, found)| is_foreign_blank(*found))
}

/// Returns whether a character looks like a blank but separates nothing (Unicode's category Zs without U+0020).
pub const fn is_foreign_blank(found: char) -> bool {
    matches!(found, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Returns the error for a hidden character.
pub fn refusal(source: &Arc<Source>, at: usize, found: char) -> Box<Diagnostic> {
    let label = match found {
        '\r' => "a carriage return, which most editors don't show",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{200e}' | '\u{200f}' => {
            "changes the order in which text is shown"
        }
        _ if found.is_control() => "a control character",
        _ => "an invisible character",
    };
    let message = format!("the source contains U+{:04X}, which a reader can't see", found as u32);
    let page = Diagnostic::new(code::BAD_CHARACTER, message)
        .at(source, Span::new(at, at + found.len_utf8()), label)
        .help(format!("remove it; where a text needs it, write it as an escape: $'{}'", escape(found)));
    Box::new(page)
}

/// Returns the error for a blank that is not ASCII.
pub fn blank_refusal(source: &Arc<Source>, at: usize, found: char) -> Box<Diagnostic> {
    let number = found as u32;
    let message = format!("U+{number:04X} looks like a blank, but separates nothing");
    let page = Diagnostic::new(code::BAD_CHARACTER, message)
        .at(source, Span::new(at, at + found.len_utf8()), format!("U+{number:04X} is here"))
        .help("write an ordinary blank; quote the text if the character belongs to it");
    Box::new(page)
}

fn escape(found: char) -> String {
    match (found, found as u32) {
        ('\r', _) => "\\r".to_string(),
        (_, number @ ..0x80) => format!("\\x{number:02x}"),
        (_, number @ ..0x1_0000) => format!("\\u{number:04x}"),
        (_, number) => format!("\\U{number:08x}"),
    }
}

/// Returns whether a joiner or a variation selector has an effect between these neighbours.
fn is_joiner_in_use(text: &str, at: usize, found: char) -> bool {
    let before = text[..at].chars().next_back().unwrap_or(' ');
    let after = text[at + found.len_utf8()..].chars().next().unwrap_or(' ');
    match found {
        '\u{200c}' => needs_joiners(before) && needs_joiners(after),
        '\u{200d}' => {
            (needs_joiners(before) && needs_joiners(after))
                || ((is_pictograph(before) || before == '\u{fe0f}') && is_pictograph(after))
        }
        '\u{fe0e}' | '\u{fe0f}' => {
            is_pictograph(before) || (matches!(before, '0'..='9' | '#' | '*') && after == '\u{20e3}')
        }
        _ => false,
    }
}

/// Returns whether letters of this script use joiners: Arabic, Syriac, Mongolian and the scripts of India (UAX #31,
/// 2.3).
const fn needs_joiners(letter: char) -> bool {
    matches!(letter, '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1820}'..='\u{18aa}')
}

const fn is_pictograph(found: char) -> bool {
    matches!(found,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<u32> {
        find(text).map(|(_, found)| found as u32)
    }

    #[test]
    fn hiding_and_reordering_characters_are_found_anywhere() {
        for hidden in [
            '\u{1}',
            '\u{8}',
            '\u{c}',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{80}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e0100}',
        ] {
            for text in [format!("echo a{hidden}b"), format!("# {hidden}"), hidden.to_string()] {
                assert_eq!(found(&text), Some(hidden as u32), "{}", text.escape_unicode());
            }
        }
    }

    #[test]
    fn visible_text_of_any_script_is_left_alone() {
        for text in [
            "echo\t'é 日本 한글 ру עברית ไทย'\n",
            "👩\u{200d}💻 🏳\u{fe0f}\u{200d}🌈 👨\u{1f3fd}\u{200d}🦰 ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
            "می\u{200c}خواهم क\u{94d}\u{200d}ष",
            "no-break\u{a0}blank",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn blanks_of_other_scripts_are_found_apart() {
        assert_eq!(find_blank("a b\tc"), None);
        for blank in ['\u{a0}', '\u{2003}', '\u{202f}', '\u{3000}'] {
            assert_eq!(find_blank(&format!("a{blank}b")), Some((1, blank)));
        }
    }
}
