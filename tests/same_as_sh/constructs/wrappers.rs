//! Compares functions that pass on all their words: `fn ll(...a) { ls -la ...$a }`.

use super::Text;
use crate::support::rng::Rng;

/// Bodies, here and in sh. Each is the wrapper `w`.
const WRAPPERS: &[(&str, &str)] = &[
    ("probe argv ...$a", "probe argv \"$@\""),
    ("probe argv -x fixed ...$a", "probe argv -x fixed \"$@\""),
    ("probe argv ...$a -- last", "probe argv \"$@\" -- last"),
    ("probe argv ...$a ...$a", "probe argv \"$@\" \"$@\""),
    ("probe argv ...$[a.slice(1)]", "test $# -eq 0 || shift; probe argv \"$@\""),
    ("for x in ...$a { probe argv $x }", "for x in \"$@\"; do probe argv \"$x\"; done"),
    ("for x in (a) { probe argv $x b }", "for x in \"$@\"; do probe argv \"$x\" b; done"),
    ("probe argv $[a.len()]", "probe argv $#"),
    ("X=1 probe argv ...$a | cat", "X=1 probe argv \"$@\" | cat"),
    ("printf '<%s>' ...$a", "printf '<%s>' \"$@\""),
    ("echo .\"x\" ...$a", "echo .\"x\" \"$@\""),
    ("command probe argv ...$a", "command probe argv \"$@\""),
    ("(probe argv ...$a)", "(probe argv \"$@\")"),
    ("ls -d ...$a 2> out/errors || printf 'no\\n'", "ls -d \"$@\" 2> out/errors || printf 'no\\n'"),
];

const WORDS: &[&str] = &[
    "-l",
    "-la",
    "--",
    "--help",
    "-h",
    "--long=x",
    "-n 5",
    "-",
    "a",
    "'a b'",
    "''",
    "-5",
    "\"$PLAIN\"",
    "\"$SPACES\"",
    "in1",
    "--no-x",
    "-x=1",
    "é",
    "'--q r'",
    "\"-v\"",
    "\\-w",
];

pub fn case(rng: &mut Rng) -> Text {
    let (ours, theirs) = WRAPPERS[rng.below(WRAPPERS.len())];
    let mut text = format!("fn w(...a) {{ {ours} }}\n");
    let mut sh = format!("w() {{ {theirs}; }}\n");
    let nested = rng.chance(30);
    if nested {
        text += "fn v(...b) { w -o ...$b }\n";
        sh += "v() { w -o \"$@\"; }\n";
    }
    for _ in 0..rng.within(1, 3) {
        let mut call = String::from(if nested { "v" } else { "w" });
        for _ in 0..rng.within(0, 4) {
            call += " ";
            call += rng.pick(WORDS);
        }
        // Without a file, ls prints everything that earlier cases have left.
        text += &format!("{call}\n");
        sh += &format!("{call}\n");
    }
    Text { ours: text, sh, is_posix: false }
}
