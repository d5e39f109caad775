//! Makes redirections: every operator, in every order.

use super::generate::{Generator, Place};
use super::script::{Item, Piece, Redirection, Word};

const DOCUMENT_LINES: &[&str] = &[
    "a line",
    "",
    "  indented",
    "\ttabbed",
    "'single' \"double\"",
    "\\$PLAIN \\\\ \\` \\\" \\a",
    "~ * ? {a,b} [x]",
    "it's $ a lone one",
    "# no comment",
    "EOF ",
    " EOF",
    "EOFX",
    "é",
    "a; b | c && d > e",
    "\\\\",
    "trailing \\\\",
    "%s\\n",
    "100%",
    "(a) {b}",
    "!",
    "\\",
];

const EXPANDED_LINES: &[&str] = &[
    "$PLAIN",
    "x${PLAIN}y",
    "\"$SPACES\"",
    "'$STARS'",
    "$(probe argv in)",
    "${LINES}",
    "$QUOTES",
    "$BACK",
    "a$(echo b; echo c)d",
    "joined \\\nline",
    "$PLAIN.$NUMBER",
    "\"$(printf '%s' \"q\")\"",
    "$(cat in1)",
    "\\$(no)",
];

pub fn simple(operator: &str, target: Word) -> Redirection {
    Redirection { operator: operator.to_owned(), target: Some(target), document: None, bash_only: false }
}

fn duplicate(operator: &str) -> Redirection {
    Redirection { operator: operator.to_owned(), target: None, document: None, bash_only: false }
}

/// Makes a redirection of standard input.
pub fn input(g: &mut Generator, place: Place) -> Redirection {
    match g.rng.below(5) {
        0 => simple(
            "<",
            Word::same(
                g.rng
                    .pick(&[
                        "in1",
                        "in2",
                        "'c d.txt'",
                        "\"in\"1",
                        "$EMPTY\"in1\"",
                        "in\\1",
                        "\"$(echo in1)\"",
                    ])
                    .replace("$EMPTY", ""),
            ),
        ),
        1 => simple("< ", Word::same("in2")),
        // Without captures: bash runs those with the redirections before them.
        2 if !g.posix => {
            Redirection { bash_only: true, ..simple("<<< ", g.text_word(place.deeper().deeper())) }
        }
        3 => simple("<> ", Word::same("in1")),
        // bash 5.2 reassembles some here-documents in captures wrongly.
        _ if place.captured => simple("<", Word::same("in1")),
        _ => document(g),
    }
}

fn document(g: &mut Generator) -> Redirection {
    let tag = g.name();
    let (operator, expanded) = match g.rng.below(6) {
        0 => (format!("<<'E{tag}'"), false),
        1 => (format!("<<\"E{tag}\""), false),
        2 => (format!("<<\\E{tag}"), false),
        3 => (format!("<<-E{tag}"), true),
        4 => (format!("<< E{tag}"), true),
        _ => (format!("<<E{tag}"), true),
    };
    let tabs = operator.starts_with("<<-");
    let mut text = String::new();
    for _ in 0..g.rng.within(0, 4) {
        if tabs && g.rng.chance(50) {
            text += "\t\t";
        }
        // A line of a document without expansion may contain anything.
        text += if g.rng.chance(45) { g.rng.pick(EXPANDED_LINES) } else { g.rng.pick(DOCUMENT_LINES) };
        // A backslash at the end would take the next line, and so the last, with it.
        if expanded && text.ends_with('\\') && !text.ends_with("\\\\") {
            text.push('.');
        }
        text.push('\n');
    }
    if tabs && g.rng.chance(50) {
        text.push('\t');
    }
    text += &format!("E{tag}\n");
    Redirection { operator, target: None, document: Some(text), bash_only: false }
}

