//! The entries of the prompt itself, which are not of the language: `fg` and `bg`, which continue a job, since a job in
//! the foreground takes the place of an entry; `!`, which shows the whole of the last error.

/// An entry of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Resume(Resume),
    /// `!`
    Page,
}

impl Own {
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "!" => Some(Self::Page),
            _ => Resume::parse(text).map(Self::Resume),
        }
    }
}

/// The job, and whether it continues in the foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resume {
    pub foreground: bool,
    /// None means the last one.
    pub number: Option<usize>,
}

impl Resume {
    /// Parses `fg`, `fg %1`, `fg 1` and the same forms of `bg`.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let foreground = match words.next()? {
            "fg" => true,
            "bg" => false,
            _ => return None,
        };
        let number = match words.next() {
            None => None,
            Some(word) => Some(word.strip_prefix('%').unwrap_or(word).parse().ok()?),
        };
        words.next().is_none().then_some(Self { foreground, number })
    }

    pub fn name(self) -> &'static str {
        if self.foreground { "fg" } else { "bg" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_job_that_is_meant() {
        let read = |text| Resume::parse(text).map(|job| (job.foreground, job.number));
        assert_eq!(read("fg"), Some((true, None)));
        assert_eq!(read(" bg %12\n"), Some((false, Some(12))));
        assert_eq!(read("fg 3"), Some((true, Some(3))));
        for other in ["", "fgrep", "fg x", "fg 1 2", "bg %", "fg; true"] {
            assert_eq!(read(other), None);
        }
    }
}
