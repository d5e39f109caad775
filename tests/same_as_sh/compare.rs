//! Compares the effects of texts in dash, bash and Pipewright: the harness of all generated comparisons.

use crate::support::effect::{Effect, Fixture};
use crate::support::rng::Rng;
use crate::support::shells::{BATCH, Place, Shell, Way, World};
use crate::support::{have, setting};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A text in both languages: identical except where the languages are meant to differ.
#[derive(Clone, Default)]
pub struct Text {
    pub ours: String,
    pub sh: String,
    /// Whether dash should do the same as bash.
    pub is_posix: bool,
}

impl Text {
    /// Returns a text that is the same in both languages.
    pub fn both(text: String, is_posix: bool) -> Self {
        Self { sh: text.clone(), ours: text, is_posix }
    }

    pub fn same(&mut self, text: &str) -> &mut Self {
        self.each(text, text)
    }

    pub fn each(&mut self, ours: &str, sh: &str) -> &mut Self {
        self.ours += ours;
        self.sh += sh;
        self
    }
}

/// The result of a comparison.
#[derive(Clone)]
pub enum Verdict {
    Same,
    /// With the page.
    Refused(String),
    /// bash 5.2 can't parse it: it reassembles some here-documents inside of captures wrongly.
    Unreadable(String),
    /// With all differences.
    Different(String),
}

/// The common part of the comparisons.
#[derive(Clone, Default)]
pub struct Bench {
    pub world: World,
    /// The options with which Pipewright reads a text.
    pub options: &'static [&'static str],
    /// The code of the error with which a run refuses a text.
    pub run_refusal: Option<&'static str>,
    /// Whether the output of programs on standard error counts, too.
    pub errors: bool,
    /// Whether times are printed, which differ.
    pub numbers: bool,
}

/// A construct of sh, with a generator of cases.
pub struct Comparison {
    pub name: &'static str,
    pub make: fn(&mut Rng) -> Text,
    pub bench: Bench,
    /// The number of cases without `CASES`.
    pub cases: u64,
    /// The percentage of cases that may be refused. With more, the test would show little.
    pub refused_percent: usize,
    /// The least percentage of cases that are the same in dash, if dash may differ.
    pub dash_percent: usize,
}

/// The verdicts of the judged cases.
#[derive(Default)]
pub struct Tally {
    pub judged: usize,
    pub posix: usize,
    /// The number of cases that dash has run, and the number in which it does the same as bash.
    pub by_dash: usize,
    pub dash_agrees: usize,
    pub refused: Vec<(u64, String)>,
    pub unreadable: Vec<(u64, String)>,
    pub different: Vec<(u64, String)>,
}

impl Bench {
    /// Judges texts, whose numbers only select how each is passed to Pipewright. Also returns the texts in which dash
    /// and bash do the same: from a third of all texts with `dash`, otherwise from those in the language of POSIX.
    fn judge_batch(&self, texts: &[(u64, Text)], dash: bool) -> Vec<(Verdict, Option<bool>)> {
        let place = Place::new(&self.world);
        let by_dash = |number: u64, text: &Text| text.is_posix || dash && number.is_multiple_of(3);
        // A text has the same number, and so the same directory, in all shells.
        let (asked, others): (Vec<_>, Vec<_>) =
            texts.iter().partition(|(number, text)| by_dash(*number, text));
        let all: Vec<&(u64, Text)> = asked.iter().chain(&others).copied().collect();
        let sh: Vec<&str> = all.iter().map(|(_, text)| text.sh.as_str()).collect();
        let bash_effects = place.by_shell(Shell::Bash, &sh);
        let dash_effects =
            if asked.is_empty() { Vec::new() } else { place.by_shell(Shell::Dash, &sh[..asked.len()]) };
        let mut verdicts: Vec<(u64, (Verdict, Option<bool>))> = Vec::new();
        for (at, (number, text)) in all.into_iter().enumerate() {
            let by_bash = &bash_effects[at];
            let unlike = dash_effects.get(at).map(|by_dash| (self.difference(by_bash, by_dash), by_dash));
            let agrees = unlike.as_ref().map(|(difference, _)| difference.is_none());
            let mut told = String::new();
            if let Some((Some(difference), by_dash)) = unlike.filter(|_| text.is_posix) {
                let _ = write!(
                    told,
                    "bash and dash differ in what should be POSIX's: {difference}\n== dash\n{by_dash}"
                );
            }
            let way = match number % 20 {
                0 => Way::Argument,
                10 => Way::File,
                // A job in a run of the library reads the input that the host gave; a job of the binary reads
                // nothing, as in sh.
                _ if text.ours.contains(" & ") => Way::Argument,
                _ => Way::Library,
            };
            let ours = || place.by_pipewright(at, &text.ours, self.options, way);
            verdicts.push((*number, (self.verdict(text, by_bash, ours, told), agrees)));
        }
        verdicts.sort_by_key(|(number, _)| *number);
        verdicts.into_iter().map(|(_, verdict)| verdict).collect()
    }

