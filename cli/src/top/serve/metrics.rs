//! The state as metrics, in the text format of Prometheus: for each metric its meaning and type, and then a line for
//! each script, loop, service, instance, worker or queue.

use super::watch::Snapshot;
use pipewright::top::{InstanceState, LoopState, QueueState, ServiceState, State, WorkerState};
use std::fmt::{Display, Write};

/// A metric of things of the type `T`.
struct Metric<T> {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    /// None if it is not known.
    value: fn(&T) -> Option<f64>,
}

const fn gauge<T>(name: &'static str, help: &'static str, value: fn(&T) -> Option<f64>) -> Metric<T> {
    Metric { name, kind: "gauge", help, value }
}

const fn counter<T>(name: &'static str, help: &'static str, value: fn(&T) -> Option<f64>) -> Metric<T> {
    Metric { name, kind: "counter", help, value }
}

const SCRIPTS: &[Metric<State>] = &[
    gauge(
        "pipewright_script_processes",
        "Processes that the script has started and that run, with their descendants.",
        |one| Some(one.processes as f64),
    ),
    gauge(
        "pipewright_script_resident_memory_bytes",
        "Memory that the script and its processes keep in RAM.",
        |one| Some(one.memory as f64),
    ),
    counter(
        "pipewright_script_cpu_seconds_total",
        "Processor time that the script and its processes have used.",
        |one| Some(one.processor),
    ),
];

const LOOPS: &[Metric<LoopState>] = &[
    counter("pipewright_loop_turns_done_total", "Turns of the loop that have ended.", |one| {
        Some(one.done as f64)
    }),
    counter("pipewright_loop_turns_failed_total", "Turns of the loop that have failed.", |one| {
        Some(one.failed as f64)
    }),
    gauge("pipewright_loop_turns_running", "Turns of the loop that run.", |one| Some(one.running as f64)),
    gauge("pipewright_loop_jobs", "Turns of the loop that may run at once.", |one| Some(one.jobs as f64)),
    gauge("pipewright_loop_items", "Items of the loop, if their number is known.", |one| {
        one.total.map(|total| total as f64)
    }),
    gauge("pipewright_loop_left_seconds", "Time that the rest of the loop takes at its rate.", |one| {
        one.left
    }),
];

const SERVICES: &[Metric<ServiceState>] = &[
    gauge("pipewright_service_ready", "Whether all instances of the service are ready.", |one| {
        truth(one.status == "ready")
    }),
    gauge("pipewright_service_failed", "Whether the service was given up.", |one| {
        truth(one.status == "failed")
    }),
];

const INSTANCES: &[Metric<InstanceState>] = &[
    gauge("pipewright_service_instance_ready", "Whether the instance is ready.", |one| {
        truth(one.stage == "ready")
    }),
    gauge("pipewright_service_instance_healthy", "Result of the last health check of the instance.", |one| {
        truth(one.healthy?)
    }),
    counter(
        "pipewright_service_instance_restarts_total",
        "Starts of the instance after the first one.",
        |one| Some(one.restarts as f64),
    ),
    gauge("pipewright_service_instance_uptime_seconds", "Time since the run of the instance began.", |one| {
        one.uptime
    }),
    gauge(
        "pipewright_service_instance_resident_memory_bytes",
        "Memory that the processes of the instance keep in RAM.",
        |one| one.pid.map(|_| one.memory as f64),
    ),
    counter(
        "pipewright_service_instance_cpu_seconds_total",
        "Processor time that the processes of the run of the instance have used.",
        |one| one.pid.map(|_| one.processor),
    ),
];

const WORKERS: &[Metric<WorkerState>] = &[
    gauge("pipewright_worker_busy", "Whether the script waits for an answer of the worker.", |one| {
        truth(one.is_asked)
    }),
    gauge(
        "pipewright_worker_messages_waiting",
        "Messages of the worker that the script has not received.",
        |one| Some(one.waiting as f64),
    ),
    gauge(
        "pipewright_worker_resident_memory_bytes",
        "Memory that the processes of the worker keep in RAM.",
        |one| Some(one.memory as f64),
    ),
    counter(
        "pipewright_worker_cpu_seconds_total",
        "Processor time that the processes of the worker have used.",
        |one| Some(one.processor),
    ),
];

