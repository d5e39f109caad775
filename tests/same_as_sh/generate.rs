//! Makes scripts.
//!
//! A script has the same outcome however its processes are timed: a stage that is not the first reads all of its
//! input, a stage that is not the last writes nothing to a standard error that another stage writes to, and each
//! output has its own file.

use super::redirections;
use super::script::*;
use crate::support::rng::Rng;

pub struct Generator {
    pub rng: Rng,
    /// The number of output files and tags so far.
    pub names: usize,
    /// Whether the script should also run in dash.
    pub posix: bool,
}

/// The context of a part of the script, which limits what it may do.
#[derive(Clone, Copy)]
pub struct Place {
    pub depth: usize,
    /// Whether its stage is not the first of its pipeline.
    pub reads: bool,
    /// Whether its stage is not the last.
    pub feeds: bool,
    pub must_succeed: bool,
    /// Whether its failure may be absorbed after it: a block of several commands would continue in sh, and is
    /// refused.
    pub joined: bool,
    /// Whether it is inside of `$(…)`.
    pub captured: bool,
}

impl Place {
    const TOP: Self =
        Self { depth: 0, reads: false, feeds: false, must_succeed: false, joined: false, captured: false };

    pub fn alone(self) -> bool {
        !self.reads && !self.feeds
    }

    pub fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

const COMMENTS: &[&str] = &["# a comment", "#", "# it's \"open $(", "\t# tabbed", "#!/bin/sh", "", ""];
const TRAILERS: &[&str] = &["", "", "", "", "", "", " ", "\t", " # it's \"open", " #"];
const GAPS: &[&str] = &[" ", " ", " ", " ", " ", " ", "  ", "\t", " \\\n", " \\\n  "];

const TRUE_TESTS: &[&str] = &[
    "-f in1",
    "-d d",
    "-e ln",
    "-L ln",
    "-h ln",
    "-s in1",
    "! -s empty",
    "-r in1",
    "-w in1",
    "-x d",
    "-n a",
    "-z ''",
    "a = a",
    "a != b",
    "1 -eq 01",
    "2 -gt 1",
    "-1 -lt 0",
    "1 -le 1",
    "1 -ge 1",
    "1 -ne 2",
    "-n = -n",
    "a",
    "! ''",
    "\"$SPACES\" = \"  a  b c \"",
    "in1 -ef ./in1",
    "\"$EMPTY\" = ''",
    "-z \"$EMPTY\"",
    "! = !",
    "-n -n",
    "! a = b",
    "-e 'c d.txt'",
    "-p missing -o a",
    "! -e missing",
    "\\( a \\)",
    "a -a b",
    "' 1 ' -eq 1",
    "+1 -eq 1",
    "\"$STARS\" != x",
    "-f",
    "-",
    "==",
    "'(' = '('",
];

const FALSE_TESTS: &[&str] = &[
    "-f d",
    "-z a",
    "a = b",
    "1 -gt 2",
    "''",
    "-e missing",
    "-t 5",
    "! a",
    "",
    "-L in1",
    "\"$EMPTY\"",
    "-d 'in1'",
    "a != a",
    "-s empty",
    "! ! ''",
    "-n ''",
    "-x in1",
    "-g in1",
    "-S in1",
    "-k in1",
    "-b in1",
    "-c in1",
    "-p in1",
    "-u in1",
];

/// Commands that fail without output on standard error.
const QUIET_FAILURES: &[&str] =
    &["false", "probe exit 7", "probe exit 255", "exit 3", "probe exit 1", "false x", "exit 255"];

/// Programs that fail with a message.
const LOUD_FAILURES: &[&str] = &["cat missing", "probe usage", "cat -- 'a b'", "cat d"];

/// Failures that a shell reports in its own words.
const SHELL_FAILURES: &[&str] =
    &["nosuchprogram x", "./in1", "./d", "./none/x", "\"$PLAIN\" x", "probe kill 9", "probe kill 15"];

/// Failures for which dash has a different status.
const BASH_FAILURES: &[&str] = &[
    "cd missing",
    "cat < missing",
    "test 1 -eq a",
    "printf '%d\\n' abc",
    "cat < d/missing/x",
    "probe exit 2 > missing/x",
    "test a b",
    "[ a",
    "probe argv 2>&7",
    "probe argv <&8",
    "probe argv >&- 2>&1",
    "printf '%d\\n' 1x",
    "cd in1",
];

/// Parts of printf formats: first those on which POSIX and both shells agree, then bash's.
const PRINTFS: &[&str] = &[
    "'%s\\n' a 'b c' ''",
    "'%d %05d|%-5d|\\n' 42 42 42",
    "'%x %o %X\\n' 255 8 255",
    "'%s %s\\n' a b c",
    "'%5s|%-5s|%.2s\\n' ab ab abc",
    "'%c%c\\n' abc def",
    "'a\\tb\\n'",
    "'\\101\\n'",
    "'%b\\n' 'a\\tb'",
    "'%%\\n'",
    "'%s'",
    "'%d\\n' 0x1f",
    "'%d\\n' 010",
    "'%d\\n' \"'A\"",
    "-- '%s\\n' a",
    "'%*d\\n' 5 42",
    "'%.3f\\n' 1.5",
    "'%e\\n' 12345.678",
    "'%g\\n' 0.0001",
    "'%i\\n' 3",
    "'%u\\n' 3",
    "'%+d % d\\n' 3 3",
    "'%#x %#o\\n' 255 8",
    "'%b' 'a\\cb'",
    "''",
    "'%s\\n'",
    "'\\\\n\\n'",
    "'%d\\n'",
    "\"$SPACES\"'\\n'",
    "'%s|' \"$LINES\" x",
    "'%d\\n' -5",
    "'[%3d]\\n' 1 22 333",
    "'%s %d\\n' a 1 b 2",
    "'%-10s|\\n' é",
    "'x\\n' ignored",
    "'%b\\n' '\\0101'",
    "'%5.1s|\\n' abc",
    "'%s\\n' \"$BACK\"",
    "'%d\\n' +7",
];

const BASH_PRINTFS: &[&str] = &[
    "'%q\\n' 'a b'",
    "'\\x41\\n'",
    "'%b\\n' '\\x41'",
    "'\\u00e9\\n'",
    "'%s\\n' \"$ACCENT\"",
    "'\\e[0m\\n'",
    "'%.*f\\n' 2 3.14159",
    "'%5c|\\n' a",
    "'%q\\n' \"$LINES\"",
    "'%b\\n' '\\e'",
    "'%a\\n' 1",
    "'%ld\\n' 5",
    "'%Q\\n' a",
    "'%G\\n' 1e20",
    "'%X\\n' -1",
];

const FILTERS: &[&str] =
    &["cat", "sort", "tr a-z A-Z", "wc -c", "wc -l", "cat -", "cat - in2", "sort -r", "tr -d a", "cat in1 -"];

impl Generator {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let posix = rng.chance(50);
        Self { rng, names: 0, posix }
    }

