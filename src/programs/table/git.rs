//! Git: configuration that names programs, and options that run them.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

pub const PROGRAMS: &[Program] = &[Program {
    names: &["git"],
    options: "c=git C: pPhv --config-env=git --exec-path?=command --git-dir: --work-tree: --namespace: --super-prefix: \
              --no-pager --paginate --bare --no-replace-objects --literal-pathspecs --no-optional-locks --version --help",
    order: Order::Stops,
    abbreviates: false,
    operands: Operands::Subcommand,
    trust: Trust::Evaluator,
    commands: COMMANDS,
    ..Program::BASE
}];

const UPLOAD: &str = "u=sh o: b: j: c=git lnqsv --upload-pack=sh --exec=sh --depth: --branch: --origin: --config=git \
                      --reference: --separate-git-dir: --template=command --filter: --jobs: --shallow-since: --shallow-exclude:";

const COMMANDS: &[Program] = &[
    Program { names: &["clone"], options: UPLOAD, ..Program::BASE },
    Program {
        names: &["fetch", "pull", "ls-remote", "fetch-pack"],
        options: "--upload-pack=sh --exec=sh j: o: --depth: --jobs: --filter: --sort: s: X:",
        ..Program::BASE
    },
    Program {
        names: &["push", "send-pack"],
        options: "--receive-pack=sh --exec=sh o: --repo: --push-option: fnqu",
        ..Program::BASE
    },
    Program {
        names: &["archive"],
        options: "--exec=sh --remote: --format: --prefix: --output: o: l v",
        ..Program::BASE
    },
    Program {
        names: &["rebase"],
        options: "x=sh --exec=sh s: X: C: S? i r q v --onto: --strategy: --strategy-option: --interactive --autosquash",
        ..Program::BASE
    },
    Program {
        names: &["bisect"],
        order: Order::Stops,
        operands: Operands::Subcommand,
        commands: &[Program {
            names: &["run"],
            order: Order::Stops,
            operands: Operands::Command(0),
            ..Program::BASE
        }],
        ..Program::BASE
    },
    Program {
        names: &["submodule"],
        options: "q --quiet",
        order: Order::Stops,
        operands: Operands::Subcommand,
        commands: &[Program {
            names: &["foreach"],
            options: "q --quiet --recursive",
            order: Order::Stops,
            operands: Operands::After(0, Language::Sh),
            ..Program::BASE
        }],
        ..Program::BASE
    },
    Program {
        names: &["difftool"],
        options: "x=sh t: d g y --extcmd=sh --tool: --dir-diff --no-prompt --gui",
        ..Program::BASE
    },
    Program {
        names: &["grep"],
        options: "O?=sh --open-files-in-pager?=sh e: f: A: B: C: m: EFGHILPWachilnopqrvwz",
        ..Program::BASE
    },
    Program {
        names: &["filter-branch"],
        options: "f d: --env-filter=sh --tree-filter=sh --index-filter=sh --parent-filter=sh --msg-filter=sh \
                  --commit-filter=sh --tag-name-filter=sh --setup=sh --subdirectory-filter: --original: --force \
                  --prune-empty --state-branch:",
        ..Program::BASE
    },
    Program {
        names: &["send-email"],
        options: "--to-cmd=sh --cc-cmd=sh --header-cmd=sh --sendmail-cmd=sh --smtp-server: --to: --cc: --bcc: --from: --subject:",
        ..Program::BASE
    },
    Program {
        names: &["init"],
        options: "q b: --template=command --bare --quiet --shared? --initial-branch: --separate-git-dir:",
        ..Program::BASE
    },
    Program {
        names: &["config"],
        options: "f: t: --file: --blob: --type: --default: --global --local --system --worktree --add --replace-all --get \
                  --get-all --unset --unset-all --list -l --bool --int --path --null --name-only --show-origin --fixed-value \
                  --comment: --value:",
        operands: Operands::GitConfig,
        ..Program::BASE
    },
];
