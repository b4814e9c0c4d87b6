//! Chance from a fixed seed, so that what failed comes again.

#![allow(dead_code, reason = "each test program takes its part")]

/// xorshift64; the seed must not be 0.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// From a number that may be small or 0, such as that of a history.
    pub fn seeded(number: u64) -> Self {
        Self(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    pub fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    pub fn of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }
}
