//! Tests that nothing that is printed or recorded contains the text of a secret, whatever a script does
//! with it, and that no program gets it as an argument.

use crate::support;
use crate::support::Run;
use crate::support::rng::Rng;
use std::fs;

/// Values that are or contain a secret.
const VALUES: &[&str] = &[
    "token",
    "\"$token\"",
    "\"Bearer $token!\"",
    "\"${token}$token\"",
    "[token]",
    "{key: token}",
    "{key: [token, 1]}",
    "token ?? 1",
    "true ? token : 1",
    "secret(token)",
    "(x => x)(token)",
    "pass(token)",
    "env.HELD",
    "wrapped",
    "record.value",
    "[1, token][1]",
    "token.reveal()",
    "\"a ${token}\".reveal()",
];

/// Possible uses of such a value, most of them refused.
const USES: &[&str] = &[
    "/bin/true @",
    "/bin/true \"x$[@]\"",
    "/bin/true ...$[@]",
    "/bin/true ...$[[@]]",
    "/bin/false $[@]",
    "/bin/false --x=$[@] | /bin/false",
    "sh -c 'exit 3' < $[@]",
    "true > $[@]",
    "cd $[@]",
    "$[@] x",
    "test -e $[@]",
    "kill $[@]",
    "sleep $[@]",
    "exit $[@]",
    "function $[@]",
    "function(@)",
    "fail @",
    "fail \"no: $[@]\"",
    "X=$[@] /bin/false",
    "X=$[@] Y=\"$[@]\" nonesuch",
    "with env={X: @} { /bin/false $X }",
    "with cwd=@ { true }",
    "with timeout=@ { true }",
    "with user=@ { true }",
    "env.X = @; /bin/false $X",
    "env.PATH = @; nonesuch",
    "env.HOME = @; cd; ls ~",
    "cat <<< $[@] > /dev/null; /bin/false",
    "cat <<END > /dev/null\n$[@]\nEND",
    "write('file', @)",
    "write(@, 'x')",
    "read(@)",
    "glob(@)",
    "json(@)",
    "write('file', to_json(@))",
    "let a = int(@)",
    "let a = @ + 1",
    "let a = @ < \"x\"",
    "let a = @ == 5",
    "let a = @ ++ [1]",
    "let a = @[0]",
    "let a = @.field",
    "let a = {x: 1}[@]",
    "let a = @.upper()",
    "let a = @.len()",
    "let a = @.map(x => x + 1)",
    "let a = [@].join(\",\")",
    "let a = [@].sort()",
    "let a = [@, \"x\"].max()",
    "let a = \"x\".replace(\"x\", @)",
    "let a = \"x\".matches(@)",
    "let a = @(1)",
    "if (@) { true }",
    "for x in $[@] { /bin/false $x }",
    "for x in (@) { /bin/false $x }",
    "match (@) { a => { true } }",
    "let r = try { /bin/false $[@] }; fail $[r.error.message]",
    "try { /bin/false $[@] } catch e { fail e }",
    "typed(@)",
    "ls *$[@]*",
    "let a = \"$(cat <<< $[@])\"; nonesuch $a",
    "cat <(cat <<< $[@]) > /dev/null; fail x",
    "let job = spawn { /bin/false $[@] }; job.wait()",
    "sh -c 'exit 4' -- $[@] &",
    "let a = duration(\"$[@]\")",
    "printf %d $[@]",
    "printf \"$[@]\" > /dev/null",
];

fn script(random: &mut Rng) -> String {
    let mut text = String::from(
        "let token = secret(env.PASSWORD)\n\
         fn pass(x) { return x }\n\
         fn function(x) { /bin/false $[x] }\n\
         fn typed(n: int) { true }\n\
         let wrapped = {value: token}.value\n\
         let record = {value: [token][0]}\n\
         env.HELD = token\n\
         pass(wrapped); pass(record)\n",
    );
    for _ in 0..random.within(1, 3) {
        let value = random.pick(VALUES);
        let line = random.pick(USES).replace("$[@]", &format!("$[{value}]")).replace('@', value);
        // Most are refused, so failures are caught to reach the ones after them.
        let caught = random.chance(50) && !line.contains('\n');
        text += &if caught { format!("try {{ {line} }} catch _e {{ true }}\n") } else { format!("{line}\n") };
    }
    text
}

#[test]
fn the_text_of_a_secret_is_in_nothing_that_we_print_or_record() {
    let cases = support::setting("CASES", 250);
    let mut ran = 0;
    for seed in 0..cases {
        let mut random = Rng::new(seed);
        let script = script(&mut random);
        // Plain text, text that is escaped or quoted in messages, several lines, and not UTF-8.
        let password: &[u8] = match random.below(4) {
            0 => b"hunter2-geheim",
            1 => b"it's \x1b[1m \"geheim\" $x",
            2 => b"first-geheim\nsecond-geheim",
            _ => b"\xff-geheim-\xfe",
        };
        let directory = tempfile::tempdir().expect("a directory");
        let mut run = Run::pipewright().dir(directory.path());
        if random.chance(25) {
            run = run.arg("--dry-run");
        }
        use std::os::unix::ffi::OsStrExt;
        run = run.env("PASSWORD", std::ffi::OsStr::from_bytes(password));
        let outcome = run.args(["--trace", "--stats", "--audit", "log", "-c", &script]).timeout(30).run();
        let log = fs::read(directory.path().join("log")).unwrap_or_default();
        ran += usize::from(!log.is_empty());
        for (what, text) in
            [("standard error", &outcome.stderr), ("standard output", &outcome.stdout), ("the log", &log)]
        {
            let found = memchr::memmem::find(text, b"geheim");
            assert!(
                found.is_none(),
                "seed {seed}: {what} has it\n{script}\n{outcome}\n{}",
                String::from_utf8_lossy(&log)
            );
        }
    }
    // The rest is refused by the check.
    assert!(ran * 2 > cases as usize, "{ran} of {cases} were run");
}
