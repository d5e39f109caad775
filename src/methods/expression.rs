//! A compiled regular expression, and the search for its matches.
//!
//! The regex crate can't be interrupted. Its time is bounded by the length of the text times the size of the
//! expression, and a hostile script can reach that bound: `a[ab]{200}[^ab]` on 15 MB of `a` and `b` outlasts a time
//! limit. So if the bound is too large, another search is used (`interruptible_regex`).

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::access::{argument, string, utf8};
use super::interruptible_regex::{self, COMPILED, DfaQuit, InterruptibleRegex};
use super::{Host, MethodError, Outcome};
use crate::diag::{code, quote_word};
use crate::value::{Str, Value};

/// How many compiled expressions a thread keeps. A loop over a file's lines has few.
const KEPT: usize = 16;

thread_local! {
    /// The last ones used, the latest first.
    static CACHE: RefCell<Vec<(Str, Rc<Expression>)>> = const { RefCell::new(Vec::new()) };
}

/// Returns the compiled expression of the first argument.
pub fn compile(method: &'static str, arguments: &[Value]) -> Outcome<Rc<Expression>> {
    let pattern = string(argument(arguments, 0))?;
    let kept = CACHE.with_borrow_mut(|cache| {
        let at = cache.iter().position(|(kept, _)| kept == pattern)?;
        cache[..=at].rotate_right(1);
        cache.first().map(|(_, expression)| Rc::clone(expression))
    });
    if let Some(expression) = kept {
        return Ok(expression);
    }
    let text = utf8(method, argument(arguments, 0)).map_err(|error| error.at(0))?;
    let regex = RegexBuilder::new(text).size_limit(COMPILED).dfa_size_limit(COMPILED).build();
    let regex = regex.map_err(|error| refusal(method, text, &error))?;
    let expression = Rc::new(Expression {
        regex,
        pattern: text.into(),
        is_literal: regex::escape(text) == text,
        states: OnceCell::new(),
        interruptible_regex: OnceCell::new(),
    });
    CACHE.with_borrow_mut(|cache| {
        cache.truncate(KEPT - 1);
        cache.insert(0, (pattern.clone(), Rc::clone(&expression)));
    });
    Ok(expression)
}

#[cold]
fn refusal(method: &str, pattern: &str, error: &regex::Error) -> MethodError {
    let shown = quote_word(pattern.as_bytes());
    match error {
        regex::Error::CompiledTooBig(_) => {
            let message = format!("`{method}`: the regular expression {shown} is too large when compiled");
            MethodError::value(message, 0).help("make the counts in { } smaller")
        }
        regex::Error::Syntax(report) => {
            let reason = report.lines().rev().find_map(|line| line.trim().strip_prefix("error: "));
            let reason = reason.unwrap_or("its syntax is wrong");
            let place = place(report).map(|at| format!(" at character {at}")).unwrap_or_default();
            let message = format!("`{method}`: {shown} is not a regular expression: {reason}{place}");
            MethodError::value(message, 0).help(
                "for plain text use contains, replace or split; a backslash before a sign takes it literally",
            )
        }
        other => MethodError::value(format!("`{method}`: {shown}: {other}"), 0),
    }
}

/// Returns the place to which the crate's report points, which shows a pattern of one line with carets below it:
/// counted from 1.
fn place(report: &str) -> Option<usize> {
    const INDENT: usize = 4;
    let caret = report.lines().nth(2)?;
    let at = caret.find('^')?;
    (caret.trim().bytes().all(|byte| byte == b'^') && at >= INDENT).then(|| at - INDENT + 1)
}

/// A compiled expression.
pub struct Expression {
    regex: Regex,
    pattern: Box<str>,
    /// Whether it is searched as text, always in linear time.
    is_literal: bool,
    /// The largest number of states that a byte of the text meets. Counted for the first text that is not short.
    states: OnceCell<usize>,
    /// Created for the first text that is long.
    interruptible_regex: OnceCell<Option<InterruptibleRegex>>,
}

/// The number of bytes times states that are processed in a moment, which is a fifth of a second at worst.
const MOMENT: usize = 20 << 20;
/// The largest cost for the regex crate in a run with limits, if the other search can't be used.
const MOST: usize = 1 << 30;
/// The length up to which the host is not asked whether to continue.
const SHORT: usize = 256;

impl Expression {
    /// Returns the names of its groups, that of the whole match first; groups without a name have a number.
    pub fn group_names(&self) -> impl Iterator<Item = Str> {
        self.regex.capture_names().enumerate().map(|(number, name)| match name {
            Some(name) => Str::from(name),
            None => Str::from(number.to_string()),
        })
    }

