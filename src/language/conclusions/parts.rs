//! What conclusions fill in: why the seller refuses, who suspended, how long it is so.

use super::super::{Say, both, english, russian};
use crate::reselling::conclusion::{Delivery, HeardOf, Other, Refusal, Standing};
use crate::reselling::decision::Reason;
use crate::reselling::status::SuspendedBy;
use crate::reselling::verdict::Verdict;
use jiff::SignedDuration;
use jiff::civil::DateTime;

pub(super) fn meaning(what: HeardOf) -> (&'static str, &'static str) {
    match what {
        HeardOf::EventMissed => {
            ("an event was gone when the panel wanted it", "события уже не было, когда панель его запросила,")
        }
        HeardOf::EventFailed => ("an event came and could not be applied", "событие пришло и не применилось"),
        HeardOf::Login => ("the seller refused the login", "продавец отклонил вход"),
        HeardOf::Rights => ("the account's rights were not enough", "не хватило прав учётной записи"),
        HeardOf::Money => ("the account's money was not enough", "не хватило денег на учётной записи"),
        HeardOf::Connection => ("the seller could not be reached", "связаться с продавцом не удалось"),
        HeardOf::Other => ("there was an error", "была ошибка"),
    }
}

pub(super) fn refusal_texts(refusal: Refusal) -> (&'static str, &'static str) {
    match refusal {
        Refusal::TwoFactor => (
            "The module's user at the seller has two-factor authentication, which no module can pass: neither orders nor events go through. What to do: switch it off for this user there.",
            "У пользователя модуля у продавца включена двухфакторная аутентификация, которую модуль пройти не может: не проходят ни заказы, ни события. Что делать: выключите её для этого пользователя у продавца.",
        ),
        Refusal::Address => (
            "The seller does not allow this server's address: neither orders nor events go through. What to do: add the address to the user's list of allowed addresses there.",
            "Продавец не допускает адрес этого сервера: не проходят ни заказы, ни события. Что делать: добавьте адрес в список разрешённых для пользователя у продавца.",
        ),
        Refusal::Captcha => (
            "The seller wants a captcha solved before this server may log in: neither orders nor events go through. What to do: ask the seller to except the address, or log in there once from it.",
            "Перед входом с этого сервера продавец требует решить капчу: не проходят ни заказы, ни события. Что делать: попросите продавца исключить адрес или войдите оттуда один раз.",
        ),
        Refusal::Login => (
            "The seller refuses the module's login: neither orders nor events go through. What to do: correct user and password in the processing module.",
            "Продавец отклоняет вход модуля: не проходят ни заказы, ни события. Что делать: исправьте пользователя и пароль в модуле обработки.",
        ),
        Refusal::Rights => (
            "The seller lets the module's user in but does not show the services: a right is missing. What to do: ask the seller for the rights for reselling.",
            "Продавец пускает пользователя модуля, но не показывает услуги: не хватает прав. Что делать: попросите у продавца права на перепродажу.",
        ),
        Refusal::Untrusted => (
            "The seller's certificate is not trusted, or the address is plain http://, so nothing was asked. What to do: correct the address or name the seller's authority in [seller] ca_file. Whether the panel itself goes on regardless is not known.",
            "Сертификату продавца нет доверия или адрес начинается с http://, поэтому запрос не отправлен. Что делать: исправьте адрес или укажите центр сертификации в [seller] ca_file. Работает ли сама панель, несмотря на это, неизвестно.",
        ),
        Refusal::Unreachable => (
            "The seller cannot be reached now, so orders and events wait. What to do: try again; check the address in the module and the network.",
            "Продавец сейчас недоступен, поэтому заказы и события ждут. Что делать: повторите; проверьте адрес в модуле и сеть.",
        ),
        Refusal::Answer => (
            "What answers at the module's address is not understood. What to do: open the address in a browser; it has to be a BILLmanager.",
            "Ответ по адресу модуля непонятен. Что делать: откройте адрес в браузере; там должен быть BILLmanager.",
        ),
    }
}

