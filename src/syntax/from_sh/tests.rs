use super::*;

struct Known;

impl Names for Known {
    fn is_variable(&self, name: &str) -> bool {
        name == "known"
    }

    fn is_exported(&self, name: &str) -> bool {
        matches!(name, "PATH" | "HOME" | "USER")
    }

    fn is_special(&self, name: &str) -> bool {
        name == "IFS"
    }

    fn is_of_language(&self, name: &str) -> bool {
        name == "lines"
    }

    fn is_script(&self) -> bool {
        false
    }
}

#[track_caller]
fn assert_rewritten(text: &str, expected: &str) {
    let rewriting = rewrite(text, &Known);
    assert_eq!(rewriting.map(|rewriting| rewriting.text).as_deref(), Some(expected), "{text}");
}

#[test]
fn differences_are_noted() {
    for (text, has_notes) in [
        ("cat f | while IFS= read -r line; do echo $line; done", false),
        ("cat f | while read line; do echo $line; done", true),
        ("for i in $(seq 3); do echo $i; done", false),
        ("for i in `cat f`; do echo $i; done", true),
    ] {
        assert_eq!(!rewrite(text, &Known).unwrap().notes.is_empty(), has_notes, "{text}");
    }
}

#[test]
fn loops_have_blocks_in_braces() {
    assert_rewritten("for f in *.txt; do echo \"$f\"; done", "for f in *.txt { echo \"$f\" }");
    assert_rewritten("for f in a b\ndo\n  echo $f\ndone; ls", "for f in a b {\n  echo $f\n}; ls");
    assert_rewritten("while true; do date; break; done", "while true { date; break }");
    assert_rewritten("until curl -sf x; do sleep 1; done", "while ! curl -sf x { sleep 1 }");
    assert_rewritten("until ! test -e a; do sleep 1; done", "while test -e a { sleep 1 }");
    assert_rewritten("for i in 1 2; do sleep 1 & done; wait", "for i in 1 2 { sleep 1 & }; wait");
    assert_rewritten(
        "for x in a b; do for y in 1 2; do echo $x$y; done; done",
        "for x in a b { for y in 1 2 { echo $x$y } }",
    );
    assert_rewritten("for ((i=0; i<3; i++)); do echo $i; done", "for i in (0..<3) { echo $i }");
    assert_rewritten("for i in $(seq 3); do echo $i; done", "for i in ...$[$(seq 3).split()] { echo $i }");
    assert_rewritten("for f in a; do echo $f; done | sort", "{ for f in a { echo $f } } | sort");
    assert_rewritten(
        "cat f | while IFS= read -r line; do echo \"$line\"; done",
        "cat f | each line { echo \"$line\" }",
    );
    assert_rewritten("while IFS= read -r l; do echo $l; done < 'a b'", "cat 'a b' | each l { echo $l }");
}

#[test]
fn conditions_have_blocks_in_braces() {
    assert_rewritten("if test -d a; then echo yes; fi", "if test -d a { echo yes }");
    assert_rewritten(
        "if [ -f a ]; then echo 1; elif [ -f b ]; then echo 2; else echo 3; fi && ls",
        "if [ -f a ] { echo 1 } else if [ -f b ] { echo 2 } else { echo 3 } && ls",
    );
    assert_rewritten("if a\nthen\n  b\nelse\n  c\nfi", "if a {\n  b\n} else {\n  c\n}");
    assert_rewritten("if [[ -d src ]]; then ls src; fi", "if [ -d src ] { ls src }");
    assert_rewritten(
        "case $USER in a|b) echo x;; *) echo y;; esac",
        "match (env.USER) {\n    a | b => { echo x }\n    * => { echo y }\n}",
    );
}

#[test]
fn assignments_declare_once() {
    assert_rewritten("x=5; echo $x", "let x = 5; echo $x");
    assert_rewritten("x=a\nx=b", "let x = \"a\"\nx = \"b\"");
    assert_rewritten("known=1", "known = 1");
    assert_rewritten("PATH=~/bin:$PATH", "env.PATH = \"${HOME}/bin:${PATH}\"");
    assert_rewritten("d=$(mktemp -d); ls $d", "let d = $(mktemp -d); ls $d");
    assert_rewritten("n='it''s \\n' m=", "let n = \"its \\\\n\"; let m = \"\"");
    assert_rewritten(
        "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done",
        "let i = 0; while [ $i -lt 3 ] { i = i + 1 }",
    );
    assert_rewritten(
        "f=a.tar; echo ${f%.tar} ${f##*.}",
        "let f = \"a.tar\"; echo $[f.strip_suffix(\".tar\")] $[f.split(\".\").last()]",
    );
}

