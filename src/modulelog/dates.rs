//! The year of a line, which no line says: counted along the file, and settled by a moment before which the file's last line
//! was written.

use super::line::Stamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// A clock that was set back goes back by less than this; what lies further back is the next year.
const SET_BACK_DAYS: i32 = 7;
/// How far a line may lie after the moment that should be the last: another time zone, a clock that is ahead.
const AHEAD_HOURS: i64 = 26;

/// Dates the lines of one file, from its first to its last.
///
/// Time goes forward, and sometimes a clock is set back a little: a day that lies up to a week before the one of the line
/// before is of the same year (or, at the turn of the year, of the one before), one that lies further back is of the next
/// year. A log that was silent for more than 51 weeks is beyond this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    year: i16,
    /// Month and day of the line before.
    last: Option<(u8, u8)>,
}

impl Calendar {
    /// Begins in this year.
    pub fn starting(year: i16) -> Self {
        Self { year, last: None }
    }

    /// Begins with a first line of this moment, in the last year in which it lies before `latest`.
    pub fn before(first: Stamp, latest: DateTime) -> Self {
        Self::starting(year_before(first, latest))
    }

    /// When the next line was written.
    pub fn date(&mut self, stamp: Stamp) -> DateTime {
        let today = (stamp.month, stamp.day);
        if let Some(last) = self.last.filter(|last| *last != today) {
            let days = day_of_year(today) - day_of_year(last);
            if days < -SET_BACK_DAYS {
                self.year = self.year.saturating_add(1);
            } else if days > 366 - SET_BACK_DAYS {
                self.year = self.year.saturating_sub(1);
            }
        }
        self.last = Some(today);
        moment(self.year, stamp)
    }

    /// So many years later; earlier, when there are fewer than none.
    pub fn shift(&mut self, years: i16) {
        self.year = self.year.saturating_add(years);
    }

    /// The year it is at.
    pub fn year(self) -> i16 {
        self.year
    }
}

/// The last moment that a line may have in a file of which nothing should be younger than `latest`.
pub fn bound(latest: DateTime) -> DateTime {
    latest.checked_add(AHEAD_HOURS.hours()).unwrap_or(latest)
}

/// By how many years that moment is too late, where nothing is younger than `latest` but for a clock that was ahead for a while and is
/// set back; 0 for one that may be right.
pub fn years_too_late(at: DateTime, stamp: Stamp, latest: DateTime) -> i16 {
    let ahead = bound(latest).checked_add(SET_BACK_DAYS.days()).unwrap_or(DateTime::MAX);
    if at > ahead { at.year() - year_before(stamp, latest) } else { 0 }
}

/// So many years before; of 29 February the day before, where there is none.
pub fn years_earlier(at: DateTime, years: i16) -> DateTime {
    at.checked_sub(years.years()).unwrap_or(at)
}

/// The last year in which this moment lies before `latest`, or at most a day after it.
pub fn year_before(stamp: Stamp, latest: DateTime) -> i16 {
    let bound = bound(latest);
    let year = bound.year();
    // 29 February lies in a leap year.
    let fits = |year: &i16| {
        let real = (stamp.month, stamp.day) != (2, 29) || Date::new(*year, 2, 29).is_ok();
        real && moment(*year, stamp) <= bound
    };
    (year.saturating_sub(8)..=year).rev().find(fits).unwrap_or(year)
}

/// The moment in that year; a day that it does not have is the last of its month.
fn moment(year: i16, stamp: Stamp) -> DateTime {
    let narrow = |number: u8| i8::try_from(number).unwrap_or(0);
    let day = (1..=narrow(stamp.day)).rev().find_map(|day| Date::new(year, narrow(stamp.month), day).ok());
    day.unwrap_or(Date::MIN).at(narrow(stamp.hour), narrow(stamp.minute), narrow(stamp.second), 0)
}

/// Day 1 to 366, as in a leap year.
pub(super) fn day_of_year((month, day): (u8, u8)) -> i32 {
    const BEFORE: [i32; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
    BEFORE.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or(0) + i32::from(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn stamp(month: u8, day: u8) -> Stamp {
        Stamp { month, day, hour: 12, minute: 0, second: 0 }
    }

    #[test]
    fn years_are_counted_along_the_file() {
        // Days and how many years after the first they are.
        for (days, years) in [
            (&[(11, 18), (11, 18), (12, 31), (1, 1), (2, 1)][..], &[0, 0, 0, 1, 1][..]),
            // The clock goes back in a night, in a week, over the turn of the year.
            (&[(3, 29), (3, 28), (3, 30)], &[0, 0, 0]),
            (&[(3, 29), (3, 22), (3, 30)], &[0, 0, 0]),
            (&[(12, 31), (1, 1), (12, 31), (1, 1)], &[0, 1, 0, 1]),
            // Silence for months, for almost a year.
            (&[(11, 18), (6, 1)], &[0, 1]),
            (&[(2, 1), (11, 1), (10, 1)], &[0, 0, 1]),
            (&[(2, 28), (2, 29), (3, 1), (2, 28)], &[0, 0, 0, 0]),
        ] {
            let mut calendar = Calendar::starting(2024);
            let got: Vec<i16> =
                days.iter().map(|(month, day)| calendar.date(stamp(*month, *day)).year() - 2024).collect();
            assert_eq!(got, years, "{days:?}");
        }
    }

    #[test]
    fn the_first_year_is_the_last_that_fits() {
        for (first, latest, year) in [
            ((11, 18), date(2026, 11, 24), 2026),
            ((11, 24), date(2026, 11, 24), 2026),
            // Written in another time zone.
            ((11, 25), date(2026, 11, 24), 2026),
            ((11, 27), date(2026, 11, 24), 2025),
            ((12, 31), date(2026, 1, 1), 2025),
            ((1, 2), date(2025, 12, 31), 2025),
            ((2, 29), date(2026, 11, 24), 2024),
        ] {
            assert_eq!(year_before(stamp(first.0, first.1), latest.at(11, 0, 0, 0)), year, "{first:?} {latest}");
        }
    }

    #[test]
    fn a_day_that_the_year_does_not_have_is_the_last_of_its_month() {
        assert_eq!(moment(2025, stamp(2, 29)).date(), date(2025, 2, 28));
        assert_eq!(moment(2025, stamp(4, 31)).date(), date(2025, 4, 30));
    }
}
