//! Natural numbers of any size, with the few operations that are needed to parse and print floats.

/// A natural number in base 2³², its lowest digit first, no zeros at the top.
#[derive(Clone, Debug)]
pub struct Big(Vec<u32>);

impl From<u64> for Big {
    fn from(value: u64) -> Self {
        let mut big = Self(vec![value as u32, (value >> 32) as u32]);
        big.trim();
        big
    }
}

impl Big {
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns its number of bits; 0 for zero.
    pub fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 32 - top.leading_zeros() as usize)
    }

    /// Computes `self × factor + summand`.
    pub fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for digit in &mut self.0 {
            let value = u64::from(*digit) * u64::from(factor) + carry;
            *digit = value as u32;
            carry = value >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    pub fn shift_left(&mut self, bits: u32) {
        if self.is_zero() {
            return;
        }
        self.multiply_add(1 << (bits % 32), 0);
        self.0.splice(..0, std::iter::repeat_n(0, (bits / 32) as usize));
    }

    pub fn halve(&mut self) {
        let mut carry = 0;
        for digit in self.0.iter_mut().rev() {
            let low = *digit & 1;
            *digit = (*digit >> 1) | (carry << 31);
            carry = low;
        }
        self.trim();
    }

    /// Subtracts `other` if it is not greater. Returns whether it did.
    pub fn subtract(&mut self, other: &Self) -> bool {
        let order =
            self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()));
        if order.is_lt() {
            return false;
        }
        let mut borrow = 0;
        for (at, digit) in self.0.iter_mut().enumerate() {
            let value = i64::from(*digit) - i64::from(other.0.get(at).copied().unwrap_or(0)) - borrow;
            *digit = value as u32;
            borrow = i64::from(value < 0);
        }
        self.trim();
        true
    }

    /// Returns the decimal digits in ASCII; none for zero.
    pub fn digits(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        while !self.is_zero() {
            let mut rest = 0_u64;
            for digit in self.0.iter_mut().rev() {
                let value = (rest << 32) | u64::from(*digit);
                *digit = (value / 1_000_000_000) as u32;
                rest = value % 1_000_000_000;
            }
            self.trim();
            for _ in 0..9 {
                out.push(b'0' + (rest % 10) as u8);
                rest /= 10;
            }
        }
        while out.last() == Some(&b'0') {
            out.pop();
        }
        out.reverse();
        out
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(big: &Big) -> String {
        String::from_utf8(big.clone().digits()).unwrap()
    }

    #[test]
    fn arithmetic_agrees_with_that_of_128_bits() {
        let mut big = Big::from(u64::MAX);
        big.multiply_add(1_000_000_007, 99);
        let value = u128::from(u64::MAX) * 1_000_000_007 + 99;
        assert_eq!(text(&big), value.to_string());
        assert_eq!(big.bits(), 128 - value.leading_zeros() as usize);
        let mut less = big.clone();
        less.halve();
        assert_eq!(text(&less), (value / 2).to_string());
        assert!(!less.clone().subtract(&big));
        assert!(big.subtract(&less));
        assert_eq!(text(&big), (value - value / 2).to_string());
        less.shift_left(33);
        let mut same = less.clone();
        assert!(same.subtract(&less) && same.is_zero() && same.bits() == 0);
        assert_eq!(text(&Big::from(0)), "");
    }
}
