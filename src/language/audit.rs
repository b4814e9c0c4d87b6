//! What an audit on the selling panel has seen, and what to write to the customer.

use super::{Say, english, russian};
use crate::reselling::audit::{Blind, Trait};
use crate::reselling::numbering::Ranges;
use crate::reselling::usage::{Caller, Poller};
use std::net::IpAddr;

impl Say for Blind {
    fn pair(&self) -> (String, String) {
        match self {
            Self::NoCalls => {
                ("No call of its users is in the log.".to_owned(), "В журнале нет вызовов её пользователей.".to_owned())
            }
            Self::Crowded { calls } => (
                format!(
                    "{} of very many functions or addresses could not be told apart: whether two panels are among them is not known.",
                    english(*calls, "call", "calls")
                ),
                format!(
                    "Вызовов слишком многих функций или адресов, которые не удалось различить: {calls}; есть ли среди них две панели, неизвестно."
                ),
            ),
            Self::ShortLog { minutes } => (
                format!(
                    "The log reaches back {} only; an hour is needed to tell two panels from one. Rotated files lie in var/logs.",
                    english(minutes.unsigned_abs(), "minute", "minutes")
                ),
                format!(
                    "Журнал начинается всего {minutes} мин назад; чтобы отличить две панели от одной, нужен час. Старые файлы лежат в var/logs."
                ),
            ),
        }
    }
}

impl Say for Trait {
    fn pair(&self) -> (String, String) {
        match self {
            Self::Pollers { function, pollers } => (
                format!(
                    "Several addresses poll '{function}' at one time, each by its own clock: {}.",
                    polled(pollers, false)
                ),
                format!(
                    "Функцию «{function}» одновременно опрашивают несколько адресов, каждый по своим часам: {}.",
                    polled(pollers, true)
                ),
            ),
            Self::Orders { callers } => {
                let from = callers.iter().map(|caller| caller.address.to_string()).collect::<Vec<_>>().join(", ");
                (
                    format!("Orders for resale come in turns from several addresses: {from}."),
                    format!("Заказы на перепродажу попеременно приходят с нескольких адресов: {from}."),
                )
            }
            Self::Addresses { callers } => (
                format!(
                    "The account is used from several addresses, which alone is no fault: {}.",
                    called(callers, false)
                ),
                format!(
                    "Учётной записью пользуются с нескольких адресов, что само по себе не ошибка: {}.",
                    called(callers, true)
                ),
            ),
            Self::Sessions { addresses } => {
                let from = addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
                (
                    format!("Open sessions of its users: from {from}."),
                    format!("Открытые сеансы её пользователей: с {from}."),
                )
            }
            Self::Numberings(Ranges { low, high, returns }) => (
                format!(
                    "Its services carry ids of two ranges that were given out side by side: {} to {} and {} to {}; after a high id a \
                     low one came {}. One panel numbers its services upwards.",
                    low.0,
                    low.1,
                    high.0,
                    high.1,
                    english(*returns as u64, "time", "times")
                ),
                format!(
                    "Её услуги несут номера из двух диапазонов, выдававшиеся вперемежку: от {} до {} и от {} до {}; после большого номера {} \
                     приходил малый. Одна панель нумерует услуги по возрастанию.",
                    low.0,
                    low.1,
                    high.0,
                    high.1,
                    russian(*returns as u64, "раз", "раза", "раз")
                ),
            ),
            Self::Whmcs { turns } => (
                format!(
                    "Its services carry ids of a WHMCS (l123, a123) and of a panel in turns; after the panel's the WHMCS's came {}.",
                    english(*turns as u64, "time", "times")
                ),
                format!(
                    "Её услуги несут вперемежку номера WHMCS (l123, a123) и панели; после номера панели номер WHMCS приходил {}.",
                    russian(*turns as u64, "раз", "раза", "раз")
                ),
            ),
            Self::Collisions { first, ids } => {
                let shown: Vec<String> = first
                    .iter()
                    .map(|(remoteid, services)| {
                        let services: Vec<String> = services.iter().take(5).map(u64::to_string).collect();
                        format!("{remoteid} ({})", services.join(", "))
                    })
                    .collect();
                let shown = shown.join("; ");
                (
                    format!(
                        "{} stands on several live services: {shown}. Two panels with equal ids, or orders sent twice.",
                        english(*ids as u64, "id", "ids")
                    ),
                    format!(
                        "{} стоит на нескольких действующих услугах: {shown}. Две панели с одинаковыми номерами или заказы, отправленные \
                         дважды.",
                        russian(*ids as u64, "номер", "номера", "номеров")
                    ),
                )
            }
        }
    }
}

fn polled(pollers: &[Poller], in_russian: bool) -> String {
    let said = pollers.iter().map(|poller| {
        let Poller { address, polls, every, first, last } = poller;
        if in_russian {
            format!("{address} ({}, каждые {every} мин, с {first} по {last})", russian(*polls, "раз", "раза", "раз"))
        } else {
            format!("{address} ({}, every {every} min, {first} to {last})", english(*polls, "time", "times"))
        }
    });
    said.collect::<Vec<_>>().join("; ")
}

fn called(callers: &[Caller], in_russian: bool) -> String {
    let said = callers.iter().map(|caller| {
        let functions = caller.functions.join(", ");
        let (address, first, last) = (caller.address, caller.first, caller.last);
        if in_russian {
            format!(
                "{address} ({}, с {first} по {last}: {functions})",
                russian(caller.calls, "вызов", "вызова", "вызовов")
            )
        } else {
            format!("{address} ({}, {first} to {last}: {functions})", english(caller.calls, "call", "calls"))
        }
    });
    said.collect::<Vec<_>>().join("; ")
}

/// What to write to the customer with this account. `sure`: say it is so, and not only that it looks so.
pub struct Letter<'a> {
    pub account: &'a str,
    pub sure: bool,
}

impl Say for Letter<'_> {
    fn pair(&self) -> (String, String) {
        let (is, is_russian) = if self.sure {
            ("is used by several of your billing panels", "пользуются несколько ваших биллинговых панелей")
        } else {
            (
                "may be used by several of your billing panels",
                "возможно, пользуются несколько ваших биллинговых панелей",
            )
        };
        let account = self.account;
        (
            format!(
                "Your account {account} {is} at one time. What happens to your services is told once, to whichever panel asks first; the \
                 others never hear of it, and their services stay \"in progress\". Please use an account of its own for each panel: \
                 open one with us for each further panel, enter it in that panel's processing modules, and change the password of this \
                 one, for a module that is switched off may go on asking. We will gladly move the services."
            ),
            format!(
                "Вашей учётной записью {account} {is_russian} одновременно. О событиях ваших услуг сообщается один раз — той панели, \
                 которая спросит первой; остальные о них не узнают, и их услуги остаются «в обработке». Пожалуйста, заведите для каждой \
                 панели отдельную учётную запись, укажите её в модулях обработки этой панели и смените пароль прежней: отключённый модуль \
                 может продолжать опрос. Услуги мы охотно перенесём."
            ),
        )
    }
}
