//! What is said when this panel could not be read: why, what its log shows all the same, and the remedy for that cause.

use super::parts::moment;
use crate::language::causes;
use crate::reselling::conclusion::{Hidden, Logged};

type Pair = (String, String);

fn pair(english: impl Into<String>, russian: impl Into<String>) -> Pair {
    (english.into(), russian.into())
}

/// Why it could not be read, and what to do about that: each a part of a sentence.
pub(super) fn hidden(why: &Hidden) -> [Pair; 2] {
    match why {
        Hidden::Offline => [
            pair(
                "neither the database nor the seller was asked (--offline)",
                "ни база данных, ни продавец не опрошены (--offline)",
            ),
            pair("repeat it on the panel's machine without --offline", "повторите на машине панели без --offline"),
        ],
        Hidden::Settings(detail) => [
            pair(
                format!("the settings of resellguard are wrong: {detail}"),
                format!("ошибка в настройках resellguard: {detail}"),
            ),
            pair("correct that file, then repeat", "исправьте этот файл и повторите"),
        ],
        Hidden::Files(detail) => [
            pair(
                format!("the panel's own files are missing or wrong: {detail}"),
                format!("файлов самой панели нет или они неверны: {detail}"),
            ),
            pair(
                "if this is a copy, run it on the panel's machine; if it is the panel, put that file right",
                "если это копия, выполните команду на машине панели; если это сама панель, исправьте этот файл",
            ),
        ],
        Hidden::Database(detail) => [
            pair(
                format!("the panel's database could not be read: {detail}"),
                format!("базу данных панели прочитать не удалось: {}", causes::russian(detail)),
            ),
            pair(
                "start the database server, see that the panel itself works, then repeat",
                "запустите сервер баз данных, убедитесь, что сама панель работает, и повторите",
            ),
        ],
    }
}

/// Nothing read, and no error heard.
pub(super) fn not_read(why: &Hidden, logged: &Logged, other_id_unknown: bool) -> Pair {
    let [hidden, remedy] = hidden(why);
    let log = in_the_log(logged);
    let other = match logged {
        Logged::Silent { .. } | Logged::Long | Logged::Told { error: None, .. } if other_id_unknown => pair(
            " Lines that name only its id at the seller were not looked for: that id is not known.",
            " Строки, где назван только её номер у продавца, не искались: он неизвестен.",
        ),
        _ => pair("", ""),
    };
    let more = match (why, logged) {
        (Hidden::Files(_), Logged::Absent) => {
            pair(", or put the module's log into var/ of the copy", ", или положите журнал модуля в var/ копии")
        }
        (_, Logged::Long | Logged::Told { .. }) => {
            pair("; resellguard log tells what the log has", "; что есть в журнале, расскажет resellguard log")
        }
        _ => pair("", ""),
    };
    pair(
        format!(
            "How the service stands is not known: {}. {}{} What to do: {}{}.",
            hidden.0, log.0, other.0, remedy.0, more.0
        ),
        format!(
            "Как обстоит услуга, неизвестно: {}. {}{} Что делать: {}{}.",
            hidden.1, log.1, other.1, remedy.1, more.1
        ),
    )
}

fn in_the_log(logged: &Logged) -> Pair {
    match logged {
        Logged::Absent => pair("There is no module's log here.", "Журнала модуля здесь нет."),
        Logged::Unread => pair(
            "The module's log could not be read as a whole; what was read does not mention it.",
            "Журнал модуля прочитан не весь; в прочитанном она не упоминается.",
        ),
        Logged::Silent { .. } => pair(
            "The module's log was read and does not mention it.",
            "Журнал модуля прочитан, она в нём не упоминается.",
        ),
        Logged::Long => pair(
            "The module's log has no error that names it; what else it says was not looked for, for it is long.",
            "В журнале модуля нет ошибки, где она названа; остальное не искалось: журнал велик.",
        ),
        Logged::Told { last, error } => {
            let at = last.map(moment);
            let (on_en, on_ru) =
                at.map_or_else(Default::default, |at| (format!(", last on {at}"), format!(", последний раз {at}")));
            match error {
                Some(error) => pair(
                    format!(
                        "The module's log mentions it{on_en}, and there was an error in what was done then: {error}."
                    ),
                    format!("Журнал модуля её упоминает{on_ru}, и тогда была ошибка: {error}."),
                ),
                None => pair(
                    format!("The module's log mentions it{on_en}, without an error."),
                    format!("Журнал модуля её упоминает{on_ru}, ошибки нет."),
                ),
            }
        }
    }
}