    /// Returns whether a text contains a match.
    pub fn is_match(&self, host: &mut dyn Host, text: &[u8]) -> Outcome<bool> {
        host.go_on()?;
        match self.patient_for(text.len()) {
            None => Ok(self.regex.is_match(text)),
            Some(interruptible_regex) => match interruptible_regex.is_match(host, text)? {
                Ok(found) => Ok(found),
                Err(DfaQuit) => {
                    self.may_search(host, text)?;
                    Ok(self.regex.is_match(text))
                }
            },
        }
    }

    /// Returns the matches of a text, one after another.
    pub fn search<'e>(&'e self, text: &'e [u8]) -> Search<'e> {
        let interruptible_regex = self.patient_for(text.len());
        let found = Vec::with_capacity(self.regex.captures_len());
        Search {
            expression: self,
            text,
            interruptible_regex,
            locations: None,
            start: 0,
            last_end: None,
            found,
        }
    }

    fn patient_for(&self, len: usize) -> Option<&InterruptibleRegex> {
        if len <= SHORT || self.is_literal || self.cost(len) <= MOMENT {
            return None;
        }
        self.interruptible_regex()
    }

    fn interruptible_regex(&self) -> Option<&InterruptibleRegex> {
        self.interruptible_regex
            .get_or_init(|| InterruptibleRegex::new(&self.pattern, self.states()))
            .as_ref()
    }

    fn states(&self) -> usize {
        *self.states.get_or_init(|| interruptible_regex::states(&self.pattern))
    }

    /// Returns the cost: bytes times states.
    fn cost(&self, len: usize) -> usize {
        len.saturating_mul(self.states())
    }

    /// Refuses a search that would take a long time, in a run with limits.
    fn may_search(&self, host: &mut dyn Host, text: &[u8]) -> Outcome<()> {
        if host.room() == usize::MAX || self.cost(text.len()) <= MOST {
            return Ok(());
        }
        Err(too_long(text.len()))
    }
}

#[cold]
fn too_long(len: usize) -> MethodError {
    let message = format!("this regular expression is too large for a text of {len} bytes");
    MethodError::new(code::TOO_LARGE, message)
        .at(0)
        .help("search line by line: text.lines().filter(l => l.matches(…))")
}

/// A search for all matches.
pub struct Search<'e> {
    expression: &'e Expression,
    text: &'e [u8],
    interruptible_regex: Option<&'e InterruptibleRegex>,
    locations: Option<CaptureLocations>,
    start: usize,
    last_end: Option<usize>,
    found: Vec<Option<Range<usize>>>,
}