    /// Judges one text by its effect in bash and in dash.
    fn verdict(
        &self,
        text: &Text,
        by_bash: &Effect,
        ours: impl FnOnce() -> Effect,
        mut told: String,
    ) -> Verdict {
        if by_bash.outcome.status == 2 && by_bash.outcome.err().contains("syntax error") {
            return Verdict::Unreadable(by_bash.outcome.err());
        }
        let by_us = ours();
        if told.is_empty() {
            let page = by_us.outcome.err();
            let untouched = || by_us.files == self.world.fixture.files();
            if by_us.outcome.is_refusal() && untouched()
                || self.run_refusal.is_some_and(|code| page.contains(code))
            {
                return Verdict::Refused(page[page.find("error[").unwrap_or(0)..].to_owned());
            }
        }
        if let Some(difference) = self.difference(by_bash, &by_us) {
            let _ = write!(told, "bash and Pipewright differ: {difference}\n== Pipewright\n{by_us}");
        }
        match told.is_empty() {
            true => Verdict::Same,
            false => Verdict::Different(format!(
                "{told}\n== bash\n{by_bash}\n== script\n{}\n== as sh\n{}",
                text.ours, text.sh
            )),
        }
    }

    fn difference(&self, a: &Effect, b: &Effect) -> Option<String> {
        let hidden = |effect: &Effect| effect.clone().hide_numbers();
        let (a, b) = if self.numbers { (&hidden(a), &hidden(b)) } else { (a, b) };
        a.difference(b).or_else(|| self.errors.then(|| a.errors_differ(b)).flatten())
    }

    pub fn judge(&self, number: u64, text: Text) -> Verdict {
        self.judge_batch(&[(number, text)], false).remove(0).0
    }

    /// Judges the cases of these numbers on several threads, until five differ.
    pub fn judge_all(
        &self,
        numbers: &[u64],
        dash: bool,
        make: impl Fn(u64) -> Text + Sync,
        shown: usize,
    ) -> Tally {
        let tally = Mutex::new(Tally::default());
        let next = AtomicU64::new(0);
        let batches: Vec<&[u64]> = numbers.chunks(BATCH).collect();
        let work = || {
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                if tally.lock().expect("no panic holds it").different.len() >= shown {
                    break;
                }
                let texts: Vec<(u64, Text)> = batch.iter().map(|number| (*number, make(*number))).collect();
                let verdicts = self.judge_batch(&texts, dash);
                tally.lock().expect("no panic holds it").add(texts, verdicts);
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
        std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
        tally.into_inner().expect("no panic holds it")
    }
}

impl Tally {
    fn add(&mut self, texts: Vec<(u64, Text)>, verdicts: Vec<(Verdict, Option<bool>)>) {
        for ((number, text), (verdict, dash_agrees)) in texts.into_iter().zip(verdicts) {
            self.judged += 1;
            self.posix += usize::from(text.is_posix);
            self.by_dash += usize::from(dash_agrees.is_some());
            self.dash_agrees += usize::from(dash_agrees == Some(true));
            match verdict {
                Verdict::Same => {}
                Verdict::Refused(page) => self.refused.push((number, page)),
                Verdict::Unreadable(page) => self.unreadable.push((number, page)),
                Verdict::Different(all) => self.different.push((number, all)),
            }
        }
    }

