//! Measures runs of small parsed scripts without commands, and the same in Rhai: its syntax tree, a
//! scope that is made once, and inputs that are set for each run.

use crate::pair::Pair;
use pipewright::{Script, Session};
use rhai::{AST, Dynamic, Engine, Scope};

const COUNT: usize = 1_000_000;

pub fn pairs() -> Vec<Pair> {
    vec![
        pair(
            "evaluate: (a * 2 + b) % 7",
            &["a", "b"],
            "fn main() { return (a * 2 + b) % 7 }",
            "(a * 2 + b) % 7",
        ),
        pair(
            "evaluate: function, loop, string",
            &["a"],
            r#"
                fn label(n: int) {
                    let total = 0
                    for i in (1..=5) {
                        if (i % 2 == 1) { total += i * n }
                    }
                    return "n=$n total=$total"
                }
                fn main() { return label(a) }
            "#,
            r#"
                fn label(n) {
                    let total = 0;
                    for i in 1..=5 {
                        if i % 2 == 1 { total += i * n; }
                    }
                    return `n=${n} total=${total}`;
                }
                label(a)
            "#,
        ),
    ]
}

/// Compares the results of both sides once.
fn pair(name: &'static str, inputs: &'static [&str], ours: &str, rhai: &str) -> Pair {
    let builder = inputs.iter().fold(Script::builder("bench"), |builder, input| builder.input(input));
    let script = builder.parse(ours).expect("a script");
    let mut session = Session::new();
    let mut run = move |n: i64| match *inputs {
        [a] => session.run(&script).arg(a, n).value().expect("it succeeds"),
        [a, b] => session.run(&script).arg(a, n).arg(b, n).value().expect("it succeeds"),
        _ => unreachable!("one input or two"),
    };

    let engine = Engine::new();
    let mut scope = Scope::new();
    inputs.iter().for_each(|input| {
        scope.push(*input, 0_i64);
    });
    let ast: AST = engine.compile_with_scope(&scope, rhai).expect("a script");
    let mut evaluate = move |n: i64| {
        inputs.iter().for_each(|input| {
            scope.set_value(*input, n);
        });
        engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast).expect("it succeeds")
    };

    let same = format!("{:?}", run(5)).replace('\'', "\"");
    assert_eq!(same, format!("{:?}", evaluate(5)));
    Pair {
        name,
        against: "rhai",
        count: COUNT,
        at_once: COUNT / 100,
        ours: Box::new(move |count| {
            for n in 0..count {
                let _ = std::hint::black_box(run(n as i64));
            }
        }),
        floor: Box::new(move |count| {
            for n in 0..count {
                let _ = std::hint::black_box(evaluate(n as i64));
            }
        }),
    }
}