impl Search<'_> {
    /// Returns the next match: the places of its groups, that of the whole match first.
    pub fn next(&mut self, host: &mut dyn Host) -> Outcome<Option<&[Option<Range<usize>>]>> {
        if !self.find(host)? {
            return Ok(None);
        }
        // An empty match directly after another does not count, as in all searches with this crate.
        if self.whole().is_empty() && Some(self.whole().end) == self.last_end {
            self.start += 1;
            if self.start > self.text.len() || !self.find(host)? {
                return Ok(None);
            }
        }
        self.start = self.whole().end;
        self.last_end = Some(self.start);
        Ok(Some(&self.found))
    }

    fn whole(&self) -> Range<usize> {
        self.found.first().cloned().flatten().unwrap_or_default()
    }

    /// Finds a match from `start` on, but not an empty one within a character: `"é".replace_regex("x*", "-")` is
    /// `-é-`. In bytes that are not UTF-8, a character begins at each byte that can't continue one.
    fn find(&mut self, host: &mut dyn Host) -> Outcome<bool> {
        while self.find_any(host)? {
            let whole = self.whole();
            let continues = |byte: &u8| *byte & 0b1100_0000 == 0b1000_0000;
            if !whole.is_empty() || whole.end == 0 || !self.text.get(whole.end).is_some_and(continues) {
                return Ok(true);
            }
            self.start = whole.end + 1;
        }
        Ok(false)
    }

    fn find_any(&mut self, host: &mut dyn Host) -> Outcome<bool> {
        // Each search may read the whole text.
        host.go_on()?;
        let regex = &self.expression.regex;
        self.found.clear();
        if let Some(interruptible_regex) = self.interruptible_regex {
            match interruptible_regex.find(host, self.text, self.start)? {
                Ok(None) => return Ok(false),
                Ok(Some(whole)) => {
                    if regex.captures_len() == 1 {
                        self.found.push(Some(whole));
                    } else if !interruptible_regex.groups(self.text, whole, &mut self.found) {
                        return Err(too_long(self.text.len()));
                    }
                    return Ok(true);
                }
                Err(DfaQuit) => self.expression.may_search(host, self.text)?,
            }
        }
        if regex.captures_len() == 1 {
            self.found.extend(regex.find_at(self.text, self.start).map(|found| Some(found.range())));
            return Ok(!self.found.is_empty());
        }
        let locations = self.locations.get_or_insert_with(|| regex.capture_locations());
        if regex.captures_read_at(locations, self.text, self.start).is_none() {
            return Ok(false);
        }
        self.found
            .extend((0..locations.len()).map(|group| locations.get(group).map(|(start, end)| start..end)));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::tests::Desk;
    use proptest::prelude::*;

    #[test]
    fn the_place_in_the_crates_report_is_found() {
        let error = |pattern: &str| match refusal("match", pattern, &Regex::new(pattern).unwrap_err()) {
            MethodError::Message(message) => message.message,
            MethodError::Host => unreachable!(),
        };
        assert_eq!(
            error("ab(c"),
            "`match`: 'ab(c' is not a regular expression: unclosed group at character 3"
        );
        assert_eq!(
            error(r"é\q"),
            r"`match`: 'é\q' is not a regular expression: unrecognized escape sequence at character 2"
        );
        // For several lines no place is returned, rather than a wrong one.
        assert!(!error("a\n(b").contains("character"), "{}", error("a\n(b"));
    }

    #[test]
    fn few_expressions_are_kept() {
        for at in 0..100 {
            compile("match", &[Value::from(format!("x{at}"))]).unwrap();
            compile("match", &[Value::from("x0")]).unwrap();
        }
        CACHE.with_borrow(|cache| {
            assert_eq!(cache.len(), KEPT);
            assert_eq!(cache[0].0.as_bytes(), b"x0");
        });
    }

    #[test]
    fn a_hostile_expression_is_refused() {
        let error = compile("match", &[Value::from(r"(\w{500}){500}")]).err();
        assert!(format!("{error:?}").contains("too large"), "{error:?}");
    }

    /// Returns all matches of the search, each as `start..end` of its groups.
    fn all(
        expression: &Expression,
        text: &[u8],
        patiently: bool,
        by_step: bool,
    ) -> Vec<Vec<Option<Range<usize>>>> {
        let mut host = Desk::new();
        let mut search = expression.search(text);
        search.interruptible_regex = None;
        if patiently {
            search.interruptible_regex = expression.interruptible_regex();
        }
        if let (Some(interruptible_regex), true) = (search.interruptible_regex, by_step) {
            interruptible_regex.go_by_step();
        }
        let mut all = Vec::new();
        while let Some(found) = search.next(&mut host).unwrap() {
            all.push(found.to_vec());
        }
        all
    }

    /// Returns the matches of the crate in a text where none splits a character.
    fn expected(pattern: &str, text: &str) -> Vec<Vec<Option<Range<usize>>>> {
        let regex = regex::Regex::new(pattern).unwrap();
        let matches = regex.captures_iter(text);
        matches.map(|found| found.iter().map(|group| group.map(|group| group.range())).collect()).collect()
    }

    proptest! {
        #[test]
        fn all_searches_find_what_the_crate_finds(
            pattern in "(\\^|\\\\b|)([ab.]|a\\*|\\(b\\|a\\)|\\(a\\|ab\\)\\*\\?|\\[\\^a\\]|\\\\w|é|x\\?){0,4}(\\$|\\\\b|)",
            text in "[abé \n]{0,12}",
        ) {
            let expression = compile("match", &[Value::from(pattern.as_str())]).unwrap();
            let expected = expected(&pattern, &text);
            prop_assert_eq!(&all(&expression, text.as_bytes(), false, false), &expected);
            prop_assert_eq!(&all(&expression, text.as_bytes(), true, false), &expected);
            prop_assert_eq!(&all(&expression, text.as_bytes(), true, true), &expected);
        }
    }

    #[test]
    fn a_search_that_would_take_long_ends_with_the_run() {
        // The text never repeats for an automaton that has to know the last 200 letters.
        let mut state = 1_u32;
        let text: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 31 == 0 { b'a' } else { b'b' }
        })
        .take(1 << 20)
        .collect();
        for pattern in ["a[ab]{200}[^ab]", "(a[ab]{200})[^ab]"] {
            let expression = compile("match", &[pattern.into()]).unwrap();
            let mut host = Desk { goes_on: 2, ..Desk::new() };
            assert!(matches!(expression.is_match(&mut host, &text), Err(MethodError::Host)), "{pattern}");
            let mut host = Desk { goes_on: 2, ..Desk::new() };
            assert!(matches!(expression.search(&text).next(&mut host), Err(MethodError::Host)), "{pattern}");
        }
    }

    #[test]
    fn expensive_patterns_are_refused_in_a_run_with_limits() {
        let text = "é".repeat(3 << 20);
        let expression = compile("match", &[r"\ba[ab]{300}[^ab]".into()]).unwrap();
        let mut host = Desk { room: 100 << 20, ..Desk::new() };
        let error = expression.is_match(&mut host, text.as_bytes()).unwrap_err();
        assert!(format!("{error:?}").contains("too large for a text of"), "{error:?}");
    }
}