pub(super) fn suspended_here(by: Option<SuspendedBy>, there: bool) -> (String, String) {
    let (what_en, what_ru, do_en, do_ru) = match by {
        Some(SuspendedBy::Money) => (
            "This panel suspended the service because the customer has not paid. It is never resumed from here.",
            "Панель приостановила услугу, потому что клиент не заплатил. Отсюда она никогда не включается.",
            if there {
                "nothing until the customer pays"
            } else {
                "see that the account there may suspend services (allowsuspenditem), and suspend it there, or it costs money until the customer pays"
            },
            if there {
                "ничего, пока клиент не заплатит"
            } else {
                "проверьте, может ли учётная запись там останавливать услуги (allowsuspenditem), и остановите её там, иначе она будет стоить денег, пока клиент не заплатит"
            },
        ),
        Some(SuspendedBy::Staff) => (
            "An employee of this panel suspended the service.",
            "Услугу приостановил сотрудник этой панели.",
            "ask who did it (the service's history), and resume it in the panel if it was a mistake",
            "узнайте, кто (история услуги), и включите её в панели, если это ошибка",
        ),
        Some(SuspendedBy::Abuse) => (
            "This panel suspended the service because of a complaint.",
            "Панель приостановила услугу из-за жалобы.",
            "settle the complaint with the customer first",
            "сначала разберитесь с жалобой вместе с клиентом",
        ),
        None => (
            "The service is suspended here, and nothing says by whom.",
            "Услуга здесь приостановлена, и неизвестно, кем.",
            "look at the service's history; a person has to say which side is right",
            "посмотрите историю услуги; какая сторона права, должен решить человек",
        ),
    };
    let (there_en, there_ru) = match (there, by) {
        (true, _) => ("The seller has suspended it too.", "У продавца она тоже приостановлена."),
        (false, Some(_)) => (
            "The suspension did not reach the seller: there it runs on and is charged.",
            "Приостановка до продавца не дошла: там услуга работает и оплачивается.",
        ),
        (false, None) => ("At the seller it runs on and is charged.", "У продавца она работает и оплачивается."),
    };
    (format!("{what_en} {there_en} What to do: {do_en}."), format!("{what_ru} {there_ru} Что делать: {do_ru}."))
}

pub(super) fn suspended_there(row: &str, by: Option<SuspendedBy>, standing: &Standing) -> (String, String) {
    let (have_en, have_ru) = have(standing.balance.as_deref());
    match by {
        Some(SuspendedBy::Money) if standing.in_funds() => (
            format!(
                "The seller has suspended the service ({row}) because it was not paid for, although this panel's account there has money now{have_en}. What to do: renew the service there, and top the account up only if its price is higher; the customer here need not pay for that."
            ),
            format!(
                "Продавец приостановил услугу ({row}), потому что она не оплачена, хотя на учётной записи этой панели сейчас есть деньги{have_ru}. Что делать: продлите услугу там, а учётную запись пополните, только если на продление не хватит; клиент здесь ни при чём."
            ),
        ),
        Some(SuspendedBy::Money) => (
            format!(
                "The seller has suspended the service ({row}) because this panel's account there has not paid for it{have_en}. What to do: top the account up at the seller and renew the service there; the customer here need not pay for that."
            ),
            format!(
                "Продавец приостановил услугу ({row}), потому что за неё не заплачено с учётной записи этой панели{have_ru}. Что делать: пополните учётную запись у продавца и продлите услугу там; клиент здесь ни при чём."
            ),
        ),
        Some(SuspendedBy::Staff) => (
            format!(
                "The seller's staff has suspended the service ({row}). What to do: ask the seller why, before the customer asks you."
            ),
            format!(
                "Услугу ({row}) приостановил сотрудник продавца. Что делать: узнайте причину раньше, чем спросит клиент."
            ),
        ),
        Some(SuspendedBy::Abuse) => (
            format!(
                "The seller has suspended the service ({row}) because of a complaint about it. What to do: get the complaint from the seller and settle it with the customer."
            ),
            format!(
                "Продавец приостановил услугу ({row}) из-за жалобы на неё. Что делать: получите жалобу у продавца и разберитесь с клиентом."
            ),
        ),
        None => (
            format!(
                "The seller has suspended the service ({row}) and does not show why{have_en}. What to do: ask the seller."
            ),
            format!(
                "Продавец приостановил услугу ({row}) и не показывает почему{have_ru}. Что делать: спросите продавца."
            ),
        ),
    }
}

/// What the account has, in brackets, when it is known.
pub(super) fn have(balance: Option<&str>) -> (String, String) {
    balance.map_or_else(
        || (String::new(), String::new()),
        |balance| (format!(" (balance: {balance})"), format!(" (баланс: {balance})")),
    )
}

pub(super) fn since_texts(since: Option<DateTime>) -> (String, String) {
    since.map_or_else(
        || (String::new(), String::new()),
        |since| (format!(", by {} at the latest", moment(since)), format!(", не позднее {}", moment(since))),
    )
}