    pub fn script(&mut self) -> Script {
        let count = self.rng.within(1, 5);
        let mut statements = Vec::new();
        for _ in 0..count {
            match self.rng.weighted(&[76, 5, 6, 5, 4, 4]) {
                0 => statements.push(self.statement(Place::TOP)),
                1 => {
                    let first = statements.is_empty();
                    statements.push(self.background(first));
                }
                2 => statements.push(self.condition()),
                3 => statements.push(self.for_loop()),
                4 => self.change_directory(&mut statements),
                _ => {
                    let comment = self.rng.pick(COMMENTS);
                    statements.push(plain(StatementKind::Comment(comment)));
                }
            }
        }
        if !self.posix && self.rng.chance(4) {
            // Last, because bash continues after it in its own way.
            let pattern = self.rng.pick(&["*.none", "nope/*", "[z]", "x?y", "d/*.none", "none*/in1"]);
            statements.push(
                self.simple_statement(&["probe", "argv", "a"], Word(vec![Piece::Bash(pattern.to_owned())])),
            );
        }
        Script { statements }
    }

    /// Makes statements that succeed and print, for the inside of a capture.
    pub fn succeeding(&mut self, place: Place) -> Vec<Statement> {
        let inside =
            Place { must_succeed: true, reads: false, feeds: false, joined: false, captured: true, ..place }
                .deeper();
        let count = self.rng.weighted(&[0, 75, 20, 5]);
        (0..count).map(|_| self.statement(inside)).collect()
    }

    fn statement(&mut self, place: Place) -> Statement {
        let list = self.list(place);
        let trailer = if place.depth == 0 { self.rng.pick(TRAILERS) } else { "" };
        Statement { kind: StatementKind::List(list), semicolon: self.rng.chance(25), trailer }
    }

