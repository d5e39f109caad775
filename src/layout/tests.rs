use super::*;

fn formatted(text: &str) -> String {
    let source = Arc::new(Source::new("test.pw", text));
    match format(&source) {
        Ok(text) => text,
        Err(error) => {
            let script = read(&source).ok();
            let printed = script.map(|script| print::print(text, &tokens(&source, &script)));
            panic!("{}\n{text}\n----\n{}", error.render(false, 100), printed.unwrap_or_default())
        }
    }
}

/// Asserts that the text becomes the other text, which stays unchanged.
#[track_caller]
fn assert_becomes(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected, "of {text}");
    assert_eq!(formatted(expected), expected, "again, of {text}");
}

#[test]
fn words_are_apart_by_one_blank() {
    assert_becomes("echo   a\t'b  c'  \"d  e\"", "echo a 'b  c' \"d  e\"\n");
    assert_becomes("sort<in>out 2>&1 2>>  log", "sort < in > out 2>&1 2>> log\n");
    assert_becomes("a|b|&c&&d||! e &", "a | b |& c && d || ! e &\n");
    assert_becomes("cat <<<$x ; A=1   B=\"2 3\" env", "cat <<< $x\nA=1 B=\"2 3\" env\n");
}

#[test]
fn a_short_block_stays_on_its_line() {
    assert_becomes("if  test -d x {  echo y; }", "if test -d x { echo y }\n");
    assert_becomes("if (x==1) { a } else { b }", "if (x == 1) { a } else { b }\n");
    assert_becomes("if a { b; c }", "if a {\n    b\n    c\n}\n");
    assert_becomes("{ echo b; echo a; } > f", "{ echo b; echo a } > f\n");
    assert_becomes("for x in a b {\necho $x\n}", "for x in a b {\n    echo $x\n}\n");
    assert_becomes("while true { \n }", "while true { }\n");
}

#[test]
fn a_list_in_parentheses_is_laid_out_as_a_bare_group() {
    assert_becomes("(  cd x&&ls ; )|wc", "(cd x && ls) | wc\n");
    assert_becomes("! (a;b)>f 2>&1", "! (a; b) > f 2>&1\n");
    assert_becomes("(\na\nb )", "(\n    a\n    b\n)\n");
    assert_becomes("( (a); b)", "(\n    (a)\n    b\n)\n");
    assert_becomes("(a &)", "(a &)\n");
    assert_becomes("(a # x\n)", "(\n    a  # x\n)\n");
}

#[test]
fn long_pipelines_are_broken_after_connectors() {
    let word = "x".repeat(60);
    assert_becomes(&format!("{word} | {word}"), &format!("{word} |\n    {word}\n"));
    assert_becomes("a |\nb", "a |\n    b\n");
    assert_becomes("a \\\n b", "a \\\n    b\n");
}

#[test]
fn here_documents_follow_their_line() {
    assert_becomes("cat <<EOF|sort;b\n x\nEOF\nc", "cat <<EOF | sort\n x\nEOF\nb\nc\n");
    // Its body would begin inside the block.
    assert_becomes("cat <<A | if a { b; c; }\nA\n", "cat <<A | if a { b; c }\nA\n");
    assert_becomes("cat <<  -A\n-A\n", "cat << -A\n-A\n");
}

#[test]
fn expressions_have_their_blanks() {
    assert_becomes("let x = a+b*-c   ==(d)", "let x = a + b * -c == (d)\n");
    assert_becomes("let x = { a:1,b :[1,2 ] }", "let x = {a: 1, b: [1, 2]}\n");
    assert_becomes("let x = [1,\n2]", "let x = [\n    1,\n    2,\n]\n");
    assert_becomes("let f =  (a,b)=>a ?b:c", "let f = (a, b) => a ? b : c\n");
}

#[test]
fn comments_stay_with_what_they_tell_of() {
    assert_becomes(
        "\n\n# a\n\n\nb # c\n\n{ # d\n\n e\n # f\n\n}",
        "# a\n\nb  # c\n\n{  # d\n    e\n    # f\n}\n",
    );
    assert_becomes("a | # b\n# c\nd", "a |  # b\n    # c\n    d\n");
    assert_becomes("let x = [1 # a\n, 2]", "let x = [\n    1,  # a\n    2,\n]\n");
}

#[test]
fn statements_stay_apart() {
    // On its own line the block would make `f()` a function of sh, and `.b` would be a field.
    assert_becomes("f(); { a }", "f();\n{ a }\n");
    assert_becomes("let x = a; .b c", "let x = a;\n.b c\n");
}
