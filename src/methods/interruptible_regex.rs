//! A search that the end of a run ends.
//!
//! By the lazy automaton of regex-automata, which the regex crate is made of. A state of it that is made anew costs as
//! much as the expression is large, one that is known already next to nothing. So at first it searches on its own, and
//! gives up when it makes more than a few states for what it gets on; from then on it is fed byte by byte, and between
//! two bytes the run can end. It finds what the crate finds.

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
    /// Gives up.
    quick: Regex,
    quick_cache: RefCell<regex::Cache>,
    gave_up: Cell<bool>,
    /// Does not.
    steps: Regex,
    cache: RefCell<regex::Cache>,
    groups: meta::Regex,
    /// Where each group begins and ends.
    slots: RefCell<Vec<Option<NonMaxUsize>>>,
    states: usize,
}

/// The automaton can't tell: a word boundary in Unicode beside a letter beyond ASCII.
pub struct DfaQuit;

/// Bytes of one compiled expression: `(\w{500}){500}` is refused rather than tried.
pub const COMPILED: usize = 4 << 20;

/// Bytes of states that each automaton keeps: a thread keeps several expressions.
const CACHED: usize = 1 << 20;

/// Steps of the automaton between two questions, when each meets all of its states.
const STEPS: usize = 4 << 20;

/// Bytes times states that looking for groups may cost.
const MOST_FOR_GROUPS: usize = 1 << 30;

/// So much text is searched in a moment when few states are made.
const WINDOW: usize = 64 << 20;

/// Of an expression that the regex crate takes, how many states a byte meets at most.
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
    /// Of an expression that the regex crate takes, with its [`states`].
    pub fn new(pattern: &str, states: usize) -> Option<Self> {
        let build = |config: dfa::Config| {
            let config =
                config.unicode_word_boundary(true).cache_capacity(CACHED).skip_cache_capacity_check(true);
            Regex::builder().syntax(syntax()).thompson(thompson()).dfa(config).build(pattern).ok()
        };
        // What is made for a byte costs a few steps on average then.
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

    /// Feeds the automaton byte by byte from now on.
    pub fn go_by_step(&self) {
        self.gave_up.set(true);
    }

    /// Whether a text holds a match.
    pub fn is_match(&self, host: &mut dyn Host, text: &[u8]) -> Outcome<Result<bool, DfaQuit>> {
        if let Some(found) = self.quickly(Input::new(text).earliest(true)) {
            return Ok(Ok(found.is_some()));
        }
        let mut cache = self.cache.borrow_mut();
        let end = self.end(host, cache.as_parts_mut().0, text, 0, true)?;
        Ok(end.map(|end| end.is_some()))
    }

    /// None when it gave up.
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

    /// The first match of a text that does not begin before `start`.
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

    /// Where the groups of a match are; false if that is not to be found in a moment.
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

    /// Where the match that begins first, from `start` on, ends; where any one ends, for who takes the `earliest`.
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
        // A match shows a byte late.
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

    /// Where the match begins that ends where `within` does.
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

    /// How many bytes go by between two questions.
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

/// Whether there is a match at the end of what is searched, which shows by the byte beyond it.
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
