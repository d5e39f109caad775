//! A regex search that can be cancelled.
//!
//! It uses the lazy automaton of regex-automata, on which the regex crate is built. Creating a state costs more for
//! a larger expression, while using a known state costs next to nothing. So at first the automaton searches by
//! itself, and gives up if it creates too many states for its progress. From then on it gets the text byte by byte,
//! and the run can end between two bytes. It finds the same matches as the crate.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::hybrid::regex::{self, Regex};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta};

use super::{Host, Outcome};

/// The compiled expression.
pub struct InterruptibleRegex {
    /// The automaton that gives up.
    quick: Regex,
    quick_cache: RefCell<regex::Cache>,
    gave_up: Cell<bool>,
    /// The automaton that does not give up.
    steps: Regex,
    cache: RefCell<regex::Cache>,
    groups: meta::Regex,
    /// The start and end of each group.
    slots: RefCell<Vec<Option<NonMaxUsize>>>,
    states: usize,
}

/// The error that the automaton can't decide: a word boundary in Unicode beside a letter beyond ASCII.
pub struct DfaQuit;

/// The size of one compiled expression in bytes: `(\w{500}){500}` is refused rather than tried.
pub const COMPILED: usize = 4 << 20;

/// The size in bytes of the states that each automaton keeps. It is small, since a thread keeps several
/// expressions.
const CACHED: usize = 1 << 20;

/// The steps of the automaton between two questions, if each meets all of its states.
const STEPS: usize = 4 << 20;

/// The largest cost of a search for groups, in bytes times states.
const MOST_FOR_GROUPS: usize = 1 << 30;

/// The size of text that is searched in a moment if few states are made.
const WINDOW: usize = 64 << 20;

/// Returns the largest number of states that a byte meets, for an expression that the regex crate accepts.
pub fn states(pattern: &str) -> usize {
    let mut compiler = NFA::compiler();
    let compiler = compiler.syntax(syntax()).configure(thompson());
    compiler.build(pattern).map_or(1, |automaton| automaton.states().len())
}

fn syntax() -> syntax::Config {
    syntax::Config::new().utf8(false)
}

fn thompson() -> thompson::Config {
    thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(COMPILED))
}

