//! Build tools.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

/// Programs that run a command in the environment of a project.
const RUNS: Program = Program {
    names: &["run", "exec"],
    options: "n: p: c=sh C: e: q --name: --prefix: --directory: --with: --env: --env-file: --python: --call=sh --extra: --group: \
              --project: --quiet --no-sync --frozen --locked",
    order: Order::Stops,
    operands: Operands::Command(0),
    ..Program::BASE
};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["make", "gmake", "remake"],
        options: "f<make C: I: o: W: j? l? O? E=make abBdeikLmnpqrRsStvw --file<make --makefile<make --eval=make \
                  --directory: --include-dir: --old-file: --assume-old: --what-if: --new-file: --jobs? --load-average? \
                  --output-sync? --debug? --always-make --keep-going --silent --quiet --dry-run --no-print-directory \
                  --environment-overrides --ignore-errors --touch --question --print-data-base --trace --warn-undefined-variables",
        operands: Operands::Assignments(Language::Make),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &[
            "poetry", "pipenv", "pdm", "uv", "hatch", "rye", "bundle", "conda", "mamba", "npm", "pnpm", "op",
            "doppler",
        ],
        options: "C: --directory: --project: --prefix: --quiet --no-cache",
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[RUNS],
        ..Program::BASE
    },
    Program {
        names: &["direnv", "aws-vault", "chamber"],
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[Program { names: &["exec"], operands: Operands::Command(1), ..RUNS }],
        ..Program::BASE
    },
    Program {
        names: &[
            "apt",
            "apt-get",
            "apt-cache",
            "apt-mark",
            "apt-config",
            "apt-cdrom",
            "apt-ftparchive",
            "aptitude",
        ],
        options: "o=apt c<apt t: a: qsydfmubV --option=apt --config-file<apt --target-release: --default-release: \
                  --host-architecture: --assume-yes --quiet --no-install-recommends --download-only --simulate --purge",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["dpkg"],
        options: "iRrPVCLlSsp D: --pre-invoke=sh --post-invoke=sh --status-logger=sh --install --remove --purge --root: \
                  --admindir: --instdir: --log: --path-exclude: --path-include: --force-confold",
        abbreviates: false,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["npx"],
        options: "c=sh p: y q --call=sh --package: --yes --no --quiet",
        order: Order::Stops,
        operands: Operands::Command(0),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["go"],
        options: "-toolexec=command -exec=command",
        abbreviates: false,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &[
            "ninja", "cmake", "ctest", "meson", "scons", "bazel", "gradle", "mvn", "ant", "rake", "just",
            "task",
        ],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
