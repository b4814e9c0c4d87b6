//! When people are told: a change once, and no change that goes by on its own. Pure; how they are told is `notify`.
//!
//! Each channel (a person, a department, a program) has its own memory of what it was told last, so a channel that did not take
//! a notice is told later, alone, and then what holds by then.

use super::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long what may pass on its own has to last before it is told: a seller that is down for minutes is no news.
const LASTING: SignedDuration = SignedDuration::from_mins(30);
/// The machine may have been off as long as nobody asked: only a check after the next period believes it.
const PERIOD: SignedDuration = SignedDuration::from_mins(5);

/// What can be told of one subject: of an account its verdict, of `checkevent` whether it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Exclusive,
    Unknown,
    Possible,
    Likely,
    Shared,
    /// No module of this panel uses the account any more.
    Unused,
    /// `checkevent` runs.
    Running,
    /// `checkevent` has not run for three periods, or never.
    Silent,
}

impl From<Verdict> for State {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Exclusive => Self::Exclusive,
            Verdict::Unknown => Self::Unknown,
            Verdict::Possible => Self::Possible,
            Verdict::Likely => Self::Likely,
            Verdict::Shared => Self::Shared,
        }
    }
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Unknown => "unknown",
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Shared => "shared",
            Self::Unused => "unused",
            Self::Running => "running",
            Self::Silent => "silent",
        }
    }

    /// All is well: what a channel that was never told anything takes for granted.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Exclusive | Self::Running | Self::Unused)
    }
}

/// What to do for one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Tell,
    /// Nothing to say; this is what the channel takes for granted from now on.
    Note,
    /// Nothing, for now.
    Wait,
}

/// `told` is what the channel knows, `state` what holds, `lasted` how long checks have seen it without a break.
pub fn telling(told: Option<State>, state: State, lasted: SignedDuration) -> Telling {
    use State::{Exclusive, Likely, Possible, Running, Shared, Silent, Unknown, Unused};
    let lasting = |enough| if lasted >= enough { Telling::Tell } else { Telling::Wait };
    // An account that was in use no more is looked at as if for the first time.
    match (told.filter(|told| *told != Unused), state) {
        (Some(told), state) if told == state => Telling::Wait,
        // The first look at an account, or the first one of a channel: what is well goes without saying.
        (None, state) if state.is_well() => Telling::Note,
        (_, Silent) => lasting(PERIOD),
        // Signs that have innocent explanations are no alarm; as a change for the better they are told once they last.
        (None | Some(Exclusive), Possible) => Telling::Wait,
        (Some(Exclusive | Possible), Unused) => Telling::Note,
        (Some(Shared), Likely) | (_, Unknown | Possible) => lasting(LASTING),
        // Worse, or well again.
        (_, Exclusive | Likely | Shared | Running | Unused) => Telling::Tell,
    }
}

