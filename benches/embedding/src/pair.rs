//! Measures two ways to do one thing, in turns.

use std::time::Instant;

/// Work that is done a given number of times.
pub type Work = Box<dyn FnMut(usize)>;

pub struct Pair {
    pub name: &'static str,
    /// The name of the other side.
    pub against: &'static str,
    /// The number of times that each side does it in all, and before the other side has its turn.
    pub count: usize,
    pub at_once: usize,
    pub ours: Work,
    pub floor: Work,
}

/// The time of something in seconds: elapsed time, and processor time of this process and its children.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Pair {
    pub const HEAD: &str =
        "what                                    against        ours ns    floor ns     wall      cpu";

    /// Prints the median cost of one time for each side, and the median of the ratios of neighbouring
    /// turns.
    pub fn measure(&mut self) {
        let mut turns = Vec::new();
        for turn in 0..=self.count / self.at_once {
            // The second side finds warmer caches.
            let pair = if turn % 2 == 0 {
                let ours = cost(&mut self.ours, self.at_once);
                (ours, cost(&mut self.floor, self.at_once))
            } else {
                let floor = cost(&mut self.floor, self.at_once);
                (cost(&mut self.ours, self.at_once), floor)
            };
            // The first turn only warms the caches.
            if turn > 0 {
                turns.push(pair);
            }
        }
        let of = |what: &dyn Fn(&(Cost, Cost)) -> f64| median(turns.iter().map(what).collect());
        let each = 1e9 / self.at_once as f64;
        println!(
            "{:<40}{:<12}{:>10.0}{:>12.0}{:>9.3}{:>9.3}",
            self.name,
            self.against,
            of(&|pair| pair.0.wall) * each,
            of(&|pair| pair.1.wall) * each,
            of(&|pair| pair.0.wall / pair.1.wall),
            of(&|pair| pair.0.cpu / pair.1.cpu),
        );
    }
}

fn cost(work: &mut Work, times: usize) -> Cost {
    let (cpu, started) = (processor_time(), Instant::now());
    work(times);
    Cost { wall: started.elapsed().as_secs_f64(), cpu: processor_time() - cpu }
}

fn processor_time() -> f64 {
    let seconds = |who| {
        // SAFETY: getrusage fills a structure of plain numbers, for which zeros are fine.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(who, &mut usage);
            usage
        };
        let time = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        time(usage.ru_utime) + time(usage.ru_stime)
    };
    seconds(libc::RUSAGE_SELF) + seconds(libc::RUSAGE_CHILDREN)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
