//! What is said of an operation that failed or waits: its error, what that means by the table of error shapes, and the remedy.

use super::super::{Language, Say, english, russian};
use super::parts::have;
use crate::modulelog::shapes;
use crate::reselling::conclusion::{MONEY, Progress, Standing};
use crate::reselling::status::Status;
use jiff::civil::Date;

type Pair = (String, String);

/// An error in a sentence, with what it means behind it; and the remedy as a sentence.
struct Failure {
    what: Pair,
    remedy: Pair,
}

fn failure(error: &str, tries: i64, standing: &Standing) -> Failure {
    let tries = tries.max(0).unsigned_abs();
    let with = |(meaning_en, meaning_ru): Pair| {
        (
            format!("{error}, {}.{meaning_en}", english(tries, "try", "tries")),
            format!("{error}, {}.{meaning_ru}", russian(tries, "попытка", "попытки", "попыток")),
        )
    };
    if error.starts_with(MONEY) {
        let (have_en, have_ru) = have(standing.balance.as_deref());
        return if standing.in_funds() {
            Failure {
                what: with((
                    format!(" The account at the seller had not enough money for it; it has money now{have_en}."),
                    format!(
                        " На учётной записи у продавца не хватало на это денег; сейчас деньги на ней есть{have_ru}."
                    ),
                )),
                remedy: (
                    "top the account up only if that is less than it costs.".into(),
                    "пополните учётную запись, только если на это не хватит.".into(),
                ),
            }
        } else {
            Failure {
                what: with((
                    format!(" The account at the seller has not enough money{have_en}."),
                    format!(" На учётной записи у продавца не хватает денег{have_ru}."),
                )),
                remedy: ("top the account up at the seller.".into(), "пополните учётную запись у продавца.".into()),
            }
        };
    }
    match shapes::of_operation(error) {
        Some(shape) => Failure {
            what: with((format!(" {}", shape.meaning(Language::En)), format!(" {}", shape.meaning(Language::Ru)))),
            remedy: (small(shape.remedy(Language::En)), small(shape.remedy(Language::Ru))),
        },
        None => Failure {
            what: with(Pair::default()),
            remedy: ("remove that cause.".into(), "устраните эту причину.".into()),
        },
    }
}

