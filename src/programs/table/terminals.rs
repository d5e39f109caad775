//! Terminal multiplexers, which run commands in windows.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

const WINDOW: &str = "c: e: F: f: n: s: t: x: y: l: p: S: T: adAbBDEhIPvXZkKNCr";

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["tmux"],
        options: "c=sh f<code L: S: T: 2CDlNuvV",
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[
            Program {
                names: &[
                    "new-session",
                    "new",
                    "new-window",
                    "neww",
                    "split-window",
                    "splitw",
                    "respawn-pane",
                    "respawnp",
                    "respawn-window",
                    "respawnw",
                    "display-popup",
                    "popup",
                ],
                options: WINDOW,
                order: Order::Stops,
                operands: Operands::After(0, Language::Sh),
                ..Program::BASE
            },
            Program {
                names: &["run-shell", "run"],
                options: "bC d: t: c:",
                order: Order::Stops,
                operands: Operands::After(0, Language::Sh),
                ..Program::BASE
            },
            Program {
                names: &["if-shell", "if"],
                options: "bF t:",
                order: Order::Stops,
                operands: Operands::EachAfter(0, Language::Sh),
                ..Program::BASE
            },
            Program {
                names: &["pipe-pane", "pipep"],
                options: "IOo t:",
                order: Order::Stops,
                operands: Operands::After(0, Language::Sh),
                ..Program::BASE
            },
            Program {
                names: &["send-keys", "send"],
                options: "FHKlMRX N: t: c:",
                order: Order::Stops,
                operands: Operands::EachAfter(0, Language::Keys),
                ..Program::BASE
            },
            Program {
                names: &["bind-key", "bind", "set-hook", "confirm-before", "command-prompt"],
                options: "nraguR T: N: t: p: I:",
                order: Order::Stops,
                operands: Operands::EachAfter(1, Language::Other),
                ..Program::BASE
            },
            Program {
                names: &["set-option", "set", "set-window-option", "setw", "display-message", "display"],
                options: "aFgopqsuUwlNvI t: c: d:",
                order: Order::Stops,
                operands: Operands::EachAfter(0, Language::Keys),
                ..Program::BASE
            },
        ],
        ..Program::BASE
    },
    Program {
        names: &["screen"],
        options: "c: e: h: p: S: s: t: T: aAfiLmnOqUvx X. d? D? r? R? w?",
        order: Order::Stops,
        operands: Operands::Command(0),
        when: &[("-X", Operands::EachAfter(1, Language::Keys))],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["xterm", "gnome-terminal", "konsole", "alacritty", "kitty", "foot"],
        options: "e. x. T: -title: -geometry: --title: --working-directory: --command=sh -fn: -fa: -fs:",
        when: &[("-e -x", Operands::After(0, Language::Sh))],
        order: Order::Stops,
        operands: Operands::Command(0),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