/// Whether `checkevent` runs, by the beginnings of its calls, oldest first. Three of its periods without a call are too many; a
/// period is five minutes, or what was usual on this panel if that is longer. `None` when nothing can be said: there was no call
/// ever, and the hook has not been `watching` (since this moment) for an hour.
pub fn polling(calls: &[Timestamp], watching: Option<Timestamp>, now: Timestamp) -> Option<State> {
    let Some(last) = calls.last() else {
        let watched = watching.map(|since| now.duration_since(since));
        return watched.filter(|watched| *watched >= SignedDuration::from_hours(1)).map(|_| State::Silent);
    };
    let recent = calls.get(calls.len().saturating_sub(30)..).unwrap_or_default();
    let mut gaps: Vec<SignedDuration> =
        recent.iter().zip(recent.iter().skip(1)).map(|(one, next)| next.duration_since(*one)).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(PERIOD).max(PERIOD);
    let silent = now.duration_since(*last) > usual.saturating_mul(3);
    Some(if silent { State::Silent } else { State::Running })
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Exclusive, Likely, Possible, Running, Shared, Silent, Unknown, Unused};
    use Telling::{Note, Tell, Wait};

    #[test]
    fn who_is_told_what_and_when() {
        for (told, state, minutes, expected) in [
            // The first look.
            (None, Exclusive, 0, Note),
            (None, Possible, 999, Wait),
            (None, Likely, 0, Tell),
            (None, Shared, 0, Tell),
            (None, Unknown, 29, Wait),
            (None, Unknown, 30, Tell),
            (None, Running, 0, Note),
            (None, Silent, 0, Wait),
            (None, Silent, 5, Tell),
            // Once.
            (Some(Shared), Shared, 999, Wait),
            (Some(Unknown), Unknown, 999, Wait),
            (Some(Silent), Silent, 999, Wait),
            // Worse.
            (Some(Exclusive), Possible, 999, Wait),
            (Some(Exclusive), Likely, 0, Tell),
            (Some(Exclusive), Shared, 0, Tell),
            (Some(Possible), Shared, 0, Tell),
            (Some(Likely), Shared, 0, Tell),
            (Some(Running), Silent, 0, Wait),
            (Some(Running), Silent, 5, Tell),
            // The seller was down.
            (Some(Exclusive), Unknown, 15, Wait),
            (Some(Shared), Unknown, 15, Wait),
            (Some(Shared), Unknown, 30, Tell),
            (Some(Unknown), Shared, 0, Tell),
            (Some(Unknown), Exclusive, 0, Tell),
            (Some(Unknown), Possible, 0, Wait),
            (Some(Unknown), Possible, 30, Tell),
            // Better.
            (Some(Shared), Exclusive, 0, Tell),
            (Some(Likely), Exclusive, 0, Tell),
            (Some(Possible), Exclusive, 0, Tell),
            (Some(Shared), Likely, 29, Wait),
            (Some(Shared), Likely, 30, Tell),
            (Some(Shared), Possible, 29, Wait),
            (Some(Likely), Possible, 30, Tell),
            (Some(Silent), Running, 0, Tell),
            // The modules use another account now.
            (Some(Shared), Unused, 0, Tell),
            (Some(Unknown), Unused, 0, Tell),
            (Some(Exclusive), Unused, 0, Note),
            (None, Unused, 0, Note),
        ] {
            let lasted = SignedDuration::from_mins(minutes);
            assert_eq!(telling(told, state, lasted), expected, "{told:?} -> {state:?} for {minutes} minutes");
        }
    }

    #[test]
    fn a_seller_that_comes_and_goes_is_no_news() {
        let (mut told, mut news) = (Some(Shared), 0);
        for state in [Unknown, Shared, Unknown, Shared, Unknown, Unknown, Shared] {
            if telling(told, state, SignedDuration::from_mins(15)) == Tell {
                told = Some(state);
                news += 1;
            }
        }
        assert_eq!((told, news), (Some(Shared), 0));
    }

    #[test]
    fn checkevent_is_silent_after_three_of_its_own_periods() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).unwrap();
        let every = |period: i64| (0..10).map(|call| at(call * period)).collect::<Vec<_>>();
        for (calls, watching, now, expected) in [
            (every(5), None, 45 + 14, Some(Running)),
            (every(5), None, 45 + 16, Some(Silent)),
            // A panel that asks more often is not held to it, one that asks less often is not blamed for it.
            (every(1), None, 9 + 14, Some(Running)),
            (every(60), None, 540 + 170, Some(Running)),
            (every(60), None, 540 + 190, Some(Silent)),
            (vec![at(0)], None, 16, Some(Silent)),
            // Set back.
            (vec![at(100)], None, 16, Some(Running)),
            (vec![], Some(at(0)), 59, None),
            (vec![], Some(at(0)), 61, Some(Silent)),
            (vec![], None, 999, None),
        ] {
            assert_eq!(polling(&calls, watching, at(now)), expected, "{calls:?} at {now}");
        }
    }
}
