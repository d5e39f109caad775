//! The stored parser reads as the one that pest's own macro derives from the grammar.

use pest::Parser;
use std::fs;
use std::path::Path;

#[rustfmt::skip]
#[path = "../../../src/syntax/grammar.rs"]
mod stored;

/// What the parser asks the library for.
mod syntax {
    pub mod nesting {
        /// There is always room for what is read here.
        pub fn room<State>(state: State) -> Result<State, State> {
            Ok(state)
        }
    }
}

mod derived {
    /// What pest's own macro makes of the grammar.
    #[derive(pest_derive::Parser)]
    #[grammar = "../pipewright.pest"]
    pub struct Grammar;
}

/// The tokens that a rule finds at the start of a text, with their places; or where it finds that there are none.
macro_rules! tokens {
    ($parser:ident, $rule:expr, $text:expr) => {
        match $parser::Grammar::parse($rule, $text) {
            Ok(pairs) => pairs
                .flatten()
                .map(|pair| (format!("{:?}", pair.as_rule()), pair.as_span().start(), pair.as_span().end()))
                .collect::<Vec<_>>(),
            Err(error) => vec![(String::new(), format!("{:?}", error.location).len(), 0)],
        }
    };
}

#[test]
fn each_rule_reads_each_line_of_the_scripts_as_the_derived_parser_does() {
    let rules = stored::Rule::all_rules().iter().zip(derived::Rule::all_rules());
    let rules: Vec<_> = rules.inspect(|(a, b)| assert_eq!(format!("{a:?}"), format!("{b:?}"))).collect();
    assert!(rules.len() > 100 && rules.len() == derived::Rule::all_rules().len());
    let mut found = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts"))
        .expect("it is there")
        .flatten()
    {
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        for line in text.lines() {
            for (a, b) in &rules {
                let tokens = tokens!(stored, **a, line);
                assert_eq!(tokens, tokens!(derived, **b, line), "{a:?}: {line}");
                found += tokens.len();
            }
        }
    }
    assert!(found > 100_000, "{found}");
}
