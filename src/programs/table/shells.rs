//! Shells, programs that run text by a shell, and builtins that parse their arguments again.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

const SH: Program = Program {
    options: "abefhiklmnprstuvxyBCDEHPTIV c o~ O~ +abcefhkmnptuvxBCEHPT +o~ +O~ --rcfile: --init-file: --norc \
              --noprofile --posix --login --restricted --verbose --debugger --dump-strings --noediting --help --version",
    order: Order::Stops,
    abbreviates: false,
    operands: Operands::Script(Language::Sh),
    // Each of them accepts `+c` for `-c`.
    when: &[("-c +c", Operands::First(Language::Sh)), ("-s", Operands::Stdin)],
    input: Some(Language::Sh),
    trust: Trust::Evaluator,
    ..Program::BASE
};

/// A shell whose quotes are not those of POSIX.
const OTHER: Program =
    Program { operands: Operands::Script(Language::OtherShell), input: Some(Language::OtherShell), ..SH };

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "sh", "bash", "rbash", "dash", "zsh", "ksh", "ksh93", "mksh", "lksh", "oksh", "pdksh", "ash",
            "hush", "yash", "posh", "osh", "ysh",
        ],
        ..SH
    },
    Program {
        names: &["csh", "tcsh"],
        options: "befFilmnqstvVxX c d:",
        when: &[("-c", Operands::First(Language::OtherShell)), ("-s", Operands::Stdin)],
        ..OTHER
    },
    Program {
        names: &["fish"],
        options: "c=shell C=shell ilnPNv d: f: D: o: p: --command=shell --init-command=shell --features: --profile: \
                  --profile-startup: --debug: --debug-output: --login --interactive --private --no-config --no-execute",
        when: &[("-c --command", Operands::Stdin)],
        ..OTHER
    },
    Program {
        names: &["nu", "elvish", "xonsh", "rc", "es"],
        options: "c=shell e=shell l i n --commands=shell --execute=shell --config: --env-config:",
        when: &[("-c -e --commands --execute", Operands::Data)],
        ..OTHER
    },
    Program {
        names: &["pwsh", "powershell"],
        options: "c=shell -c=shell -Command=shell -CommandWithArgs=shell -File<shell. -EncodedCommand=shell -NoProfile \
                  -NonInteractive -NoLogo -ExecutionPolicy:",
        when: &[("-c -Command -CommandWithArgs -EncodedCommand -File", Operands::Data)],
        ..OTHER
    },
    Program {
        names: &["pipewright"],
        options: "c=code --check --json",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["busybox", "toybox"],
        order: Order::Stops,
        operands: Operands::Command(0),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["su"],
        options: "c=sh flmpPT s: g: G: w: --command=sh --session-command=sh --shell: --group: --supp-group: \
                  --whitelist-environment: --login --fast --preserve-environment --pty --no-pty",
        operands: Operands::Shell(1),
        when: &[("-c --command --session-command", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["runuser"],
        options: "c=sh flmpPT u: s: g: G: w: --user: --command=sh --session-command=sh --shell: --group: --supp-group: \
                  --whitelist-environment: --login --fast --preserve-environment --pty --no-pty",
        operands: Operands::Shell(1),
        when: &[("-c --command --session-command", Operands::Data), ("-u --user", Operands::Command(0))],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["sg", "newgrp"],
        options: "c=sh",
        operands: Operands::After(1, Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["capsh"],
        options: "--print --drop: --caps: --user: --uid: --gid: --chroot: --shell: --secbits: --keep: --inh: --addamb:",
        order: Order::Stops,
        operands: Operands::Shell(0),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["script"],
        options: "c=sh aefq E: I: O: B: o: m: t? T: --command=sh --append --return --flush --quiet --force --echo: \
                  --log-in: --log-out: --log-io: --log-timing: --logging-format: --output-limit: --timing?",
        when: &[("-c --command", Operands::Data)],
        input: Some(Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["flock"],
        options: "c=sh sexnuoFv w: E: --command=sh --shared --exclusive --unlock --nonblock --nb --wait: --timeout: \
                  --conflict-exit-code: --close --no-fork --verbose",
        operands: Operands::Locked,
        order: Order::Stops,
        when: &[("-c --command", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["watch"],
        options: "bcdegptwxC n: q: --beep --color --no-color --differences? --errexit --chgexit --equexit: --interval: \
                  --precise --no-rerun --no-title --no-wrap --exec",
        order: Order::Stops,
        operands: Operands::After(0, Language::Sh),
        when: &[("-x --exec", Operands::Command(0))],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["parallel"],
        options: "j: a: I: N: n: L: d: C: S: q0kuvXmrt --jobs: --arg-file: --max-args: --delay: --joblog: --results: \
                  --sshlogin: --tmpdir: --timeout: --retries: --halt: --colsep: --delimiter: --env: --workdir: --tag \
                  --bar --eta --keep-order --quote --dry-run --line-buffer --pipe --null --will-cite --progress --rpl=perl \
                  --filter=perl --limit=sh --ssh=command --rsh=command --wd: --basefile: --max-procs: --pipe-part --pipepart --block:",
        order: Order::Stops,
        operands: Operands::Parallel,
        when: &[("-q --quote", Operands::AppendedCommand)],
        input: Some(Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["hyperfine"],
        options: "w: r: m: M: p=sh c=sh s=sh n: S: N L: --warmup: --runs: --min-runs: --max-runs: --prepare=sh --setup=sh \
                  --cleanup=sh --command-name: --shell: --export-json: --export-markdown: --export-csv: --ignore-failure",
        operands: Operands::EachAfter(0, Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["entr"],
        options: "acdnprsz",
        order: Order::Stops,
        operands: Operands::Command(0),
        when: &[("-s", Operands::First(Language::Sh))],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["nix-shell"],
        options: "p: --run=sh --command=sh --packages --pure",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["at", "batch"],
        options: "f<sh q: t: m M v b l r c d",
        when: &[("-f", Operands::Data), ("-l -r -c -d", Operands::Harmless)],
        input: Some(Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["crontab"],
        options: "u: l r e i s",
        operands: Operands::Script(Language::Sh),
        when: &[("-l -r -e", Operands::Harmless)],
        input: Some(Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];

/// Builtins that parse an argument again, in the code of shells.
pub const BUILTINS: &[Program] = &[
    Program {
        names: &["eval"],
        operands: Operands::After(0, Language::Sh),
        order: Order::Stops,
        ..Program::BASE
    },
    Program {
        names: &["trap"],
        operands: Operands::First(Language::Sh),
        order: Order::Stops,
        ..Program::BASE
    },
    Program {
        names: &["alias"],
        operands: Operands::After(0, Language::Sh),
        order: Order::Stops,
        ..Program::BASE
    },
    Program {
        names: &["export", "readonly", "local", "declare", "typeset"],
        options: "aAfFgiIlnprtux",
        operands: Operands::EachAfter(0, Language::Assignment),
        order: Order::Stops,
        ..Program::BASE
    },
    Program { names: &["let"], operands: Operands::After(0, Language::Other), ..Program::BASE },
    Program {
        names: &["read", "unset", "mapfile", "readarray"],
        options: "r s a e d: n: N: p: t: u: f v",
        operands: Operands::After(0, Language::Other),
        ..Program::BASE
    },
    Program { names: &["printf"], options: "v=code", order: Order::Stops, ..Program::BASE },
    Program { names: &["test", "["], options: "v=code", ..Program::BASE },
    Program { names: &["[["], operands: Operands::Condition, ..Program::BASE },
    Program {
        names: &["exec", "builtin"],
        options: "cl a:",
        operands: Operands::Command(0),
        order: Order::Stops,
        ..Program::BASE
    },
];