/// Makes a redirection to a new file, named in one of several ways.
fn output(g: &mut Generator) -> Word {
    let tag = g.name();
    match g.rng.below(8) {
        0 => Word::same(format!("'out/o {tag}'")),
        1 => Word(vec![Piece::Same(format!("out/o{tag}.")), Piece::Variable("PLAIN", false)]),
        2 => Word(vec![
            Piece::Same(format!("out/o{tag}.")),
            Piece::Variable("SPACES", true),
            Piece::Same("x".to_owned()),
        ]),
        3 => Word::same(format!("\"out/o{tag}-$NUMBER\"")),
        4 => Word::same(format!("out/\\o{tag}")),
        5 if !g.posix => Word(vec![Piece::Bash(format!("out/$'o\\t{tag}'"))]),
        _ => Word::same(format!("out/o{tag}")),
    }
}

/// Makes the redirections of a simple command. A command that might fail or be cut short when a
/// standard descriptor is closed gets no such redirection, and a reader keeps the pipe that it reads.
pub fn of_command(g: &mut Generator, items: &[Item], place: Place) -> Vec<Redirection> {
    let head = items.iter().find_map(|item| match item {
        Item::Word(Word(pieces)) => match pieces.first() {
            Some(Piece::Same(text)) => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    });
    let probe = head == Some("probe") && place.alone();
    let takes_input = items.iter().any(|item| matches!(item, Item::Redirection(_)));
    let external = head.is_some_and(|head| head == "probe" || head == "cat");
    some(g, place, Allowed { close: probe, input: !place.reads && !takes_input, descriptors: external })
}

pub fn of_block(g: &mut Generator, place: Place) -> Vec<Redirection> {
    some(g, place, Allowed { close: false, input: !place.reads, descriptors: true })
}

struct Allowed {
    /// Whether standard descriptors may be closed.
    close: bool,
    /// Whether standard input may be redirected.
    input: bool,
    /// Whether further descriptors are useful.
    descriptors: bool,
}

fn some(g: &mut Generator, place: Place, allowed: Allowed) -> Vec<Redirection> {
    let count = g.rng.weighted(&[58, 24, 11, 5, 2]);
    let mut redirections = Vec::new();
    for _ in 0..count {
        match g.rng.weighted(&[14, 6, 3, 2, 10, 4, 12, 6, 4, 2, 6, 6, 4, 8]) {
            0 => redirections.push(simple(g.rng.pick(&[">", "> ", "1>", ">|", "1> "]), output(g))),
            1 => redirections.push(simple(">> ", output(g))),
            // In a capture bash 5.2 forgets the 1.
            2 if place.depth == 0 => redirections.push(simple("1<> ", output(g))),
            3 => redirections.push(simple(">", Word::same("/dev/null"))),
            4 => redirections.push(simple(g.rng.pick(&["2>", "2> ", "2>|"]), output(g))),
            5 => redirections.push(simple("2>>", output(g))),
            6 => redirections.push(duplicate(g.rng.pick(&["2>&1", "2>& 1"]))),
            // Two stages would write to one standard error.
            7 if !place.feeds => redirections.push(duplicate(g.rng.pick(&["1>&2", ">&2"]))),
            8 if !g.posix => redirections
                .push(Redirection { bash_only: true, ..simple(g.rng.pick(&["&>", "&> "]), output(g)) }),
            9 if !g.posix => redirections.push(Redirection { bash_only: true, ..simple("&>>", output(g)) }),
            10 if allowed.descriptors => {
                redirections.push(simple(g.rng.pick(&["3>", "4> ", "3>>", "5<>"]), output(g)))
            }
            11 if allowed.descriptors => {
                redirections.push(simple("3> ", output(g)));
                redirections.push(duplicate(g.rng.pick(&["1>&3", ">&3", "2>&3", "4>&3", "3>&-"])));
            }
            12 if allowed.input && allowed.descriptors => {
                redirections.push(simple("3< ", Word::same("in2")));
                redirections.push(duplicate(g.rng.pick(&["<&3", "0<&3", "4<&3", "3<&-"])));
            }
            13 if allowed.input => redirections.push(input(g, place)),
            _ => {}
        }
    }
    // At the end, because a closed descriptor can't be duplicated.
    if allowed.close && g.rng.chance(5) {
        redirections.push(duplicate(g.rng.pick(&[">&-", "<&-", "2>&-", "3>&-", "1>&-", "0<&-"])));
    }
    redirections
}
