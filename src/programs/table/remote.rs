//! Programs that reach other machines.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

const SSH: &str =
    "o=ssh B: b: c: D: E: e: F: I: i: J: L: l: m: O: p: P: Q: R: S: w: W: 46AaCfGgKkMNnqsTtVvXxYy";

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["ssh", "slogin", "dbclient"],
        options: SSH,
        order: Order::Stops,
        abbreviates: false,
        operands: Operands::After(1, Language::Sh),
        when: &[("-N", Operands::Data)],
        input: Some(Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["autossh"],
        options: "o=ssh M: B: b: c: D: E: e: F: I: i: J: L: l: m: O: p: Q: R: S: w: W: 46AaCfGgKkNnqsTtVvXxYy",
        order: Order::Stops,
        abbreviates: false,
        operands: Operands::After(1, Language::Sh),
        when: &[("-N", Operands::Data)],
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program { names: &["ssh-copy-id"], options: "o=ssh i: p: F: t: fnsx", ..Program::BASE },
    Program {
        names: &["tcpdump"],
        options: "z=command w: r: i: c: C: G: W: s: F: E: y: Z: AbdDefHIJKlLnNOpqStuUvxX",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["mutt", "neomutt"],
        options: "e=code s: a: b: c: f: F: H: i: m: Q: A: DEGhnpRvxyzZ",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["mosh"],
        options: "p: a n 46 --ssh=sh --server=sh --predict: --port: --family: --bind-server:",
        order: Order::Stops,
        operands: Operands::Command(1),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["scp"],
        options: "o=ssh S=command c: F: i: J: l: P: D: X: 346ABCOpqRrsTv",
        abbreviates: false,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["sftp"],
        options: "o=ssh S=command b<code B: c: D: F: i: J: l: P: R: s: X: 46AaCfNpqrv",
        order: Order::Stops,
        abbreviates: false,
        when: &[("-b", Operands::Data)],
        input: Some(Language::Other),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["lftp"],
        options: "c=code e=code f<code u: p: d --user: --norc",
        when: &[("-c -f", Operands::Data)],
        input: Some(Language::Other),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["rsync"],
        options: "e=command f: T: B: M: aAbcCDEgHhIKkLlmnNOoPpqRrSstUuvWXxyz0468 --rsh=command --rsync-path=sh --filter: \
                  --exclude: --include: --exclude-from: --include-from: --files-from: --backup-dir: --suffix: --chmod: \
                  --chown: --compare-dest: --copy-dest: --link-dest: --log-file: --log-file-format: --out-format: \
                  --password-file: --partial-dir: --port: --bwlimit: --timeout: --contimeout: --temp-dir: --max-size: \
                  --min-size: --max-delete: --block-size: --info: --debug: --address: --sockopts: --modify-window: \
                  --compress-level: --compress-choice: --usermap: --groupmap: --iconv: --protocol: --read-batch: \
                  --write-batch: --remote-option: --delete --archive --verbose --recursive --progress --partial --stats",
        abbreviates: false,
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["curl"],
        options: "K<curl A: b: c: C: d: D: e: E: F: h? H: m: o: P: Q: r: t: T: u: U: w: x: X: y: Y: z: \
                  0123456789aBfgGiIjJklLMnNOpqRsSvVZ --config<curl --data: --data-binary: --data-raw: --data-urlencode: \
                  --header: --output: --request: --url: --user: --user-agent: --form: --json: --cookie: --cookie-jar: \
                  --max-time: --connect-timeout: --retry: --retry-delay: --retry-max-time: --resolve: --cacert: --cert: \
                  --key: --proxy: --referer: --upload-file: --write-out: --range: --output-dir: --limit-rate: --interface: \
                  --unix-socket: --variable: --oauth2-bearer: --aws-sigv4: --fail --silent --location --show-error \
                  --create-dirs --remote-name --compressed --insecure --head --get --verbose --include",
        abbreviates: false,
        ..Program::BASE
    },
    Program {
        names: &["wget"],
        options: "e=code O: o: a: P: i: U: t: T: w: Q: A: R: D: B: l: --execute=code --use-askpass=command --output-document: \
                  --output-file: --directory-prefix: --input-file: --user-agent: --tries: --timeout: --wait: --header: \
                  --user: --password: --post-data: --post-file: --config: --method: --body-data: --quiet --continue \
                  --no-verbose --recursive --timestamping --no-check-certificate",
        ..Program::BASE
    },
    Program {
        names: &["sshpass"],
        options: "p: f: d: e P: v",
        order: Order::Stops,
        operands: Operands::Command(0),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["pdsh", "pssh", "parallel-ssh", "clush", "dsh"],
        options: "w: x: h: l: H: f: t: u: p: g: o: e: O: A i b S --hosts: --user: --timeout: --par:",
        order: Order::Stops,
        operands: Operands::After(0, Language::Sh),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["ansible"],
        options: "a=sh m: i: u: e: f: l: t: b K k v C D --args=sh --module-name: --inventory: --user: --extra-vars: --forks: \
                  --limit: --become --check --diff",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["vagrant", "gcloud", "az", "fly", "flyctl", "heroku"],
        options: "c=sh C=sh --command=sh --scripts=sh",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program { names: &["socat"], operands: Operands::Data, trust: Trust::Evaluator, ..Program::BASE },
    Program {
        names: &["nc", "ncat", "netcat"],
        options: "e=command c=sh --exec=command --sh-exec=sh --lua-exec<lua p: s: w: i: q: x: X: T: V: I: O: lkuvnzNd46",
        trust: Trust::Evaluator,
        ..Program::BASE
    },
];