    fn list(&mut self, place: Place) -> AndOr {
        if !self.rng.chance(if place.depth == 0 { 22 } else { 10 }) {
            return AndOr { first: self.pipeline(place), rest: Vec::new() };
        }
        let place = Place { joined: true, ..place };
        let mut list = AndOr { first: self.pipeline(place), rest: Vec::new() };
        for _ in 0..self.rng.within(1, 2) {
            let or = self.rng.chance(50);
            if or && self.rng.chance(60) {
                // A failure to absorb, unless an earlier part has failed.
                let previous = list.rest.last_mut().map_or(&mut list.first, |(_, pipeline)| pipeline);
                *previous = self.failing_pipeline(place);
            }
            let previous = list.rest.last().map_or(&list.first, |(_, pipeline)| pipeline);
            // `test … && cmd` is refused, because sh continues after it.
            let connector = match or || previous.is_test() || place.must_succeed {
                true => self.rng.pick(&[" || ", "||", " ||\n  ", " || # why\n"]),
                false => self.rng.pick(&[" && ", "&&", " &&\n", " && # why\n\n  "]),
            };
            let next = self.pipeline(place);
            list.rest.push((connector, next));
        }
        list
    }

    fn failing_pipeline(&mut self, place: Place) -> Pipeline {
        let negated = self.rng.chance(15);
        let stage = match negated {
            true => self.stage(Place { must_succeed: true, joined: true, ..place }),
            false if self.rng.chance(30) => self.test(place, false),
            false => self.failure(place, true),
        };
        Pipeline { negated, stages: vec![stage], joint: " | " }
    }

    fn pipeline(&mut self, place: Place) -> Pipeline {
        let negated = place.depth == 0 && self.rng.chance(3);
        let count = self.rng.weighted(&[0, 62, 24, 11, 3]);
        let place = Place { joined: place.joined || negated, ..place };
        let joint = match self.rng.below(8) {
            0 => "|",
            1 => " |\n",
            2 => " | # why\n  ",
            3 if !self.posix => " |& ",
            _ => " | ",
        };
        let all = joint.contains("|&");
        let stages = (0..count)
            .map(|at| {
                let here = Place {
                    reads: place.reads && at == 0 || at > 0,
                    feeds: place.feeds || at + 1 < count,
                    ..place
                };
                // A negated pipeline that fails is a success; one that ends the script by `exit` is not.
                let must_succeed = place.must_succeed || negated || self.posix && here.feeds;
                let mut stage = match count > 1 && !place.joined && place.depth < 2 && self.rng.chance(2) {
                    true => self.excursion(here),
                    false => self.stage(Place { must_succeed, ..here }),
                };
                if all && at + 1 < count {
                    stage.bash_only = true;
                }
                stage
            })
            .collect();
        Pipeline { negated, stages, joint }
    }

    fn stage(&mut self, place: Place) -> Stage {
        if place.depth < 2 && self.rng.chance(14) {
            return self.block(place);
        }
        if !place.must_succeed && self.rng.chance(6) {
            return self.failure(place, false);
        }
        if place.reads {
            return self.filter(place);
        }
        match self.rng.weighted(&[34, 10, 9, 9, 12, 8, 7, 3, 3, 3, 2]) {
            0 => self.command(&["probe", "argv"], (0, 4), place),
            1 => self.echo(place),
            2 => self.printf(place),
            3 => self.cat(place),
            4 => {
                let tag = self.name();
                let stage = self.command(&["probe", "emit", &tag], (0, 0), place);
                if place.feeds { self.hush(stage) } else { stage }
            }
            5 => self.command(&["probe", "fds"], (0, 0), place),
            6 => self.environment(place),
            7 if place.alone() => self.test(place, true),
            8 => self.raw("pwd", place),
            9 => {
                let text =
                    self.rng.pick(&["true", "command probe argv x", "command -v probe", "wait", "printf ''"]);
                self.raw(text, place)
            }
            _ => self.filter(place),
        }
    }

