//! A fast test that a name is not in a table.
//!
//! Every command of a script is looked up in tables of a hundred words, and almost none of them is found. The
//! length of a name and its first letter show that without a comparison.

/// The first letters and lengths of the words of some tables, computed at compile time.
pub struct Shapes([u32; 128]);

impl Shapes {
    pub const fn new() -> Self {
        Self([0; 128])
    }

    /// Adds words, which are ASCII and shorter than 32 bytes.
    #[must_use]
    pub const fn with(mut self, words: &[&str]) -> Self {
        let mut at = 0;
        while at < words.len() {
            self.0[words[at].as_bytes()[0] as usize] |= 1 << words[at].len();
            at += 1;
        }
        self
    }

    /// Returns whether a word of the tables begins with the same letter and has the same length.
    pub fn may_hold(&self, name: &str) -> bool {
        let lengths =
            name.bytes().next().and_then(|first| self.0.get(usize::from(first))).copied().unwrap_or(0);
        name.len() < 32 && lengths >> name.len() & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: Shapes = Shapes::new().with(&["export", "env"]).with(&["["]);

    #[test]
    fn a_word_of_a_table_may_be_in_it() {
        assert!(["export", "env", "["].iter().all(|word| SHAPES.may_hold(word)));
    }

    #[test]
    fn names_of_another_shape_are_excluded() {
        let long = "e".repeat(35);
        assert!(["", "e", "expor", "xport", "[[", "é", &long].iter().all(|word| !SHAPES.may_hold(word)));
    }
}