/// A sentence behind a colon.
fn small(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// `What to do`, and the operation started again.
fn again((english, russian): &Pair) -> Pair {
    (
        format!("What to do: {english} Then start the operation again in Tools, Running operations."),
        format!("Что делать: {russian} Затем запустите операцию снова в «Инструменты», «Текущие операции»."),
    )
}

pub(super) fn order_failed(error: &str, tries: i64, standing: &Standing) -> Pair {
    let Failure { what, remedy } = failure(error, tries, standing);
    let again = again(&remedy);
    (
        format!("The order failed before it reached the seller, who has no such service: {} {}", what.0, again.0),
        format!("Заказ не дошёл до продавца, такой услуги у него нет: {} {}", what.1, again.1),
    )
}

/// An order that failed for want of money, or is not paid there.
pub(super) fn no_balance(error: Option<&str>, standing: &Standing) -> Pair {
    let (have_en, have_ru) = have(standing.balance.as_deref());
    match error {
        Some(error) if standing.in_funds() => (
            format!(
                "The order failed because the account at the seller had not enough money: {error}; it has money now{have_en}. What to do: start the operation again in Tools, Running operations; top the account up first only if the order costs more."
            ),
            format!(
                "Заказ не прошёл, потому что на учётной записи у продавца не хватало денег: {error}; сейчас деньги на ней есть{have_ru}. Что делать: запустите операцию снова в «Инструменты», «Текущие операции»; пополняйте учётную запись, только если заказ стоит больше."
            ),
        ),
        Some(error) => (
            format!(
                "The account at the seller has not enough money: {error}{have_en}. What to do: top the account up at the seller, then start the operation again in Tools, Running operations."
            ),
            format!(
                "На учётной записи у продавца не хватает денег: {error}{have_ru}. Что делать: пополните её у продавца, затем запустите операцию снова в «Инструменты», «Текущие операции»."
            ),
        ),
        None => (
            format!(
                "The account at the seller has not enough money, and the order is not paid there{have_en}. What to do: top the account up at the seller, then pay the order there."
            ),
            format!(
                "На учётной записи у продавца не хватает денег, и заказ там не оплачен{have_ru}. Что делать: пополните её у продавца, затем оплатите заказ там."
            ),
        ),
    }
}

pub(super) fn renewal_failed(
    error: &str,
    tries: i64,
    standing: &Standing,
    here: Option<Date>,
    there: Option<Date>,
) -> Pair {
    let Failure { what, remedy } = failure(error, tries, standing);
    let again = again(&remedy);
    let (paid_en, paid_ru) = match (here, there) {
        (Some(here), Some(there)) if there > here => (
            format!(
                " At the seller the service is paid until {there}, here until {here}: it may be renewed there already, and a second renewal costs money."
            ),
            format!(
                " У продавца услуга оплачена до {there}, здесь до {here}: возможно, она там уже продлена, а второе продление стоит денег."
            ),
        ),
        (_, Some(there)) => (
            format!(" At the seller the service is paid until {there}."),
            format!(" У продавца услуга оплачена до {there}."),
        ),
        _ => Pair::default(),
    };
    (
        format!("The renewal at the seller failed: {}{paid_en} {}", what.0, again.0),
        format!("Продление у продавца не удалось: {}{paid_ru} {}", what.1, again.1),
    )
}

pub(super) fn operation_failed(
    operation: &str,
    error: &str,
    tries: i64,
    standing: &Standing,
    row: Option<&(String, Status)>,
) -> Pair {
    let Failure { what, remedy } = failure(error, tries, standing);
    let again = again(&remedy);
    let (still_en, still_ru) = row.map_or_else(Pair::default, |(id, status)| {
        let (status_en, status_ru) = status.pair();
        (
            format!(" The service is still {status_en} at the seller ({id})."),
            format!(" У продавца услуга всё ещё {status_ru} ({id})."),
        )
    });
    (
        format!("The operation '{operation}' failed: {}{still_en} {}", what.0, again.0),
        format!("Операция «{operation}» завершилась ошибкой: {}{still_ru} {}", what.1, again.1),
    )
}

pub(super) fn other_operation(operation: &str, row: Option<&(String, Status)>, progress: Progress) -> Pair {
    let (id, (status_en, status_ru)) = row.map_or_else(Default::default, |(id, status)| (id.as_str(), status.pair()));
    match progress {
        Progress::Untold => (
            format!(
                "The service waits for another operation, '{operation}', which has to end first. What to do: look at it and its task in Tools, Running operations; if the seller has done it, its event was lost like one of an activation."
            ),
            format!(
                "Услуга ждёт другой операции, «{operation}»; сначала должна закончиться она. Что делать: посмотрите её и её задачу в «Инструменты», «Текущие операции»; если у продавца она выполнена, её событие потеряно так же, как событие активации."
            ),
        ),
        Progress::NotYet => (
            format!(
                "The service waits for the operation '{operation}', and the seller has not carried it out yet: there it is {status_en} ({id}). What to do: wait; if it stays so for a day, ask the seller."
            ),
            format!(
                "Услуга ждёт операции «{operation}», а продавец её ещё не выполнил: у него услуга {status_ru} ({id}). Что делать: подождите; если за сутки ничего не изменится, спросите продавца."
            ),
        ),
        Progress::Done { automatic } => {
            let (first_en, first_ru) = if automatic {
                (
                    "put the operation into manual mode (Tools, Running operations), then finish it by",
                    "переведите операцию в ручной режим («Инструменты», «Текущие операции»), затем завершите её командой",
                )
            } else {
                ("finish it here by", "завершите её здесь командой")
            };
            (
                format!(
                    "The service waits for the operation '{operation}'; the seller has carried it out ({id}), and the event of it did not arrive here. What to do: {first_en} resellguard sync --allow {operation}."
                ),
                format!(
                    "Услуга ждёт операции «{operation}»; продавец её выполнил ({id}), а её событие сюда не пришло. Что делать: {first_ru} resellguard sync --allow {operation}."
                ),
            )
        }
        Progress::DoneUnpaid => (
            format!(
                "The service waits for the operation '{operation}'; the seller has carried it out ({id}), but here it is still marked as suspended for non-payment, and such a service is never resumed from here. What to do: if it is paid, finish the operation by hand."
            ),
            format!(
                "Услуга ждёт операции «{operation}»; продавец её выполнил ({id}), но здесь она всё ещё помечена как приостановленная за неуплату, а такая отсюда никогда не включается. Что делать: если она оплачена, завершите операцию вручную."
            ),
        ),
    }
}