#[test]
fn functions_take_all_words() {
    assert_rewritten(
        "mkcd() { mkdir -p \"$1\" && cd \"$1\"; }\nmkcd a",
        "fn mkcd(...words) { mkdir -p \"${words[0]}\" && cd \"${words[0]}\" }\nmkcd a",
    );
    assert_rewritten("ll () {\n  ls -l \"$@\"\n}", "fn ll(...words) {\n  ls -l ...$words\n}");
    assert_rewritten(
        "hi() { echo \"hello ${1:-world}\"; }; hi",
        "fn hi(...words) { echo \"hello $[words.len() > 0 ? words[0].or(\"world\") : \"world\"]\" }; hi",
    );
    assert_rewritten("function a { ls \"$1\"; }", "fn a(...words) { ls \"${words[0]}\" }");
    assert_rewritten("alias gs='git status'", "fn gs(...words) { git status ...$words }");
    assert_rewritten("alias ls='ls -F'; ls", "fn ls(...words) { command ls -F ...$words }; ls");
    assert_rewritten("set -euo pipefail; hash -r; : > log", "true; true; true > log");
}

#[test]
fn tests_of_bash_are_commands_and_bools() {
    assert_rewritten("[[ $USER == a* ]] && ls", "$[env.USER.starts_with(\"a\")] && ls");
    assert_rewritten("[[ $USER != *.c ]] && ls", "$[not env.USER.ends_with(\".c\")] && ls");
    assert_rewritten("[[ $USER =~ ^a+$ ]] && ls", "$[env.USER.matches('^a+$')] && ls");
    assert_rewritten("[[ -n $USER && -d a ]] && ls", "[ -n \"$USER\" ] && [ -d a ] && ls");
    assert_rewritten("n=1; if (( n > 0 )); then ls; fi", "let n = 1; if (n > 0) { ls }");
    assert_rewritten("(( 5 > 3 )) && ls", "$[5 > 3] && ls");
    assert_rewritten("i=1; ((i++)); ((i += 2)); ls", "let i = 1; i += 1; i += 2; ls");
    assert_rewritten("let n=5+3; echo $n", "let n = 5 + 3; echo $n");
    assert_rewritten("echo $((7/2)) $((9%4))", "echo $[7 // 2] $[9 % 4]");
}

#[test]
fn lists_of_assignments_are_statements() {
    assert_rewritten("x=$(pwd) && ls $x", "let x = $(pwd); ls $x");
    assert_rewritten("cd a && x=$(pwd) && ls $x", "cd a; let x = $(pwd); ls $x");
    assert_rewritten("x=$(pwd) || exit 1", "let x = \"\"; try { x = $(pwd) } catch _ { exit 1 }");
    assert_rewritten("[ -d a ] && known=1", "[ -d a ] && { known = 1 }");
}

#[test]
fn arrays_are_lists_and_maps() {
    assert_rewritten(
        "x=(a 'b c'); ls \"${x[@]}\" ${#x[@]} ${x[1]}",
        "let x = [\"a\", \"b c\"]; ls ...$x $[x.len()] ${x[1]}",
    );
    assert_rewritten("x=(); x+=(a b); x[0]=c", "let x = []; x ++= [\"a\", \"b\"]; x[0] = \"c\"");
    assert_rewritten("declare -A m=([a]=1); echo ${m[a]}", "let m = {\"a\": \"1\"}; echo ${m[\"a\"]}");
    assert_rewritten("x=(*.c)", "let x = [...glob(\"*.c\")]");
}

#[test]
fn read_takes_a_value() {
    assert_rewritten("read -r a b <<< 'x y'", "let [a, b] = \"x y\".split(limit: 2)");
    assert_rewritten("IFS=: read -ra p <<< \"$PATH\"", "let p = env.PATH.split(\":\")");
    assert_rewritten("read -p 'Name? ' n", "let n = input(\"Name? \")");
    assert_rewritten("read -rsp 'Key: ' n", "let n = input(\"Key: \", secret: true)");
    assert_rewritten("mapfile -t l < f", "let l = lines { cat f }");
    assert_rewritten("printf -v p '%03d' 7", "let p = $(printf '%03d' 7)");
    assert_rewritten(
        "cat f | while IFS=, read -r a b; do echo $a; done",
        "cat f | each line { let [a, b] = line.split(\",\", 2); echo $a }",
    );
}

#[test]
fn a_job_is_a_value() {
    assert_rewritten("make & kill $!", "let job = spawn { make }; job.kill()");
    assert_rewritten("make &\nmake_job=$!\nwait $make_job", "let make_job = spawn { make }\nmake_job.wait()");
    assert_rewritten(
        "a & pid=$!; kill -9 $pid || true",
        "let pid = spawn { a }; { pid.kill(\"KILL\") } || true",
    );
}

