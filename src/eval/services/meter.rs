//! The resources that an instance uses, measured once a second while it runs.

use crate::sys::usage;
use std::collections::VecDeque;
use std::time::Duration;

/// The time between two samples.
pub const INTERVAL: Duration = Duration::from_secs(1);
/// How many samples are kept: a minute of them.
const KEPT: usize = 60;

/// The resources that the processes of a run used at one time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub at: Duration,
    /// The processor time per second since the sample before: 1 is one processor.
    pub cpu: f64,
    /// The memory in RAM, in bytes.
    pub memory: u64,
}

/// The samples of a run.
#[derive(Debug, Default)]
pub struct Meter {
    samples: VecDeque<Sample>,
    most: Sample,
    /// The time of the last sample, and the processor time until then.
    before: Option<(Duration, Duration)>,
}

impl Meter {
    /// Measures the processes of a run, if the time has come.
    pub fn measure(&mut self, now: Duration, pid: i32) {
        if now < self.due() {
            return;
        }
        let used = u32::try_from(pid).map(usage::of_tree).unwrap_or_default();
        self.add(now, used.processor, used.memory);
    }

    /// Returns the time of the next sample.
    pub fn due(&self) -> Duration {
        self.before.map_or(Duration::ZERO, |(at, _)| at + INTERVAL)
    }

    fn add(&mut self, now: Duration, processor: Duration, memory: u64) {
        if let Some((at, before)) = self.before {
            let span = now.saturating_sub(at).as_secs_f64().max(0.001);
            // A process that has ended takes its time with it unless it was awaited.
            let cpu = processor.saturating_sub(before).as_secs_f64() / span;
            self.most.cpu = self.most.cpu.max(cpu);
            self.samples.push_back(Sample { at: now, cpu, memory });
            if self.samples.len() > KEPT {
                self.samples.pop_front();
            }
        }
        self.most.memory = self.most.memory.max(memory);
        self.before = Some((now, processor));
    }

    /// Returns the samples, the latest last.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.samples.iter().copied()
    }

    /// Returns the most of both, each at its own time.
    pub fn most(&self) -> Sample {
        self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_samples_is_kept_and_the_most_of_all_time() {
        let mut meter = Meter::default();
        for second in 0..200_u64 {
            let now = Duration::from_secs(second);
            let busy = if second < 100 { second * 500 } else { 50_000 };
            meter.add(now, Duration::from_millis(busy), if second == 3 { 900 } else { 100 });
        }
        let samples: Vec<Sample> = meter.samples().collect();
        assert_eq!((samples.len(), samples[59].at), (60, Duration::from_secs(199)));
        assert!(samples.iter().all(|sample| sample.cpu == 0.0 && sample.memory == 100));
        assert_eq!((meter.most().cpu, meter.most().memory), (0.5, 900));
    }
}
