//! A small seeded generator of random numbers, the same on every machine.
//!
//! Goes in: a key (seed and the numbers that name a stream). Comes out: a stream of integers and simple draws from it.
//! Uses no clock, no operating system and no `exp`, `ln`, `pow`: those may differ in their last digit between platforms.

/// A stream of random numbers. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one addition and one mix per number.
#[derive(Clone, Debug)]
pub struct Random(u64);

/// What SplitMix64 adds per step: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scrambles 64 bits; every input bit changes about half of the output bits.
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One number for several: the name of a stream.
pub fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |state, part| mix(state ^ *part))
}

impl Random {
    /// The stream of that name; streams of different names look independent.
    pub fn keyed(parts: &[u64]) -> Self {
        Self(key(parts))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let value = mix(self.0);
        self.0 = self.0.wrapping_add(STEP);
        value
    }

    /// A number from 0 to `bound - 1`; 0 for a bound of 0. The bias is below `bound / 2^64`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A fraction in [0, 1), of 53 bits.
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Whether something that happens `per_thousand` times in a thousand happens now.
    pub fn chance(&mut self, per_thousand: u64) -> bool {
        self.below(1_000) < per_thousand
    }

    /// How often something of mean `mean` happens: between half and one and a half times the mean, never below 0.
    pub fn count(&mut self, mean: f64) -> u64 {
        let drawn = mean * (0.5 + self.fraction());
        let whole = drawn as u64;
        whole + u64::from(self.fraction() < drawn - whole as f64)
    }

    /// A heavy-tailed size: `base` times 1 to 2, doubled again and again with probability 1/2, at most `octaves` times.
    ///
    /// A Pareto distribution of index 1, cut off at `base * 2^(octaves + 1)`.
    pub fn heavy_tail(&mut self, base: u64, octaves: u32) -> u64 {
        let doublings = self.bits().trailing_zeros().min(octaves);
        (base << doublings) + self.below((base << doublings) + 1)
    }

    /// A rank from 1 to `2^octaves - 1`, each octave as likely as the others: Zipf's law of exponent 1.
    pub fn zipf_rank(&mut self, octaves: u32) -> u64 {
        let octave = 1u64 << self.below(u64::from(octaves));
        octave + self.below(octave)
    }

    /// A log-normal factor of median 1 and sigma 0.7, read off its quantiles.
    pub fn log_normal(&mut self) -> f64 {
        let place = self.fraction() * (LOG_NORMAL_QUANTILES.len() - 1) as f64;
        let index = place as usize;
        let (low, high) = (LOG_NORMAL_QUANTILES[index], LOG_NORMAL_QUANTILES[index + 1]);
        low + (high - low) * (place - index as f64)
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// exp(0.7 z) at the quantiles 2.5 %, 10 %, 20 %, … 90 %, 97.5 % of the normal distribution, spaced evenly enough here.
static LOG_NORMAL_QUANTILES: &[f64] = &[0.25, 0.41, 0.55, 0.69, 0.84, 1.0, 1.19, 1.44, 1.8, 2.45, 3.94];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_key_is_fixed_for_ever() {
        // SplitMix64 of seed 1234567, as published with the reference implementation.
        let mut r = Random(1_234_567);
        assert_eq!((r.bits(), r.bits()), (6_457_827_717_110_365_317, 3_203_168_211_198_807_973));
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut r = Random::keyed(&[1, 2, 3]);
        for _ in 0..10_000 {
            assert!(r.below(7) < 7);
            assert!((3..=5).contains(&r.between(3, 5)));
            assert!((0.0..1.0).contains(&r.fraction()));
            assert!((1..1024).contains(&r.zipf_rank(10)));
            assert!((100..=1600).contains(&r.heavy_tail(100, 3)));
            assert!((0.25..=3.94).contains(&r.log_normal()));
        }
    }

    #[test]
    fn counts_have_the_mean_asked_for() {
        let mut r = Random::keyed(&[9]);
        let sum: u64 = (0..20_000).map(|_| r.count(2.3)).sum();
        assert!((44_000..48_000).contains(&sum), "{sum}");
    }
}
