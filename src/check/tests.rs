use super::*;
use crate::diag::code;
use crate::host::Hosted;

fn errors(text: &str) -> Vec<Diagnostic> {
    let hosted = Hosted { can_be_replaced: true, ..Hosted::default() };
    let given = CheckOptions { foresee: true, hosted, ..CheckOptions::default() };
    check(&Arc::new(Source::new("test", text)), given).err().unwrap_or_default()
}

fn codes(text: &str) -> Vec<&'static str> {
    errors(text).iter().map(|error| error.code.id()).collect()
}

#[test]
fn every_example_of_a_hint_passes_the_check() {
    for row in sh_constructs::all() {
        let found = errors(row.example);
        assert!(found.is_empty(), "{}: {}", row.example, found[0].render(false, 100));
    }
}

#[test]
fn every_example_of_a_keyword_passes_the_check() {
    use crate::builtins::keywords::{BLOCKS, KEYWORDS};
    for row in KEYWORDS.iter().chain(BLOCKS) {
        let found = errors(row.example);
        assert!(found.is_empty(), "{}: {}", row.name, found[0].render(false, 100));
    }
}

#[test]
fn every_parameter_of_sh_is_refused_with_an_example_that_passes() {
    for text in sh_parameters::ALL {
        let row = sh_parameters::of(text);
        let found = errors(row.example);
        assert!(found.is_empty(), "{}: {}", row.example, found[0].render(false, 100));
        assert_eq!(codes(&format!("echo \"{text}\"")), ["E0307"], "{text}");
    }
}

#[test]
fn names_are_resolved_before_anything_runs() {
    assert_eq!(codes("echo $nmae"), ["E0201"]);
    assert_eq!(codes("let name = 1\necho $name"), [] as [&str; 0]);
    assert_eq!(codes("{ let inner = 1 }\necho $inner"), ["E0201"]);
    assert_eq!(codes("let x = x"), ["E0201"]);
    // Capitalised names belong to the environment, whose variables are known only at run time.
    assert_eq!(codes("echo $HOME $NOT_SET_ANYWHERE"), [] as [&str; 0]);
    assert_eq!(codes("echo $RANDOM"), ["E0318"]);
}

#[test]
fn a_misspelt_name_is_shown_the_right_one() {
    let found = errors("let version = 1\necho $versoin");
    assert!(found[0].help[0].contains("`version`"), "{:?}", found[0].help);
}

#[test]
fn copies_are_not_assigned() {
    let lost = |text: &str| assert_eq!(codes(&format!("let n = 0\n{text}")), ["E0402"], "{text}");
    lost("ls | each line { n += 1 } | cat");
    lost("{ n = 1; } &");
    lost("let x = $(n = 1)");
    lost("cat <(n = 1)");
    lost("let x = lines { n = 1 }");
    // The last stage works on the variables themselves, and a copy owns its own variables.
    assert_eq!(codes("let n = 0\nls | each line { n += 1 }"), [] as [&str; 0]);
    assert_eq!(codes("{ let m = 0\nm += 1 } | cat"), [] as [&str; 0]);
}

#[test]
fn loops_are_left_only_where_one_is_open() {
    assert_eq!(codes("break"), ["E0403"]);
    assert_eq!(codes("for x in a { ls | { break } | cat }"), ["E0403"]);
    assert_eq!(codes("for x in a { ls | { break } }"), [] as [&str; 0]);
    assert_eq!(codes("while true { true && break }"), [] as [&str; 0]);
}

#[test]
fn text_run_as_code_must_say_so() {
    let refused = |text: &str| assert_eq!(codes(&format!("let x = 1\n{text}")), ["E0401"], "{text}");
    refused("sh -c \"rm $x\"");
    refused("bash -ec \"rm $x\"");
    refused("sudo -u root env A=1 nice -n 5 sh -c \"rm $x\"");
    refused("timeout 5 bash -c $x");
    refused("ssh host ls $x");
    refused("awk \"{print $x}\" file");
    refused("awk -F : \"{print $x}\" file");
    refused("python3 -c $x");
    refused("find . -exec sh -c \"rm $x\" ';'");
    refused("env -S $x");
    refused("xargs -n 1 sh -c \"rm $x\"");
    refused("perl -ne \"$x\"");
    let fine = |text: &str| assert_eq!(codes(&format!("let x = 1\n{text}")), [] as [&str; 0], "{text}");
    fine("sh -c 'rm \"$1\"' sh -- $x");
    fine("sh script.sh $x");
    fine("awk '{print $1}' $x");
    fine("awk -f $x file");
    fine("python3 script.py -c $x");
    fine("ssh $x ls");
    fine("sh -c \"rm $[quote(x)]\"");
    fine("ssh host ls $[quote(x)]");
    fine("awk $[code(x)] file");
    fine("grep -c $x file");
}

#[test]
fn a_pipeline_does_not_empty_its_own_input() {
    assert_eq!(codes("sort < f > f"), ["E0404"]);
    assert_eq!(codes("sort f > ./f"), ["E0404"]);
    assert_eq!(codes("cat f | sort > f"), ["E0404"]);
    assert_eq!(codes("sort f >> f"), [] as [&str; 0]);
    assert_eq!(codes("sort f >| f"), [] as [&str; 0]);
    assert_eq!(codes("echo f > f"), [] as [&str; 0]);
    assert_eq!(codes("cat /dev/null > /dev/null"), [] as [&str; 0]);
}

#[test]
fn a_habit_of_sh_is_one_error() {
    assert_eq!(codes("if [ -f x ]; then echo a; elif b; then echo c; else echo d; fi"), ["E0301"]);
    assert_eq!(codes("for x in a b; do echo x; done"), ["E0301"]);
    assert_eq!(codes("case x in a) echo;; esac"), ["E0301"]);
    assert_eq!(codes("cat f | while read x; do echo $x; done"), ["E0301"]);
}

#[test]
fn several_errors_are_reported_at_once() {
    assert_eq!(codes("trap x\necho $nope\nfoo `x`"), ["E0311", "E0201", "E0306"]);
}

#[test]
fn the_check_says_code_for_what_cannot_be_read() {
    assert_eq!(codes("echo 'a"), ["E0102"]);
    assert_eq!(codes("echo a )"), ["E0103"]);
    assert_eq!(errors("let x = 1 +")[0].code, code::SYNTAX);
}
