//! Programs that run the command in their arguments.

use crate::programs::options::Order;
use crate::programs::{Operands, Program, Trust};

/// A wrapper that is judged by the program that it launches.
const PLAIN: Program =
    Program { order: Order::Stops, operands: Operands::Command(0), trust: Trust::Plain, ..Program::BASE };
/// A wrapper that runs the command as another user or with another root, so a policy has to name it.
const OTHER: Program = Program { trust: Trust::Evaluator, ..PLAIN };

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["env"],
        options: "i! 0v u: C:! S=command! --ignore-environment! --null --debug --unset: --chdir:! --split-string=command! \
                  --block-signal? --default-signal? --ignore-signal? --list-signal-handling --argv0:! a:! --help --version",
        operands: Operands::AssignedCommand,
        ..PLAIN
    },
    Program { names: &["nice"], options: "n: --adjustment: --help --version", ..PLAIN },
    Program {
        names: &["ionice"],
        options: "t c: n: p:! P:! u:! --class: --classdata: --ignore --pid:! --pgid:! --uid:!",
        ..PLAIN
    },
    Program {
        names: &["timeout"],
        options: "vfp k: s: --foreground --preserve-status --verbose --kill-after: --signal:",
        operands: Operands::Command(1),
        ..PLAIN
    },
    Program { names: &["nohup"], options: "--help --version", ..PLAIN },
    Program { names: &["setsid"], options: "cw f! --ctty --fork! --wait", ..PLAIN },
    Program { names: &["stdbuf"], options: "i: o: e: --input: --output: --error:", ..PLAIN },
    Program {
        names: &["time"],
        options: "p v! a! q! f:! o:! --portability --verbose! --quiet! --append! --format:! --output:!",
        ..PLAIN
    },
    Program {
        names: &["xargs"],
        options: "0rtxo p! n: P: L: s: d: E: e? I:! i?! l?! a:! --null --no-run-if-empty --verbose --exit --open-tty \
                  --interactive! --delimiter: --max-args: --max-procs: --max-lines? --max-chars: --eof? --replace?! \
                  --arg-file:! --show-limits! --process-slot-var:!",
        operands: Operands::AppendedCommand,
        ..PLAIN
    },
    Program {
        names: &["sudo"],
        options: "nkHEPS A! K! b! B! e! i! l! s! v! V! u: g: p: C:! c:! D:! h:! r:! R:! t:! T:! U:! --non-interactive \
                  --set-home --preserve-env? --stdin --reset-timestamp --preserve-groups --askpass! --background! --bell! \
                  --edit! --login! --list! --shell! --validate! --remove-timestamp! --user: --group: --prompt: --host:! \
                  --chdir:! --chroot:! --role:! --type:! --close-from:! --command-timeout:! --other-user:!",
        operands: Operands::AssignedCommand,
        trust: Trust::Launcher,
        ..PLAIN
    },
    Program { names: &["doas"], options: "n L! s! u: C:! a:!", trust: Trust::Launcher, ..PLAIN },
    Program { names: &["exec", "command"], options: "pvV cl a:", ..OTHER },
    Program {
        names: &["chroot"],
        options: "--userspec: --groups: --skip-chdir",
        operands: Operands::Command(1),
        ..OTHER
    },
    Program {
        names: &["unshare"],
        options: "m? u? i? n? p? U? C? T? frc R: w: S: G: l: --mount? --uts? --ipc? --net? --pid? --user? --cgroup? \
                  --time? --fork --map-user: --map-group: --map-root-user --map-current-user --map-auto --mount-proc? \
                  --map-users: --map-groups: --propagation: --setgroups: --kill-child? --keep-caps --root: --wd: --setuid: \
                  --setgid: --monotonic: --boottime:",
        ..OTHER
    },
    Program {
        names: &["nsenter"],
        options: "a t: m? u? i? n? p? U? C? T? r? w? F S: G: Z --all --target: --mount? --uts? --ipc? --net? --pid? --user? \
                  --cgroup? --time? --root? --wd? --wdns: --no-fork --setuid: --setgid: --preserve-credentials \
                  --follow-context",
        ..OTHER
    },
    Program {
        names: &["setpriv"],
        options: "d --dump --clear-groups --keep-groups --init-groups --groups: --inh-caps: --ambient-caps: --bounding-set: \
                  --list-caps --no-new-privs --nnp --rgid: --egid: --regid: --ruid: --euid: --reuid: --securebits: \
                  --pdeathsig: --ptracer: --selinux-label: --apparmor-profile: --reset-env --landlock-access: --landlock-rule: --seccomp-filter:",
        ..OTHER
    },
    Program {
        names: &["prlimit"],
        options: "p: o: c? d? e? f? i? l? m? n? q? r? s? t? u? v? x? y? --pid: --output: --core? --data? --nice? --fsize? \
                  --sigpending? --memlock? --rss? --nofile? --msgqueue? --rtprio? --stack? --cpu? --nproc? --as? --locks? \
                  --rttime? --noheadings --raw --verbose",
        ..OTHER
    },
    Program {
        names: &["taskset"],
        options: "ac p --all-tasks --cpu-list --pid",
        operands: Operands::Command(1),
        ..OTHER
    },
    Program {
        names: &["chrt"],
        options: "bdfior amRv T: P: D: p --batch --deadline --fifo --idle --other --rr --all-tasks --max --pid --reset-on-fork \
                  --verbose --sched-runtime: --sched-period: --sched-deadline:",
        operands: Operands::Command(1),
        ..OTHER
    },
    Program {
        names: &["setarch"],
        options: "BFILRSTXZv3 --32bit --fdpic-funcptrs --short-inode --addr-compat-layout --addr-no-randomize --whole-seconds \
                  --sticky-timeouts --read-implies-exec --mmap-page-zero --3gb --4gb --uname-2.6 --verbose --show?",
        ..OTHER
    },
    Program {
        names: &[
            "linux32", "linux64", "i386", "i486", "i586", "i686", "x86_64", "aarch64", "arm64", "armv7l",
            "ppc64le", "riscv64", "s390x", "uname26",
        ],
        options: "BFILRSTXZv3 --32bit --addr-no-randomize --uname-2.6 --verbose",
        ..OTHER
    },
    Program {
        names: &["strace", "ltrace"],
        options: "a: b: e: E: I: o: O: p: P: s: S: u: U: X: l: n: x: F: A: D: cCdfhiIkLqrtTvVwyzZ --trace: --output: --attach: --env: --user: \
                  --string-limit: --signal: --follow-forks --timestamps? --summary --summary-only --decode-fds?",
        ..OTHER
    },
    Program {
        names: &["systemd-run"],
        options: "p: u: M: H: E: t P q G S r d --unit: --property: --description: --slice: --uid: --gid: --nice: --setenv: \
                  --working-directory: --machine: --host: --on-active: --on-boot: --on-calendar: --on-unit-active: \
                  --timer-property: --path-property: --service-type: --scope --user --system --pty --pipe --quiet --wait \
                  --collect --same-dir --remain-after-exit --send-sighup --no-block --no-ask-password --shell",
        ..OTHER
    },
    Program { names: &["systemd-inhibit"], options: "--what: --who: --why: --mode: --list", ..OTHER },
    Program {
        names: &["start-stop-daemon"],
        options: "x: a: n: p: u: c: s: R: k: N: I: P: d: r: g: SKHTVotbmiCqv --exec: --startas: --name: --pidfile: --user: \
                  --chuid: --signal: --retry: --chdir: --chroot: --group: --umask: --start --stop --background --make-pidfile",
        operands: Operands::Data,
        when: &[("-a --startas -x --exec", Operands::Started(&["-a --startas", "-x --exec"]))],
        ..OTHER
    },
    Program { names: &["pkexec"], options: "--user: --disable-internal-agent --keep-cwd", ..OTHER },
    Program {
        names: &["perf"],
        operands: Operands::Subcommand,
        commands: &[Program {
            names: &["stat", "record", "trace"],
            options: "e: o: p: C: r: F: c: t: adghivB --event: --output: --repeat: --call-graph:",
            ..OTHER
        }],
        ..OTHER
    },
    Program {
        names: &["valgrind"],
        options: "q v d --tool: --log-file: --leak-check: --error-exitcode: --track-origins: --trace-children:",
        ..OTHER
    },
    Program {
        names: &["bwrap"],
        options: "--bind& --ro-bind& --dev-bind& --tmpfs: --proc: --dev: --dir: --chdir: --setenv& --unsetenv: --symlink& \
                  --uid: --gid: --hostname: --die-with-parent --unshare-all --unshare-net --unshare-pid --share-net --new-session",
        ..OTHER
    },
    Program {
        names: &[
            "fakeroot",
            "fakechroot",
            "proot",
            "firejail",
            "eatmydata",
            "proxychains",
            "proxychains4",
            "torsocks",
            "faketime",
        ],
        options: "i: s: l: f: r: b: w: q u",
        ..OTHER
    },
    Program {
        names: &[
            "dbus-run-session",
            "dbus-launch",
            "xvfb-run",
            "ssh-agent",
            "chronic",
            "ifne",
            "unbuffer",
            "catchsegv",
            "daemonize",
        ],
        options: "a s: n: e: f: p: l: t: --auto-servernum --server-args: --server-num: --config-file:",
        ..OTHER
    },
    Program {
        names: &[
            "numactl",
            "cgexec",
            "aa-exec",
            "cpulimit",
            "rlwrap",
            "tini",
            "dumb-init",
            "catatonit",
            "trickle",
            "setlock",
        ],
        options: "g: p: l: e: m: C: N: i: f: d: u: s v --cpunodebind: --membind: --interleave: --physcpubind: --limit: --profile: --sticky",
        ..OTHER
    },
    Program {
        names: &["gosu", "su-exec", "setuidgid", "s6-setuidgid", "envdir", "s6-envdir"],
        operands: Operands::Command(1),
        ..OTHER
    },
    Program {
        names: &["chpst", "softlimit"],
        options: "u: U: b: e: /: n: l: L: m: d: o: p: f: c: r: t: a: s: vP012",
        ..OTHER
    },
    Program {
        names: &["ip"],
        options: "n: 46abcdfhjoprsV --netns: --json --details --brief",
        operands: Operands::Subcommand,
        trust: Trust::Data,
        commands: &[Program {
            names: &["netns"],
            operands: Operands::Subcommand,
            commands: &[Program { names: &["exec"], operands: Operands::Command(1), ..OTHER }],
            ..OTHER
        }],
        ..PLAIN
    },
    Program {
        names: &["run-parts"],
        options: "a: u: --arg: --umask: --regex: --test --list --report",
        operands: Operands::Data,
        ..OTHER
    },
];
