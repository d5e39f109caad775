//! `--doctor`: the features that work on this system, and the reasons why others don't.

use pipewright::program;
use std::fmt::Write;

/// Returns a line for each feature that the engine uses.
pub fn report() -> String {
    let mut text = format!(
        "pipewright {} on {} ({})\n\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    for probe in program::probes() {
        let (mark, reason) = match &probe.found {
            Ok(()) => ("yes", String::new()),
            Err(reason) => ("no ", format!("\n       {}", pipewright::diag::visible(reason.as_bytes()))),
        };
        // Writing to a string does not fail.
        _ = writeln!(text, "  {mark}  {}  [{}]{reason}", probe.what, probe.by);
    }
    text.push_str(
        "\nAn option of `with` that can't be given here is an error of the first command in the block.\n",
    );
    text
}