impl InterruptibleRegex {
    /// Creates one from an expression that the regex crate accepts, with its [`states`].
    pub fn new(pattern: &str, states: usize) -> Option<Self> {
        let build = |config: dfa::Config| {
            let config =
                config.unicode_word_boundary(true).cache_capacity(CACHED).skip_cache_capacity_check(true);
            Regex::builder().syntax(syntax()).thompson(thompson()).dfa(config).build(pattern).ok()
        };
        // Creating states then costs a few steps for each byte on average.
        let gives_up = dfa::Config::new()
            .minimum_cache_clear_count(Some(1))
            .minimum_bytes_per_state(Some((states / 4).max(10)));
        let (quick, steps) = (build(gives_up)?, build(dfa::Config::new())?);
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(COMPILED))
            .hybrid_cache_capacity(CACHED);
        let groups = meta::Regex::builder().syntax(syntax()).configure(config).build(pattern).ok()?;
        Some(Self {
            quick_cache: RefCell::new(quick.create_cache()),
            quick,
            gave_up: Cell::new(false),
            cache: RefCell::new(steps.create_cache()),
            steps,
            slots: RefCell::new(vec![None; groups.captures_len() * 2]),
            groups,
            states,
        })
    }

    /// Switches to feeding the automaton byte by byte.
    pub fn go_by_step(&self) {
        self.gave_up.set(true);
    }

    /// Returns whether a text contains a match.
    pub fn is_match(&self, host: &mut dyn Host, text: &[u8]) -> Outcome<Result<bool, DfaQuit>> {
        if let Some(found) = self.quickly(Input::new(text).earliest(true)) {
            return Ok(Ok(found.is_some()));
        }
        let mut cache = self.cache.borrow_mut();
        let end = self.end(host, cache.as_parts_mut().0, text, 0, true)?;
        Ok(end.map(|end| end.is_some()))
    }

    /// Searches quickly. Returns none if it gave up.
    fn quickly(&self, input: Input<'_>) -> Option<Option<Range<usize>>> {
        if self.gave_up.get() || input.get_span().len() > WINDOW {
            return None;
        }
        match self.quick.try_search(&mut self.quick_cache.borrow_mut(), &input) {
            Ok(found) => Some(found.map(|found| found.range())),
            Err(_) => {
                self.go_by_step();
                None
            }
        }
    }

    /// Returns the first match of a text that begins at `start` or later.
    pub fn find(
        &self,
        host: &mut dyn Host,
        text: &[u8],
        start: usize,
    ) -> Outcome<Result<Option<Range<usize>>, DfaQuit>> {
        if let Some(found) = self.quickly(Input::new(text).range(start..)) {
            return Ok(Ok(found));
        }
        let mut cache = self.cache.borrow_mut();
        let (forward, reverse) = cache.as_parts_mut();
        match self.end(host, forward, text, start, false)? {
            Ok(Some(end)) if end == start => Ok(Ok(Some(start..end))),
            Ok(Some(end)) => Ok(self.start(host, reverse, text, start..end)?.map(|start| Some(start..end))),
            Ok(None) => Ok(Ok(None)),
            Err(DfaQuit) => Ok(Err(DfaQuit)),
        }
    }

    /// Finds the places of a match's groups; false if that would take longer than a moment.
    pub fn groups(&self, text: &[u8], whole: Range<usize>, into: &mut Vec<Option<Range<usize>>>) -> bool {
        if whole.len().saturating_mul(self.states) > MOST_FOR_GROUPS {
            return false;
        }
        let mut slots = self.slots.borrow_mut();
        let input = Input::new(text).range(whole.clone()).anchored(Anchored::Yes);
        slots.fill(None);
        self.groups.search_slots(&input, &mut slots);
        into.extend(slots.chunks(2).map(|slot| match slot {
            [Some(start), Some(end)] => Some(NonMaxUsize::get(*start)..end.get()),
            _ => None,
        }));
        if let Some(first) = into.first_mut() {
            *first = Some(whole);
        }
        true
    }

    /// Returns the end of the match that begins first, from `start` on; with `earliest`, the end of any match.
    fn end(
        &self,
        host: &mut dyn Host,
        cache: &mut Cache,
        text: &[u8],
        start: usize,
        earliest: bool,
    ) -> Outcome<Result<Option<usize>, DfaQuit>> {
        let dfa = self.steps.forward();
        let Ok(mut state) = dfa.start_state_forward(cache, &Input::new(text).range(start..)) else {
            return Ok(Err(DfaQuit));
        };
        let mut end = None;
        let mut left = self.pace();
        // A match is reported a byte late.
        for (at, byte) in text.iter().enumerate().skip(start) {
            self.ask(host, &mut left)?;
            let Ok(next) = dfa.next_state(cache, state, *byte) else { return Ok(Err(DfaQuit)) };
            state = next;
            if state.is_match() {
                end = Some(at);
                if earliest {
                    return Ok(Ok(end));
                }
            } else if state.is_dead() {
                return Ok(Ok(end));
            } else if state.is_quit() {
                return Ok(Err(DfaQuit));
            }
        }
        Ok(last(dfa, cache, state, None).map(|found| if found { Some(text.len()) } else { end }))
    }

    /// Returns the start of the match that ends where `within` does.
    fn start(
        &self,
        host: &mut dyn Host,
        cache: &mut Cache,
        text: &[u8],
        within: Range<usize>,
    ) -> Outcome<Result<usize, DfaQuit>> {
        let dfa = self.steps.reverse();
        let input = Input::new(text).range(within.clone()).anchored(Anchored::Yes);
        let Ok(mut state) = dfa.start_state_reverse(cache, &input) else { return Ok(Err(DfaQuit)) };
        let mut start = within.end;
        let mut left = self.pace();
        for at in within.clone().rev() {
            self.ask(host, &mut left)?;
            let Ok(next) = dfa.next_state(cache, state, text[at]) else { return Ok(Err(DfaQuit)) };
            state = next;
            if state.is_match() {
                start = at + 1;
            } else if state.is_dead() {
                return Ok(Ok(start));
            } else if state.is_quit() {
                return Ok(Err(DfaQuit));
            }
        }
        let before = within.start.checked_sub(1).map(|at| text[at]);
        Ok(last(dfa, cache, state, before).map(|found| if found { within.start } else { start }))
    }

    /// Returns how many bytes are processed between two questions.
    fn pace(&self) -> usize {
        STEPS / self.states.max(64)
    }

    fn ask(&self, host: &mut dyn Host, left: &mut usize) -> Outcome<()> {
        if let Some(less) = left.checked_sub(1) {
            *left = less;
            return Ok(());
        }
        *left = self.pace();
        host.go_on()
    }
}

/// Returns whether there is a match at the end of the searched text, which is reported for the byte after it.
fn last(
    dfa: &DFA,
    cache: &mut Cache,
    state: regex_automata::hybrid::LazyStateID,
    beyond: Option<u8>,
) -> Result<bool, DfaQuit> {
    let state = match beyond {
        Some(byte) => dfa.next_state(cache, state, byte),
        None => dfa.next_eoi_state(cache, state),
    };
    match state {
        Ok(state) if state.is_quit() => Err(DfaQuit),
        Ok(state) => Ok(state.is_match()),
        Err(_) => Err(DfaQuit),
    }
}
