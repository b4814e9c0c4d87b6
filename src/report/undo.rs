//! The words of taking back: the same decisions and outcomes, said of what is undone and not of what is repaired.

use crate::journal::Outcome;
use crate::language::{Language, Say};
use crate::reselling::decision::Decision;
use crate::reselling::way::Via;

/// Said of a run that takes another one back.
pub struct TakenBack<T>(pub T);

impl Say for TakenBack<Decision> {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self.0 {
            Decision::Resume => ("take back the suspension", "отменить приостановку"),
            Decision::Suspend => ("take back the resumption", "отменить включение"),
            Decision::ExpireDate => ("set the earlier expiry again", "вернуть прежний срок"),
            other => return other.pair(),
        };
        (english.to_owned(), russian.to_owned())
    }
}

impl Say for TakenBack<Outcome> {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self.0 {
            Outcome::Done => ("taken back", "отменено"),
            Outcome::Planned => ("would be taken back", "было бы отменено"),
            other => return other.pair(),
        };
        (english.to_owned(), russian.to_owned())
    }
}

impl Say for TakenBack<Via> {
    fn pair(&self) -> (String, String) {
        let english =
            "By the panel's own functions; each one is read back before the next. The seller is not asked for this.";
        let russian = "Функциями самой панели; результат каждой читается до следующей. Продавца об этом не спрашивают.";
        (english.to_owned(), russian.to_owned())
    }
}

/// One of both ways to say it.
pub fn say<T: Say + Copy>(what: T, undo: bool, language: Language) -> String
where
    TakenBack<T>: Say,
{
    if undo { TakenBack(what).say(language) } else { what.say(language) }
}