    /// Counts the refused cases by the first line of their pages.
    pub fn refusals(&self) -> String {
        let mut why: Vec<_> =
            self.refused.iter().map(|(case, page)| (page.lines().next().unwrap_or_default(), case)).collect();
        why.sort_unstable();
        let count =
            |same: &[(&str, &u64)]| format!("{:5} {} (such as CASE={})\n", same.len(), same[0].0, same[0].1);
        why.chunk_by(|a, b| a.0 == b.0).map(count).collect()
    }
}

/// Returns the random generator of a case.
pub fn rng(seed: u64, case: u64) -> Rng {
    Rng::new(seed.wrapping_mul(1_000_003).wrapping_add(case))
}

/// Returns the seed, the numbers of the cases, and whether one was chosen by `CASE`.
pub fn chosen(seed: u64, cases: u64) -> (u64, Vec<u64>, bool) {
    let only = setting("CASE", 0);
    let numbers = if only > 0 { vec![only] } else { (1..=setting("CASES", cases)).collect() };
    (setting("SEED", seed), numbers, only > 0)
}

impl Comparison {
    pub fn run(&self) {
        if !have("bash") || !have("dash") {
            return;
        }
        let (seed, numbers, only) = chosen(20_261, self.cases);
        let make = |case: u64| {
            let mut text = (self.make)(&mut rng(seed, case));
            text.same("\n");
            text
        };
        let tally = self.bench.judge_all(&numbers, self.dash_percent > 0, make, 5);
        println!(
            "{}: SEED={seed}: {} cases, {} the same in dash, {} refused\n{}",
            self.name,
            tally.judged,
            tally.dash_agrees,
            tally.refused.len(),
            tally.refusals()
        );
        let told: Vec<String> = tally
            .different
            .iter()
            .map(|(case, told)| format!("#### {} CASE={case}\n{told}", self.name))
            .collect();
        assert!(told.is_empty(), "SEED={seed}\n{}", told.join("\n"));
        assert!(tally.unreadable.is_empty(), "bash can't read these: {:?}", tally.unreadable);
        if !only {
            let most = tally.judged * self.refused_percent / 100;
            assert!(tally.refused.len() <= most, "too many are refused: {}", tally.refused.len());
            let least = tally.by_dash * self.dash_percent / 100;
            assert!(tally.dash_agrees >= least, "dash agrees with bash in {} only", tally.dash_agrees);
        }
    }
}

/// Returns a bench for short texts of typed commands.
pub fn small() -> Bench {
    let files = [("f1", "one\n"), ("f2", "two\nlines\n"), ("two words", ""), ("empty", ""), ("d/x.c", "x\n")];
    let world = World { fixture: Fixture::of(&files), ..World::default() };
    Bench { world, ..Bench::default() }
}

/// Returns a bench whose files and variables contain text that a careless program trips over.
pub fn large() -> Bench {
    let world = World {
        fixture: Fixture::of(FILES),
        environment: super::words::ENVIRONMENT,
        stdin: "stdin 1\nstdin 2\n",
    };
    Bench { world, errors: true, ..Bench::default() }
}

const FILES: &[(&str, &str)] = &[
    ("in1", "one\ntwo\nthree\n"),
    ("in2", "b\na\nwithout an end"),
    ("empty", ""),
    ("a.txt", "a\n"),
    ("b.txt", "b\n"),
    ("c d.txt", "c d\n"),
    ("e'f.txt", ""),
    ("g\"h.txt", ""),
    ("$(i).txt", ""),
    ("j\nk.txt", ""),
    ("*.txt", "star\n"),
    ("[x]", ""),
    ("#c", ""),
    (".hid", ""),
    ("d/x.c", "x\n"),
    ("d/y.c", "y\n"),
    ("d/.hid", ""),
    ("sp ace/q", "q\n"),
    ("u/é.txt", "é\n"),
    ("u/b.txt", ""),
    ("out/keep", ""),
    ("ln", "-> d"),
];
