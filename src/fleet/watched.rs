//! The progress of a program, found in its output or in the amount of input that it has read.

use super::progress::time_for;
use std::time::Duration;

/// The part of its work that a program has done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// From 0 to 1.
    pub done: f64,
    /// The time that the rest will take, once some of the work is done.
    pub left: Option<Duration>,
}

impl Part {
    /// Returns the part `done` of a program that has run for `after`, with an estimate of the rest.
    pub fn new(done: f64, after: Duration) -> Self {
        let done = done.clamp(0.0, 1.0);
        let seconds = after.as_secs_f64();
        let left = (done > 0.0 && seconds > 0.0).then(|| time_for(1.0 - done, done / seconds));
        Self { done, left }
    }
}

/// Finds progress in the output of a program. The output may arrive in pieces of any size.
#[derive(Debug)]
pub enum Reader {
    Percent(Percent),
    Ffmpeg(Ffmpeg),
}

impl Reader {
    /// Takes more of the output. Returns the last progress that it reports, from 0 to 1, if any.
    pub fn feed(&mut self, output: &[u8]) -> Option<f64> {
        match self {
            Self::Percent(percent) => percent.feed(output),
            Self::Ffmpeg(ffmpeg) => ffmpeg.feed(output),
        }
    }
}

/// Finds the last `N%`: `45%`, `45.2 %`, `45,2%`.
#[derive(Debug, Default)]
pub struct Percent {
    /// The number that the output ends with.
    number: String,
    /// Whether blanks follow the number.
    is_over: bool,
}

impl Percent {
    /// The longest text that is accepted as a number.
    const LONGEST: usize = 16;

    fn feed(&mut self, output: &[u8]) -> Option<f64> {
        let mut last = None;
        for byte in output {
            match byte {
                b'0'..=b'9' | b'.' | b',' => {
                    if self.is_over || self.number.len() == Self::LONGEST {
                        self.clear();
                    }
                    self.number.push(if *byte == b',' { '.' } else { char::from(*byte) });
                }
                b' ' => self.is_over = true,
                b'%' => {
                    let number = self.number.parse::<f64>().ok();
                    last = number.filter(|number| *number <= 100.0).map(|number| number / 100.0).or(last);
                    self.clear();
                }
                _ => self.clear(),
            }
        }
        last
    }

    fn clear(&mut self) {
        self.number.clear();
        self.is_over = false;
    }
}

/// Finds the longest `Duration: 00:01:30.50` of the inputs, and the last `time=00:00:45.25`.
#[derive(Debug, Default)]
pub struct Ffmpeg {
    /// The beginning of the line or piece that the output ends with.
    piece: Vec<u8>,
    length: f64,
}

impl Ffmpeg {
    /// The number of bytes of a piece that are searched for progress.
    const LONGEST: usize = 4096;

    fn feed(&mut self, output: &[u8]) -> Option<f64> {
        let mut last = None;
        for byte in output {
            if matches!(byte, b'\n' | b'\r') {
                last = self.piece().or(last);
                self.piece.clear();
            } else if self.piece.len() < Self::LONGEST {
                self.piece.push(*byte);
            }
        }
        last
    }

    /// Reads a piece. Returns the progress that it reports, if any.
    fn piece(&mut self) -> Option<f64> {
        let text = String::from_utf8_lossy(&self.piece);
        if let Some(length) = time_after(&text, "Duration: ") {
            self.length = self.length.max(length);
        }
        let time = time_after(&text, "time=")?;
        (self.length > 0.0).then(|| (time / self.length).clamp(0.0, 1.0))
    }
}

/// Returns the seconds of `HH:MM:SS.ff` behind a word.
fn time_after(text: &str, word: &str) -> Option<f64> {
    let (_, after) = text.split_once(word)?;
    let end =
        after.find(|character: char| !matches!(character, '0'..='9' | ':' | '.')).unwrap_or(after.len());
    let mut seconds = 0.0;
    for part in after[..end].split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(output: &str) -> Option<f64> {
        Percent::default().feed(output.as_bytes())
    }

    #[test]
    fn the_last_percentage_counts() {
        let cases = [
            ("no number", None),
            ("10%\r 45%\r", Some(0.45)),
            ("  1,234,567  45%  1.2MB/s", Some(0.45)),
            ("12.5 %", Some(0.125)),
            ("99,5%", Some(0.995)),
            ("[50%] Building, 300% faster", Some(0.5)),
            ("3 of 7 files (42%)", Some(0.42)),
            ("%", None),
        ];
        for (output, expected) in cases {
            assert_eq!(percent(output), expected, "{output}");
        }
    }

    #[test]
    fn output_may_come_byte_by_byte() {
        let mut reader = Percent::default();
        let found: Vec<f64> = b"7%\r12.5%\n".iter().filter_map(|byte| reader.feed(&[*byte])).collect();
        assert_eq!(found, [0.07, 0.125]);
    }

    #[test]
    fn ffmpeg_tells_the_length_and_then_the_time() {
        let mut reader = Ffmpeg::default();
        assert_eq!(reader.feed(b"  Duration: 00:01:30.00, start: 0.000000, bitrate: 5 kb/s\n"), None);
        assert_eq!(reader.feed(b"frame=  10 fps=0.0 time=N/A speed=N/A\r"), None);
        assert_eq!(reader.feed(b"frame=  10 fps=0.0 time=00:00:4"), None);
        assert_eq!(reader.feed(b"5.00 bitrate=  1.2kbits/s\r"), Some(0.5));
    }

    #[test]
    fn of_several_inputs_the_longest_counts() {
        let mut reader = Ffmpeg::default();
        reader.feed(b"Duration: 00:00:20.00\nDuration: 00:00:10.00\n");
        assert_eq!(reader.feed(b"time=00:00:10.00 \r"), Some(0.5));
    }

    #[test]
    fn the_time_left_follows_from_the_part_that_is_done() {
        assert_eq!(Part::new(0.25, Duration::from_secs(10)).left, Some(Duration::from_secs(30)));
        assert_eq!(Part::new(0.0, Duration::from_secs(10)).left, None);
        assert_eq!(Part::new(1.5, Duration::from_secs(10)).done, 1.0);
    }
}
