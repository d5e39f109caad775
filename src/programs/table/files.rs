//! Programs that handle files and run another program for a part of the work.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["tar", "gtar", "bsdtar"],
        options: "I=command F=sh f: C: T: X: b: g: K: L: N: V: H: AcdrtuxzjJZahiklmnopsvwBGMOPRSUW \
                  --use-compress-program=command --checkpoint-action=tar --checkpoint? --to-command=sh --info-script=sh \
                  --new-volume-script=sh --rsh-command=command --rmt-command=command --file: --directory: --files-from: \
                  --exclude: --exclude-from: --transform=sed --xform=sed --owner: --group: --mode: --mtime: --format: \
                  --strip-components: --create --extract --get --list --verbose --gzip --bzip2 --xz --zstd \
                  --auto-compress --listed-incremental: --newer: --one-file-system --wildcards --remove-files \
                  --totals? --sort: --warning: --pax-option: --starting-file: --suffix: --tape-length: --label: --blocking-factor: \
                  --keep-old-files --overwrite --numeric-owner --same-owner --no-same-owner --preserve-permissions --verify",
        order: Order::Bare,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["split"],
        options: "a: b: C: l: n: t: dexuv --filter=sh --suffix-length: --bytes: --line-bytes: --lines: --number: \
                  --separator: --additional-suffix: --numeric-suffixes? --hex-suffixes? --elide-empty-files --unbuffered \
                  --verbose",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["sort"],
        options: "k: t: o: S: T: bcCdfghiMmnrRsuVz --compress-program=command --key: --field-separator: --output: \
                  --buffer-size: --temporary-directory: --batch-size: --files0-from: --parallel: --sort: --random-source: \
                  --numeric-sort --reverse --unique --stable --version-sort --human-numeric-sort --ignore-case --check? \
                  --zero-terminated --merge --random-sort --general-numeric-sort --month-sort --debug",
        ..Program::BASE
    },
    Program {
        names: &["zip"],
        options: "TT=sh -TT=sh --unzip-command=sh b: n: P: t: i: x: @ rqjmuf0123456789 --test",
        trust: Trust::Evaluator,
        abbreviates: false,
        ..Program::BASE
    },
    Program {
        names: &["cpio"],
        options: "F: H: E: M: R: C: D: I: O: W: ABLSVacdfiklmnopqrstuv0 --rsh-command=command --file: --format: --directory:",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["find", "gfind"],
        order: Order::Stops,
        operands: Operands::Exec(&["-exec", "-execdir", "-ok", "-okdir"]),
        trust: Trust::Launcher,
        ..Program::BASE
    },
    Program {
        names: &["fd", "fdfind"],
        options: "e: t: d: E: S: o: j: c: HIsiaLp0lg xX --exec --exec-batch --extension: --type: --max-depth: --exclude:",
        operands: Operands::Exec(&["-x", "-X", "--exec", "--exec-batch"]),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["man"],
        options: "P=sh H?=command p: C: M: S: s: L: m: r: e: afkKuwWDdtTXZ --pager=sh --html?=command --config-file: \
                  --manpath: --sections: --locale: --systems: --prompt: --extension: --preprocessor:",
        order: Order::Stops,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["rename", "prename", "file-rename"],
        options: "e=perl E=perl vnfsdu0 --expr=perl",
        operands: Operands::Expression(Language::Perl),
        when: &[("-e -E --expr", Operands::Data), ("-s", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