    fn block(&mut self, place: Place) -> Stage {
        let inner = place.deeper();
        let single = place.joined && self.rng.chance(97);
        let count = if single { 1 } else { self.rng.within(1, 3) };
        let mut statements: Vec<_> = (0..count)
            .map(|at| self.statement(Place { reads: place.reads && at == 0, feeds: place.feeds, ..inner }))
            .collect();
        if place.reads {
            // The first command of a reading block reads all its input, whatever happens to the rest.
            let filter = self.filter(Place { reads: true, feeds: place.feeds, ..inner });
            let pipeline = Pipeline { negated: false, stages: vec![filter], joint: " | " };
            if single {
                statements.clear();
            }
            statements.insert(0, plain(StatementKind::List(AndOr { first: pipeline, rest: Vec::new() })));
        }
        let fails = statements.iter().any(|statement| statement.may_fail());
        let redirections = redirections::of_block(self, place);
        Stage { kind: StageKind::Block(statements, redirections), fails, bash_only: false }
    }

    /// Makes a stage that changes its directory or exits, with no effect outside of it.
    fn excursion(&mut self, place: Place) -> Stage {
        let end = self.rng.chance(30);
        let commands: &[&str] = match (place.reads, end) {
            (false, false) => &["cd d", "pwd", "probe argv *"],
            (true, false) => &["cat", "cd ln", "pwd"],
            (false, true) => &["probe argv here", "exit 0", "probe argv never"],
            (true, true) => &["cat", "exit 0", "probe argv never"],
        };
        let statements = commands.iter().map(|text| self.simple_statement(&[], Word::same(*text))).collect();
        Stage { kind: StageKind::Block(statements, Vec::new()), fails: false, bash_only: false }
    }

    /// Makes a command of the given words and some more, with redirections among them.
    fn command(&mut self, head: &[&str], (least, most): (usize, usize), place: Place) -> Stage {
        let mut items: Vec<_> = head.iter().map(|word| Item::Word(Word::same(*word))).collect();
        for _ in 0..self.rng.within(least, most) {
            items.push(Item::Word(self.word(place)));
        }
        self.finish(items, place)
    }

    /// Makes a command from its text.
    fn raw(&mut self, text: &str, place: Place) -> Stage {
        self.finish(vec![Item::Word(Word::same(text))], place)
    }

    fn finish(&mut self, mut items: Vec<Item>, place: Place) -> Stage {
        for redirection in redirections::of_command(self, &items, place) {
            // Their relative order is fixed; their places among the words are free.
            let after =
                items.iter().rposition(|item| matches!(item, Item::Redirection(_))).map_or(0, |at| at + 1);
            let at = if self.rng.chance(60) { items.len() } else { self.rng.within(after, items.len()) };
            items.insert(at, Item::Redirection(redirection));
        }
        let gaps = items.into_iter().map(|item| (self.rng.pick(GAPS), item)).collect();
        Stage { kind: StageKind::Simple(gaps), fails: false, bash_only: false }
    }

    fn echo(&mut self, place: Place) -> Stage {
        let option = self.rng.weighted(&[90, 5, 5]);
        let first = match option {
            0 => "word",
            1 => "-n",
            _ => self.rng.pick(&["--", "-", "-x", "-nn", "-E", "-e", "-ne", "-nE", "-n -n"]),
        };
        if self.posix {
            // dash's echo knows escapes.
            let words = self.rng.pick(&["a b", "'  '", "*", "\"$SPACES\"", "in*", "~", ""]);
            return self.command(&["echo", "word", words], (0, 0), place);
        }
        let mut stage = self.command(&["echo", first], (0, 3), place);
        stage.bash_only = true;
        stage
    }

    fn printf(&mut self, place: Place) -> Stage {
        let bash_only = !self.posix && self.rng.chance(20);
        let arguments = self.rng.pick(if bash_only { BASH_PRINTFS } else { PRINTFS });
        let mut stage = self.raw(&format!("printf {arguments}"), place);
        // dash pads by bytes.
        stage.bash_only = bash_only || arguments.contains('é');
        stage
    }

    fn cat(&mut self, place: Place) -> Stage {
        if !self.posix && self.rng.chance(20) {
            return self.substitution(place);
        }
        let files = self.rng.pick(&[
            "in1",
            "in2 in1",
            "empty",
            "'c d.txt'",
            "in*",
            "./in1",
            "d/*.c",
            "\"sp ace/q\"",
            "ln/x.c",
            "",
        ]);
        let mut items = vec![Item::Word(Word::same("cat"))];
        if files.is_empty() {
            items.push(Item::Redirection(redirections::input(self, place)));
        } else {
            items.push(Item::Word(Word::same(files)));
        }
        self.finish(items, place)
    }