pub(super) fn polls_texts(polls: u64) -> (String, String) {
    if polls == 0 {
        return (String::new(), String::new());
    }
    (
        format!(": {} came and went since", english(polls, "checkevent", "checkevents")),
        format!(": с тех пор прошло {}", russian(polls, "checkevent", "checkevent", "checkevent")),
    )
}

pub(super) fn last_seen(last_poll: Option<DateTime>) -> (String, String) {
    last_poll.map_or_else(
        || (", and it was never seen to run".into(), ", и её запуска ещё не видели".into()),
        |at| {
            (format!(", and it was last seen on {}", moment(at)), format!(", последний запуск замечен {}", moment(at)))
        },
    )
}

/// What the seller has done, as the beginning of a sentence.
pub(super) fn delivered(done: Delivery) -> (&'static str, &'static str) {
    match done {
        Delivery::Activated => ("The seller has activated the service", "Продавец активировал услугу"),
        Delivery::Issued => ("The seller has issued the certificate", "Продавец выпустил сертификат"),
    }
}

/// `15 minutes`, after "in" and «через»; below two minutes in seconds.
pub(super) fn minutes(span: SignedDuration) -> (String, String) {
    let seconds = span.as_secs().unsigned_abs();
    if seconds < 120 {
        return (english(seconds, "second", "seconds"), russian(seconds, "секунду", "секунды", "секунд"));
    }
    let minutes = seconds.div_ceil(60);
    (english(minutes, "minute", "minutes"), russian(minutes, "минуту", "минуты", "минут"))
}

pub(super) fn not_resold(served: &Other) -> (String, String) {
    match served {
        Other::NoModule => both(
            "The service has no processing module, so it is not bought from a seller. What to do: give it its reselling module in the panel if it should be; otherwise nothing.",
            "У услуги нет модуля обработки, поэтому у продавца она не закупается. Что делать: если должна, назначьте ей в панели модуль перепродажи; иначе ничего.",
        ),
        Other::Gone(module) => (
            format!(
                "The service's processing module {module} does not exist on this panel, so nobody serves it. What to do: give it its reselling module in the panel."
            ),
            format!(
                "Модуля обработки {module}, который указан у услуги, на этой панели нет, поэтому её никто не обслуживает. Что делать: назначьте ей в панели модуль перепродажи."
            ),
        ),
        Other::Module(file) => (
            format!(
                "The service is not bought from a seller: it is served by the module '{file}', which the setting [reselling] modules does not name. What to do: look at that module's own log. If the service was moved to manual processing, put it back to its reselling module."
            ),
            format!(
                "Услуга не закупается у продавца: её обслуживает модуль «{file}», которого нет в настройке [reselling] modules. Что делать: смотрите журнал этого модуля. Если услугу переводили на ручную обработку, верните её модулю перепродажи."
            ),
        ),
    }
}

/// Local time to the minute.
pub(super) fn moment(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `resellguard sync ID` and its button, where the plan repairs; or else why it does not now.
pub(super) fn repair(hindered: Option<&Reason>) -> (String, String) {
    match hindered {
        None => both(
            "What to do: repair it by Force sync status (resellguard sync).",
            "Что делать: исправить кнопкой «Синхронизировать статус» (resellguard sync).",
        ),
        Some(reason) => {
            let (english, russian) = reason.pair();
            let (end_en, end_ru) = (english.trim_end_matches('.'), russian.trim_end_matches('.'));
            (
                format!(
                    "What to do: remove first what hinders the repair, for resellguard sync does not repair it now: {end_en}."
                ),
                format!(
                    "Что делать: сначала устраните то, что мешает исправлению, сейчас resellguard sync его не выполнит: {end_ru}."
                ),
            )
        }
    }
}

pub(super) fn own_account() -> (String, String) {
    both(
        "The cure is an account of its own at the seller for each reselling panel; change the old account's password afterwards.",
        "Причина устраняется отдельной учётной записью у продавца для каждой панели; пароль старой после этого смените.",
    )
}

/// How sure it is that somebody else reads the account, as the beginning of a sentence.
pub(super) fn reader(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Shared => (
            "Another panel reads this account and takes its events",
            "Эту учётную запись читает ещё одна панель и забирает её события",
        ),
        _ => (
            "It is likely that another panel reads this account and takes its events",
            "Вероятно, эту учётную запись читает ещё одна панель и забирает её события",
        ),
    }
}

/// A paragraph with sentences behind it.
pub(super) fn told(mut english: String, mut russian: String, more: &[(String, String)]) -> (String, String) {
    for (sentence_en, sentence_ru) in more {
        english.push(' ');
        english.push_str(sentence_en);
        russian.push(' ');
        russian.push_str(sentence_ru);
    }
    (english, russian)
}
