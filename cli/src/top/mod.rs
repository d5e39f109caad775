//! `pipewright top`: the loops, services, workers and queues of running scripts, seen from another terminal or in a browser.

mod publish;
#[cfg(feature = "top")]
mod screen;
#[cfg(feature = "top-serve")]
mod serve;
mod table;
#[cfg(feature = "top")]
mod view;

use crate::options::Top;
use crate::print::{print, print_error};
pub use publish::Published;
use std::net::SocketAddr;

/// Shows the loops, services, workers and queues of all scripts of this user that run. A table on a terminal is redrawn until the user
/// quits; elsewhere it is printed once. Returns the exit status.
pub fn show(form: Top) -> u8 {
    match form {
        Top::Table => show_table(),
        Top::Json => {
            // Numbers, texts and lists always have a form in JSON.
            print(&format!("{}\n", serde_json::to_string(&states()).unwrap_or_default()))
        }
        Top::Served(address) => serve(address),
    }
}

fn states() -> Vec<pipewright::top::State> {
    pipewright::top::runs().iter().filter_map(|run| run.state().ok()).collect()
}

fn show_table() -> u8 {
    #[cfg(feature = "top")]
    {
        use std::io::IsTerminal;
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            return screen::show().map_or_else(|error| failed(&error.to_string()), |()| 0);
        }
    }
    print(&table::table(&states()))
}

#[cfg(feature = "top-serve")]
fn serve(address: SocketAddr) -> u8 {
    serve::serve(address).unwrap_or_else(|message| failed(&message))
}

#[cfg(not(feature = "top-serve"))]
fn serve(_: SocketAddr) -> u8 {
    failed("--serve: this build has no server: its feature `top-serve` is off");
    2
}

fn failed(message: &str) -> u8 {
    print_error(&format!("pipewright: top: {message}\n"));
    1
}