    /// Makes `cat <(…)`, whose inside only writes its arguments, because bash does not wait for it.
    fn substitution(&mut self, place: Place) -> Stage {
        let mut items = vec![Item::Word(Word::same("cat"))];
        for _ in 0..self.rng.within(1, 2) {
            let inside = self.simple_statement(&["probe", "argv"], Word::same("a"));
            let word = self.text_word(place.deeper().deeper());
            let mut inside = vec![inside, self.simple_statement(&["probe", "argv"], word)];
            inside.drain(..self.rng.below(2));
            items.push(Item::Word(Word(vec![Piece::Process(inside)])));
        }
        self.finish(items, place)
    }

    fn environment(&mut self, place: Place) -> Stage {
        let mut items = Vec::new();
        for name in ["A", "B"].iter().take(self.rng.within(1, 2)) {
            let value = match self.rng.weighted(&[70, 12, 8, 10]) {
                // Without captures: dash expands the value after the redirections, bash before.
                0 => self.text_word(place.deeper().deeper()),
                1 => Word::same(
                    self.rng.pick(&["~", "~/x", "~/a:~", "a:~/b", "~root:~", "x~", "'~'", "a=~", ":~"]),
                ),
                2 => Word(Vec::new()),
                _ => Word::same(self.rng.pick(&[
                    "$(probe argv x)",
                    "$(cat in1)x",
                    "*",
                    "{a,b}",
                    "$SPACES",
                    "in*",
                    "$PLAIN$SPACES",
                ])),
            };
            items.push(Item::Assignment(name, value));
        }
        items.push(Item::Word(Word::same("probe env A B")));
        self.finish(items, place)
    }

    fn test(&mut self, place: Place, holds: bool) -> Stage {
        let expression = self.rng.pick(if holds { TRUE_TESTS } else { FALSE_TESTS });
        let text = match self.rng.chance(50) {
            true => format!("test {expression}"),
            false => format!("[ {expression} ]"),
        };
        let mut stage = self.raw(&text, Place { feeds: true, ..place });
        stage.fails = !holds;
        stage
    }

    fn failure(&mut self, place: Place, alone: bool) -> Stage {
        // `exit` in a last stage ends a copy of the shell in sh, and the script here.
        if place.reads {
            let text = format!("probe drain {}", self.rng.within(1, 99));
            return Stage {
                kind: StageKind::Simple(vec![(" ", Item::Word(Word::same(text)))]),
                fails: true,
                bash_only: false,
            };
        }
        let quiet = place.feeds || !alone && self.rng.chance(50);
        let (texts, bash_only) = match self.rng.below(3) {
            // An `exit` in a capture would end the capture, even if a failure there is absorbed.
            _ if place.captured => (LOUD_FAILURES, false),
            _ if quiet => (QUIET_FAILURES, false),
            // If the standard error of a block may go to a file, the words of the shells would be compared.
            1 if place.depth == 0 => (SHELL_FAILURES, false),
            2 if place.depth == 0 && !self.posix => (BASH_FAILURES, true),
            _ => (LOUD_FAILURES, false),
        };
        let text = self.rng.pick(texts);
        let items = vec![(" ", Item::Word(Word::same(text)))];
        Stage { kind: StageKind::Simple(items), fails: true, bash_only }
    }

    fn filter(&mut self, place: Place) -> Stage {
        let place = Place { reads: true, ..place };
        if self.rng.chance(25) {
            let tag = self.name();
            let stage = self.command(&["probe", "filter", &tag], (0, 0), place);
            return if place.feeds { self.hush(stage) } else { stage };
        }
        let filter = self.rng.pick(FILTERS);
        self.raw(filter, place)
    }

    /// Redirects standard error to a place where no other stage writes.
    fn hush(&mut self, mut stage: Stage) -> Stage {
        let redirection = match self.rng.below(4) {
            0 => redirections::simple("2>", Word::same("/dev/null")),
            1 => redirections::simple("2> ", Word::same(format!("out/e{}", self.name()))),
            2 => Redirection { operator: "2>&-".to_owned(), target: None, document: None, bash_only: false },
            _ => Redirection { operator: "2>&1".to_owned(), target: None, document: None, bash_only: false },
        };
        if let StageKind::Simple(items) = &mut stage.kind {
            items.push((" ", Item::Redirection(redirection)));
        }
        stage
    }

