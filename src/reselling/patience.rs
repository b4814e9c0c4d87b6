//! How often an automatic repair is tried again, and when it is left to a person. Pure.

use jiff::SignedDuration;

/// So many failures, and a person has to look.
pub const TRIES: u32 = 5;

/// The pause after each failure but the last, minutes.
const PAUSES: [i64; TRIES as usize - 1] = [5, 15, 60, 4 * 60];

/// How long to wait after that many failures; `None` when it is not tried again.
pub fn pause(failures: u32) -> Option<SignedDuration> {
    if failures == 0 {
        return Some(SignedDuration::ZERO);
    }
    let place = usize::try_from(failures - 1).ok()?;
    PAUSES.get(place).copied().map(SignedDuration::from_mins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end_in_setting_aside() {
        let minutes = |failures| pause(failures).map(|pause| pause.as_mins());
        let all: Vec<_> = (0..=TRIES + 1).map(minutes).collect();
        assert_eq!(all, [Some(0), Some(5), Some(15), Some(60), Some(240), None, None]);
    }
}
