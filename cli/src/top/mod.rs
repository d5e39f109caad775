//! `pipewright top`: the loops and services of running scripts, seen from another terminal.

mod publish;
#[cfg(feature = "top")]
mod screen;
mod table;
#[cfg(feature = "top")]
mod view;

use crate::print::print;
pub use publish::Published;

/// Shows the loops and services of all scripts of this user that run: on a terminal until the user quits, elsewhere once. Returns the
/// exit status.
pub fn show(json: bool) -> u8 {
    #[cfg(feature = "top")]
    {
        use std::io::IsTerminal;
        if !json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            return match screen::show() {
                Ok(()) => 0,
                Err(error) => {
                    crate::print::print_error(&format!("pipewright: top: {error}\n"));
                    1
                }
            };
        }
    }
    let states: Vec<_> = pipewright::top::runs().iter().filter_map(|run| run.state().ok()).collect();
    if json {
        // Numbers, texts and lists always have a form in JSON.
        return print(&format!("{}\n", serde_json::to_string(&states).unwrap_or_default()));
    }
    print(&table::table(&states))
}