    /// Makes a background command. After some redirections bash gives it the script's input instead of nothing,
    /// so a redirection that reads comes first.
    fn background(&mut self, first: bool) -> Statement {
        let tag = self.name();
        let head: &[&str] = if first { &["cat"] } else { &["probe", "emit", &tag] };
        let words = head.iter().map(|word| (" ", Item::Word(Word::same(*word))));
        let target = redirections::simple(" > ", Word::same(format!("out/b{tag}")));
        let error =
            Redirection { operator: " 2>&1".to_owned(), target: None, document: None, bash_only: false };
        let items = words.chain([("", Item::Redirection(target)), ("", Item::Redirection(error))]).collect();
        let stage = Stage { kind: StageKind::Simple(items), fails: false, bash_only: false };
        let pipeline = Pipeline { negated: false, stages: vec![stage], joint: " | " };
        plain(StatementKind::Background(pipeline))
    }

    fn condition(&mut self) -> Statement {
        let holds = self.rng.chance(50);
        let stage = match self.rng.below(3) {
            0 => self.raw_condition(if holds { "true" } else { "false" }),
            1 => self.raw_condition(if holds { "probe exit 0" } else { "probe exit 1" }),
            _ => self.test(Place::TOP, holds),
        };
        let negated = self.rng.chance(15);
        let condition = Pipeline { negated, stages: vec![stage], joint: " | " };
        let then = self.body();
        let otherwise = if self.rng.chance(50) { self.body() } else { Vec::new() };
        plain(StatementKind::If { condition, then, otherwise })
    }

    fn raw_condition(&mut self, text: &str) -> Stage {
        let items = vec![(" ", Item::Word(Word::same(text)))];
        Stage { kind: StageKind::Simple(items), fails: true, bash_only: false }
    }

    fn for_loop(&mut self) -> Statement {
        let words = (0..self.rng.within(1, 4)).map(|_| self.word(Place::TOP)).collect();
        let braced = self.rng.chance(50);
        let mut body =
            vec![self.simple_statement(&["probe", "argv", "--"], Word(vec![Piece::Variable("v", braced)]))];
        body.extend(self.body());
        plain(StatementKind::For { words, body })
    }

    fn body(&mut self) -> Vec<Statement> {
        (0..self.rng.within(1, 2)).map(|_| self.statement(Place::TOP.deeper())).collect()
    }

    /// Makes a change of the directory and back, because relative names belong to the fixture.
    fn change_directory(&mut self, statements: &mut Vec<Statement>) {
        let (there, back) = match self.rng.below(5) {
            0 => ("d", "cd .."),
            1 => ("ln", "cd .."),
            2 => ("'sp ace'", "cd ../"),
            3 => ("./d/../d", "cd ./.."),
            _ => ("-P ln", "cd .."),
        };
        let look = self.rng.pick(&["pwd", "pwd -P", "probe argv *", "cat *", "/bin/pwd", "pwd -L"]);
        for text in [&format!("cd {there}"), look, back, "pwd"] {
            statements.push(self.simple_statement(&[], Word::same(text)));
        }
    }

    fn simple_statement(&mut self, head: &[&str], last: Word) -> Statement {
        let words = head.iter().map(|word| Word::same(*word)).chain([last]);
        let items = words.map(|word| (" ", Item::Word(word))).collect();
        let stage = Stage { kind: StageKind::Simple(items), fails: false, bash_only: false };
        let pipeline = Pipeline { negated: false, stages: vec![stage], joint: " | " };
        plain(StatementKind::List(AndOr { first: pipeline, rest: Vec::new() }))
    }

    pub fn name(&mut self) -> String {
        self.names += 1;
        self.names.to_string()
    }
}

fn plain(kind: StatementKind) -> Statement {
    Statement { kind, semicolon: false, trailer: "" }
}

impl Pipeline {
    fn is_test(&self) -> bool {
        let StageKind::Simple(items) = &self.stages[0].kind else { return false };
        items.iter().any(|(_, item)| {
            matches!(item, Item::Word(word) if matches!(word.0.first(), Some(Piece::Same(text)) if text.starts_with("test ") || text.starts_with("[ ")))
        })
    }
}

impl Statement {
    fn may_fail(&self) -> bool {
        match &self.kind {
            StatementKind::List(list) => {
                let mut all =
                    std::iter::once(&list.first).chain(list.rest.iter().map(|(_, pipeline)| pipeline));
                all.any(|pipeline| pipeline.negated || pipeline.stages.iter().any(|stage| stage.fails))
            }
            _ => true,
        }
    }
}
