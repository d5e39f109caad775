//! Programs that run commands in containers.

use crate::programs::options::Order;
use crate::programs::{Operands, Program, Trust};

const EXEC: &str = "e: u: w: c: n: dit T --env: --env-file: --user: --workdir: --index: --container: --namespace: \
                    --detach-keys: --detach --interactive --tty --stdin --privileged --no-TTY";
const RUN: &str = "a: c: e: h: l: m: p: u: v: w: ditPqT --add-host: --attach: --cap-add: --cap-drop: --cidfile: --cpus: \
                   --cpu-shares: --cpuset-cpus: --device: --dns: --entrypoint: --env: --env-file: --expose: --gpus: --group-add: --health-cmd=sh \
                   --hostname: --init --ip: --ipc: --label: --label-file: --link: --log-driver: --log-opt: --memory: --mount: \
                   --name: --network: --net: --pid: --platform: --publish: --pull: --restart: --runtime: --security-opt: \
                   --shm-size: --stop-signal: --stop-timeout: --sysctl: --tmpfs: --ulimit: --user: --userns: --uts: \
                   --volume: --volumes-from: --workdir: --rm --interactive --tty --detach --privileged --read-only \
                   --publish-all --no-deps --use-aliases --build --service-ports --quiet";

const EXECUTES: Program = Program {
    names: &["exec"],
    options: EXEC,
    order: Order::Stops,
    operands: Operands::Command(1),
    ..Program::BASE
};
const RUNS: Program = Program {
    names: &["run", "create"],
    options: RUN,
    order: Order::Stops,
    operands: Operands::Command(1),
    ..Program::BASE
};
const COMPOSE: Program = Program {
    names: &["compose"],
    options: "f: p: --file: --project-name: --profile: --env-file: --project-directory: --ansi: --progress:",
    order: Order::Stops,
    operands: Operands::Subcommand,
    commands: &[EXECUTES, RUNS],
    ..Program::BASE
};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["docker", "podman", "nerdctl"],
        options: "H: c: l: D v --host: --context: --config: --log-level: --tls --tlscacert: --tlscert: --tlskey: --url: \
                  --connection: --remote",
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[
            EXECUTES,
            RUNS,
            COMPOSE,
            Program {
                names: &["container"],
                order: Order::Stops,
                operands: Operands::Subcommand,
                commands: &[EXECUTES, RUNS],
                ..Program::BASE
            },
        ],
        ..Program::BASE
    },
    Program { names: &["docker-compose", "podman-compose"], trust: Trust::Evaluator, ..COMPOSE },
    Program {
        names: &["kubectl", "oc", "k3s"],
        options: "n: s: v: --namespace: --context: --cluster: --kubeconfig: --server: --token: --user: --as:",
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[
            Program {
                names: &["exec"],
                options: "c: n: f: iqt --container: --namespace: --context: --stdin --tty --quiet --pod-running-timeout:",
                operands: Operands::Command(1),
                ..Program::BASE
            },
            Program {
                names: &["run"],
                options: "n: l: it --image: --namespace: --env: --labels: --overrides: --restart: --rm --stdin --tty --command",
                operands: Operands::Command(1),
                ..Program::BASE
            },
        ],
        ..Program::BASE
    },
    Program {
        names: &["lxc", "incus"],
        order: Order::Stops,
        operands: Operands::Subcommand,
        trust: Trust::Evaluator,
        commands: &[Program { options: "T t n --env: --mode: --user: --group: --cwd:", ..EXECUTES }],
        ..Program::BASE
    },
];
