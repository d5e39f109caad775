//! Editors, debuggers and pagers, which have commands of their own.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["vim", "vi", "nvim", "view", "vimdiff", "rvim", "gvim", "elvis", "nvi"],
        options: "+=vim c=vim S<vim --cmd=vim T: u: U: i: r: s: w: W: t: q? p? o? O? abdefghlmnNRvVxXyZACDEFHL \
                  --servername: --remote-expr=vim --remote-send=vim --startuptime: --noplugin --clean --headless -es -Es",
        abbreviates: false,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["ex"],
        options: "+=vim c=vim S<vim --cmd=vim T: u: U: i: r: s: w: W: t: emnrRsvV",
        abbreviates: false,
        input: Some(Language::Vim),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["less", "more", "most", "lv"],
        options: "+=code k: o: O: p: t: T: x: y: z: j: b: h: D: aABcCeEfFgGiIJKmMnNqQrRsSuUVwWX --lesskey-src<code",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["gdb", "rust-gdb", "gdbserver"],
        options: "-ex=gdb -iex=gdb --ex=gdb --iex=gdb -eval-command=gdb --eval-command=gdb -init-eval-command=gdb \
                  --init-eval-command=gdb -x<gdb x<gdb -ix<gdb -command<gdb --command<gdb --init-command<gdb -p: p: -pid: \
                  --pid: -core: --core: -symbols: --symbols: -exec: --exec: -cd: --cd: -d: -directory: --directory: \
                  -batch --batch -nx -q -quiet --quiet --args. -args. -tui -nh",
        abbreviates: false,
        when: &[("--args -args", Operands::Command(0))],
        input: Some(Language::Gdb),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["lldb"],
        options: "o=gdb O=gdb k=gdb K<gdb s<gdb S<gdb p: n: f: c: w b --one-line=gdb --one-line-before-file=gdb \
                  --source<gdb --attach-pid: --attach-name: --file: --core: --batch --arch:",
        order: Order::Stops,
        input: Some(Language::Gdb),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["nano", "pico", "micro", "helix", "hx", "kak"],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
