//! Programs whose first argument is a program of their own: awk, sed, jq.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["awk", "mawk", "nawk", "original-awk", "bwk", "goawk"],
        options: "F: v=awktext f<awk W: d? e=awk --version",
        order: Order::Stops,
        abbreviates: false,
        operands: Operands::First(Language::Awk),
        when: &[("-f -e", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["gawk"],
        options: "F: v=awktext f<awk e=awk E<awk. i: l: d? D? o? p? L? bcCgGhIkMnNOPrsStVY --field-separator: \
                  --assign=awktext --file<awk --source=awk --exec<awk. --include: --load: --dump-variables? --lint? \
                  --debug? --pretty-print? --profile? --csv --sandbox --posix --traditional --re-interval",
        order: Order::Stops,
        operands: Operands::First(Language::Awk),
        when: &[("-S --sandbox", Operands::Harmless), ("-f -e -E --file --source --exec", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["sed", "gsed"],
        options: "e=sed f<sed E l: i? bnrsuz --expression=sed --file<sed --quiet --silent --debug --regexp-extended \
                  --line-length: --in-place? --binary --follow-symlinks --posix --null-data --separate --sandbox \
                  --unbuffered --zero-terminated --help --version",
        operands: Operands::First(Language::Sed),
        when: &[("--sandbox", Operands::Harmless), ("-e -f --expression --file", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["jq", "gojq", "jaq"],
        options: "f<jq L: nrRcCMaSesjhV --arg& --argjson& --slurpfile& --rawfile& --from-file<jq --indent: --tab --seq \
                  --args --jsonargs --null-input --raw-input --raw-output --raw-output0 --join-output --slurp \
                  --compact-output --color-output --monochrome-output --ascii-output --sort-keys --exit-status --stream \
                  --library-path:",
        abbreviates: false,
        operands: Operands::First(Language::Jq),
        when: &[("-f --from-file", Operands::Data)],
        ..Program::BASE
    },
    Program {
        names: &["yq"],
        options: "i n r e s: o: p: I: P j C M N v yYtTcSRaw --inplace --null-input --from-file<yq --expression=yq \
                  --output-format: --input-format: --indent: --arg& --argjson& --yaml-output --in-place --raw-output \
                  --slurp --prettyPrint",
        operands: Operands::First(Language::Yq),
        when: &[("--from-file --expression", Operands::Data)],
        ..Program::BASE
    },
    Program {
        names: &["mlr"],
        options: "n I --from: --ofmt: --fflatsep: --load<code --mload<code --prepipe=sh --prepipex=sh --fs: --ifs: --ofs: --ps: \
                  --ips: --ops: --rs: --irs: --ors: --repifs --seed: --nr-progress-mod: --records-per-batch: --tz: \
                  --icsv --ocsv --csv --ijson --ojson --json --itsv --otsv --tsv --opprint --oxtab --c2j --c2p",
        order: Order::Stops,
        abbreviates: false,
        operands: Operands::Verbs,
        trust: Trust::Evaluator,
        commands: &[Program {
            names: &["put", "filter"],
            options: "f<code e=code s: q S F x",
            order: Order::Stops,
            abbreviates: false,
            operands: Operands::First(Language::Other),
            when: &[("-f -e", Operands::Data)],
            ..Program::BASE
        }],
        ..Program::BASE
    },
    Program {
        names: &["ed", "red"],
        options: "p: rsEGlvh --prompt: --quiet --silent --regexp-extended --restricted",
        input: Some(Language::Other),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