const QUEUES: &[Metric<QueueState>] = &[
    gauge("pipewright_queue_ready_tasks", "Tasks of the queue that are due.", |one| Some(one.ready as f64)),
    gauge("pipewright_queue_delayed_tasks", "Tasks of the queue that are not due yet.", |one| {
        Some(one.delayed as f64)
    }),
    gauge("pipewright_queue_running_tasks", "Tasks of the queue that run, in all processes.", |one| {
        Some(one.running as f64)
    }),
    gauge("pipewright_queue_failed_tasks", "Tasks of the queue that have failed for good.", |one| {
        Some(one.failed as f64)
    }),
    counter("pipewright_queue_done_total", "Tasks of the queue that have succeeded.", |one| {
        one.done.map(|done| done as f64)
    }),
    gauge("pipewright_queue_paused", "Whether workers take no task of the queue.", |one| {
        truth(one.is_paused)
    }),
    gauge("pipewright_queue_wait_seconds", "Time for which the oldest ready task has been due.", |one| {
        Some(one.waiting.unwrap_or(0.0))
    }),
];

fn truth(value: bool) -> Option<f64> {
    Some(if value { 1.0 } else { 0.0 })
}

/// Returns all metrics.
pub fn metrics(snapshot: &Snapshot) -> String {
    let (mut scripts, mut loops, mut services, mut instances) = (vec![], vec![], vec![], vec![]);
    let (mut workers, mut queues) = (vec![], vec![]);
    for run in &snapshot.runs {
        let state = &run.state;
        let script = format!("{},{}", label("script", &state.script), label("pid", state.pid));
        for one in &state.loops {
            let labels = format!("{script},{},{}", label("place", &one.place), label("id", one.id));
            loops.push((labels, one));
        }
        for service in &state.services {
            let labels = format!("{script},{},{}", label("service", &service.name), label("id", service.id));
            for one in &service.instances {
                instances.push((format!("{labels},{}", label("number", one.number)), one));
            }
            services.push((labels, service));
        }
        for one in &state.workers {
            let labels = format!("{script},{},{}", label("place", &one.place), label("id", one.id));
            workers.push((labels, one));
        }
        for one in &state.queues {
            let (place, name) = (label("place", &one.place), label("queue", &one.name));
            queues.push((format!("{script},{name},{place},{}", label("id", one.id)), one));
        }
        scripts.push((script, state));
    }
    let mut text = String::new();
    write(&mut text, SCRIPTS, &scripts);
    write(&mut text, LOOPS, &loops);
    write(&mut text, SERVICES, &services);
    write(&mut text, INSTANCES, &instances);
    write(&mut text, WORKERS, &workers);
    write(&mut text, QUEUES, &queues);
    text
}

/// Writes metrics of things, each with its labels. A metric without a value is left out.
fn write<T>(text: &mut String, metrics: &[Metric<T>], things: &[(String, &T)]) {
    for metric in metrics {
        let Metric { name, kind, help, value } = metric;
        let values = things.iter().filter_map(|(labels, one)| Some((labels, value(one)?)));
        for (place, (labels, value)) in values.enumerate() {
            // Writing to a string does not fail.
            if place == 0 {
                let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
            }
            let _ = writeln!(text, "{name}{{{labels}}} {value}");
        }
    }
}

/// Returns a label. Its value is escaped.
fn label(name: &str, value: impl Display) -> String {
    let value = value.to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_label_is_escaped() {
        assert_eq!(label("script", "a\"b\\c\nd é"), r#"script="a\"b\\c\nd é""#);
    }

    #[test]
    fn a_metric_without_values_is_left_out() {
        let metrics = [gauge("x_bytes", "Bytes.", |one: &i32| (*one > 1).then(|| f64::from(*one)))];
        let mut text = String::new();
        write(&mut text, &metrics, &[("n=\"0\"".to_string(), &0)]);
        assert_eq!(text, "");
        write(&mut text, &metrics, &[("n=\"0\"".to_string(), &0), ("n=\"1\"".to_string(), &2)]);
        assert_eq!(text, "# HELP x_bytes Bytes.\n# TYPE x_bytes gauge\nx_bytes{n=\"1\"} 2\n");
    }
}