#[test]
fn here_documents_are_copied() {
    assert_rewritten("if a; then\n  cat <<EOF\n$(b) `c`\nEOF\nfi", "if a {\n  cat <<EOF\n$(b) $(c)\nEOF\n}");
    assert_rewritten("x=`a`; cat <<'E'\n`b`\nE", "let x = $(a); cat <<'E'\n`b`\nE");
}

#[test]
fn a_trap_is_a_deferred_block() {
    assert_rewritten("trap 'rm -f a; b' EXIT INT", "defer { rm -f a; b }");
    assert_rewritten("trap clean EXIT", "defer { clean }");
}

#[test]
fn backticks_are_captures() {
    assert_rewritten("echo \"today: `date +%F`\"", "echo \"today: $(date +%F)\"");
    assert_rewritten("kill `pgrep a`", "kill $(pgrep a)");
    assert_rewritten("echo \"`basename \"$HOME\"`\"", "echo \"$(basename \"$HOME\")\"");
    assert_rewritten("echo `echo \\`date\\``", "echo $(echo $(date))");
}

#[test]
fn text_with_a_possibly_different_meaning_is_left_alone() {
    for text in [
        // The text contains nothing of sh.
        "ls -l | sort",
        "echo 'for x in a; do'",
        // The variable outlives its block in sh, or the loop would change it.
        "for f in a; do echo $f; done; echo $f",
        "if true; then x=1; fi; echo $x",
        "for known in a; do echo $known; done",
        "for USER in a; do echo $USER; done",
        // sh splits the value.
        "for f in $USER; do echo $f; done",
        "for f in a$(ls); do echo $f; done",
        // `read` reads more than a line.
        "cat f | while read a b; do echo $a; done",
        "while read line && test -e f; do echo $line; done < g",
        "while IFS= read -r l; do echo $l; done",
        "IFS=:; echo a",
        "x=1 || ls",
        "[ -d a ] && x=1",
        "if x=1; then ls; fi",
        "echo `ls # all`",
        "echo \"`echo \\\"a\\\"`\"",
        "for i in 1; do echo $((i / 2)); done",
        "[[ -d a || -d b && -d c ]] && ls",
        "x=1; [[ $x < 2 ]]",
        "x=a; [[ $x =~ \\d ]]",
        "n=1; ((n++)) && ls",
        "read x < f && ls",
        "trap - EXIT",
        "trap \"rm $x\" EXIT",
        "eval \"$HOME\"",
        "source a b",
        "for f; do echo $f; done",
        "f() { x=1; }; f",
        "n=0; ls | while IFS= read -r l; do n=$((n+1)); done; echo $n",
        "n=0; ls | { n=1; }; echo `echo $n`",
        "f() { return 3; }; f",
        "f() { ls; } > out",
        "alias ls",
        "alias a='ls;'",
        "alias a=\"$HOME/x\"",
        "set -x",
        "curl http://x?a=1&b=2",
        "if true; then",
        "for x in a; do ls; done done",
        "echo $1; for x in a; do ls; done",
    ] {
        let rewriting = rewrite(text, &Known).filter(|rewriting| rewriting.notes.is_empty());
        assert_eq!(rewriting, None, "{text}");
    }
}

#[cfg(feature = "dialog")]
#[test]
fn a_loop_that_has_not_ended_is_open() {
    for text in [
        "for f in a; do",
        "while true\ndo\n  ls\n",
        "if a; then b; else",
        "case x in\na)",
        "for f in a; do if b; then",
    ] {
        assert!(is_open(text), "{text}");
    }
    for text in [
        "for f in a",
        "if a",
        "for f in a; do ls; done",
        "ls do",
        "echo then",
        "{ ls",
        "done",
        "for f in a; do echo $1",
    ] {
        assert!(!is_open(text), "{text}");
    }
}

#[test]
fn a_statement_is_rewritten_by_itself() {
    let text = "let x = {a: 1}\n  for f in a; do ls; done > o\nfn g() { }";
    let start = text.find("for").unwrap();
    let (end, rewritten) = rewrite_statement(text, start, &Known).unwrap();
    assert_eq!((&text[end..], rewritten.text.as_str()), ("\nfn g() { }", "for f in a { ls } > o"));
}

#[test]
fn no_text_makes_it_panic() {
    for text in [
        "$",
        "\\",
        "`",
        "é\\é`é`${é}",
        "for é in `",
        "if",
        "case x in é)",
        "[[ é",
        "x=$((é))",
        "x=\\",
        "((",
        "${",
        "\"$",
        "$((",
        "a=`",
    ] {
        let _ = rewrite(text, &Known);
        let _ = rewrite(&format!("for x in a; do {text}; done"), &Known);
    }
    assert_eq!(rewrite(&"if a; then ".repeat(2000), &Known), None);
    assert_eq!(rewrite(&format!("echo {}", "`\\`".repeat(500)), &Known), None);
}
