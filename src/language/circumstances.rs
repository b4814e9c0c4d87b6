//! What explains that a service waits, how far back the check could look, and what would change its verdict.

use super::evidence::local;
use super::{Say, english, russian};
use crate::reselling::circumstance::Circumstance;
use crate::reselling::ids::ItemId;
use crate::reselling::verdict::{Rule, Window, WouldChange};
use crate::reselling::way::Hitch;
use jiff::Timestamp;

impl Say for Circumstance {
    #[expect(clippy::too_many_lines, reason = "one entry a circumstance, so that nothing can be missing")]
    fn pair(&self) -> (String, String) {
        match self {
            Self::NotDelivered { items, count } => {
                let named = first(items, *count);
                (
                    format!(
                        "The seller has not delivered {} yet: {named}. For these no event is due.",
                        english(*count, "service that waits here", "services that wait here")
                    ),
                    format!(
                        "Продавец ещё не предоставил {}: {named}. Событий о них пока и не должно быть.",
                        russian(*count, "ожидающую услугу", "ожидающие услуги", "ожидающих услуг")
                    ),
                )
            }
            Self::NotAtSeller { items, count } => {
                let named = first(items, *count);
                (
                    format!(
                        "At the seller nothing carries the id of {}: {named}. The order may not have reached the seller.",
                        english(*count, "service that waits here", "services that wait here")
                    ),
                    format!(
                        "У продавца нет услуг с номерами {}: {named}. Возможно, заказ до продавца не дошёл.",
                        russian(*count, "ожидающей услуги", "ожидающих услуг", "ожидающих услуг")
                    ),
                )
            }
            Self::OrderFailed { item, error } => (
                format!("The order of service {item} failed before it reached the seller: {error}."),
                format!("Заказ услуги {item} не дошёл до продавца из-за ошибки: {error}."),
            ),
            Self::ArrivedAndFailed { item, at } => {
                let at = local(*at);
                (
                    format!(
                        "The event of service {item} came at {at} (pmbillmgr.log) and did not move the service on here. It was not \
                         lost; look into that log."
                    ),
                    format!(
                        "Событие услуги {item} пришло {at} (pmbillmgr.log), но здесь услугу не продвинуло. Оно не потеряно; \
                         подробности в этом журнале."
                    ),
                )
            }
            Self::OnManual { item, module } => {
                let (english, russian) = Hitch::OnManual { module: module.0, why: None, from: None }.pair();
                (format!("Service {item}: {english}"), format!("Услуга {item}: {russian}"))
            }
            Self::LoginRefused { at } => {
                let at = local(*at);
                (
                    format!(
                        "The seller refused the module's login at {at} (pmbillmgr.log), and no checkevent was seen since. Check the \
                         module's password."
                    ),
                    format!(
                        "{at} продавец отклонил вход модуля (pmbillmgr.log), и с тех пор checkevent не запускался. Проверьте пароль \
                         модуля."
                    ),
                )
            }
            Self::NotScheduled { file: Some(file) } => (
                format!("The line that starts checkevent is commented out in {file}."),
                format!("Строка запуска checkevent закомментирована в {file}."),
            ),
            Self::NotScheduled { file: None } => (
                "No cron table of this system starts checkevent.".to_owned(),
                "Ни одна таблица cron этой системы не запускает checkevent.".to_owned(),
            ),
            Self::NoPoll { last, log, minutes } => {
                let (when, when_russian) = since_or_never(*last);
                let (grows, grows_russian) = match log {
                    Some(log) => {
                        let log = local(*log);
                        (
                            format!(" The last line of pmbillmgr.log is of {log}."),
                            format!(" Последняя строка pmbillmgr.log — от {log}."),
                        )
                    }
                    None => (String::new(), String::new()),
                };
                (
                    format!(
                        "No checkevent was seen to end {when}; it is due every {}. Services wait until it runs, whoever else \
                         reads the account.{grows}",
                        english(*minutes, "minute", "minutes")
                    ),
                    format!(
                        "{when_russian} не завершился ни один checkevent, хотя он должен запускаться раз в {}. Пока он не работает, \
                         услуги ждут, кто бы ещё ни читал учётную запись.{grows_russian}",
                        russian(*minutes, "минуту", "минуты", "минут")
                    ),
                )
            }
            Self::Blocked { last } => {
                let (when, when_russian) = match last.map(local) {
                    Some(last) => (
                        format!(" The last one that ran began at {last}."),
                        format!(" Последний выполненный начался {last}."),
                    ),
                    None => (String::new(), String::new()),
                };
                (
                    format!(
                        "checkevent is refused by [check] on_conflict = \"block\", because an account is shared. Until that ends, or the \
                         setting is \"warn\", no event of any account arrives here.{when}"
                    ),
                    format!(
                        "checkevent отклоняется настройкой [check] on_conflict = \"block\", так как учётная запись общая. Пока это не \
                         кончится или в настройке не будет \"warn\", сюда не придут события ни одной учётной записи.{when_russian}"
                    ),
                )
            }
            Self::SwitchedOff { modules } => {
                let modules = modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                (
                    format!(
                        "Every module of this panel with the account is switched off: {modules}. Whether the panel asks for its events \
                         then is not known, so a service that waits is no sign of another reader."
                    ),
                    format!(
                        "Все модули этой панели с этой учётной записью отключены: {modules}. Запрашивает ли панель события при этом, \
                         неизвестно, поэтому ожидающая услуга не указывает на другого читателя."
                    ),
                )
            }
            Self::PollBroke { at, count } => {
                let at = local(*at);
                (
                    format!(
                        "A request to a seller broke off at {at} (pmbillmgr.log). The events of {} may have been lost with it, so that \
                         nobody else need have taken them.",
                        english(*count, "service that waits here", "services that wait here")
                    ),
                    format!(
                        "{at} обращение к продавцу оборвалось (pmbillmgr.log). Вместе с ним могли потеряться события {}, и тогда их \
                         никто не забирал.",
                        russian(*count, "ожидающей услуги", "ожидающих услуг", "ожидающих услуг")
                    ),
                )
            }
            Self::OperationsStopped => (
                "etc/billmgr.DoNothing exists: the panel's modules do nothing, so events come and change nothing."
                    .to_owned(),
                "Есть файл etc/billmgr.DoNothing: модули панели ничего не делают, и события ничего не меняют."
                    .to_owned(),
            ),
            Self::LogUnread { why } => (
                format!(
                    "The module's log was not read, so events that were missed or were somebody else's are not seen: {why}."
                ),
                format!("Журнал модуля не прочитан, поэтому пропущенные и чужие события не видны: {why}."),
            ),
            Self::LeftOff { count } => (
                format!("{} of the same kinds not listed.", english(*count, "more sign is", "more signs are")),
                format!("Не перечислено ещё {} того же рода.", russian(*count, "признак", "признака", "признаков")),
            ),
        }
    }
}

fn since_or_never(last: Option<Timestamp>) -> (String, String) {
    match last.map(local) {
        Some(last) => (format!("since {last}"), format!("С {last}")),
        None => ("since this panel is watched".to_owned(), "За всё время наблюдения".to_owned()),
    }
}

/// The named ones, and how many more there are.
fn first(items: &[ItemId], count: u64) -> String {
    let named = items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let more = count.saturating_sub(items.len() as u64);
    if more == 0 { named } else { format!("{named} (+{more})") }
}

impl Say for Window {
    fn pair(&self) -> (String, String) {
        let since = |at: Option<Timestamp>, none: (&'static str, &'static str)| match at.map(local) {
            Some(at) => (at.clone(), at),
            None => (none.0.to_owned(), none.1.to_owned()),
        };
        let (listing, listing_russian) = since(self.listing, ("not read", "не прочитаны"));
        let (watched, watched_russian) = since(self.watched_since, ("now", "этого момента"));
        let (polls, polls_russian) = since(self.polls_since, ("none seen", "не было"));
        let (log, log_russian) = since(self.log_since, ("not read", "не прочитан"));
        (
            format!(
                "Looked at: the seller's lists ({listing}), what is remembered since {watched}, checkevents since ({polls}), the \
                 module's log since ({log})."
            ),
            format!(
                "Просмотрено: списки продавца ({listing_russian}), память с {watched_russian}, запуски checkevent с \
                 ({polls_russian}), журнал модуля с ({log_russian})."
            ),
        )
    }
}

impl Say for WouldChange {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self.0 {
            Rule::SellerNotRead => (
                "A check that reads the seller's lists to their end would tell.",
                "Ответ даст проверка, которая прочтёт списки продавца до конца.",
            ),
            Rule::SellerHidesRemoteid => (
                "A lost event, or an event of somebody else in the module's log, would show a second reader; that there is none cannot be shown \
                 until the seller's lists carry ids.",
                "Второго читателя покажет потерянное или чужое событие; что его нет, показать нельзя, пока в списках продавца \
                 не видны номера.",
            ),
            Rule::ForeignOrders => (
                "Move this panel to an account of its own, or give the account a new password that only this panel has: the verdict \
                 changes with the new password in the modules, or when the services named here are deleted at the seller.",
                "Переведите эту панель на отдельную учётную запись или смените её пароль, чтобы новый был только у этой панели: вывод \
                 изменится с новым паролем в модулях или когда названные услуги будут удалены у продавца.",
            ),
            Rule::LostEvents | Rule::LostEventAndForeignSign => (
                "Repair the services that wait and keep any other panel off the account: the verdict changes a day after the last repair, \
                 or at once when the modules have a new password.",
                "Исправьте ожидающие услуги и отключите от учётной записи остальные панели: вывод изменится через сутки после последнего \
                 исправления или сразу, как только в модулях появится новый пароль.",
            ),
            Rule::SeveralSigns => (
                "Each sign that turns out to be innocent lowers it; a foreign order or a second lost event would prove it without them.",
                "Каждый признак, оказавшийся безобидным, ослабит вывод; чужой заказ или второе потерянное событие докажут его и без них.",
            ),
            Rule::OneLostEvent => (
                "If its event still comes, or this panel's log shows that it came, the verdict is taken back; otherwise a day after the \
                 service was repaired, if no other is lost by then.",
                "Если событие всё же придёт или журнал этой панели покажет, что оно пришло, вывод будет снят; иначе через сутки после \
                 исправления услуги, если до тех пор не потеряется другое.",
            ),
            Rule::NamedTwice => (
                "Move one of the two panels to another account and renew the list. A lost event would prove that both read.",
                "Переведите одну из панелей на другую учётную запись и обновите список. Потерянное событие докажет, что читают обе.",
            ),
            Rule::EventsAskedElsewhere => (
                "If the address is yours, name it in own_addresses. A lost event would prove a second reader.",
                "Если адрес ваш, укажите его в own_addresses. Потерянное событие докажет, что есть второй читатель.",
            ),
            Rule::StrangeEvents => (
                "Seven days without such an event take it back; a lost event or a foreign order would prove it.",
                "Семь дней без таких событий снимут вывод; потерянное событие или чужой заказ докажут его.",
            ),
            Rule::LateEvents => (
                "A checkevent that brings the events takes it back; one that ends without them makes it likely.",
                "Если checkevent принесёт события, вывод будет снят; если завершится без них, общая запись станет вероятной.",
            ),
            Rule::Oddities => (
                "A lost event would make it likely; a foreign order made since this panel's first one would prove it.",
                "Потерянное событие сделает общую запись вероятной; чужой заказ, сделанный после первого заказа этой панели, докажет её.",
            ),
            Rule::NothingFound => (
                "One lost event would make it likely; a second one, or an order that is not ours, would prove a second reader.",
                "Одно потерянное событие сделает общую запись вероятной; второе или чужой заказ докажут, что читает кто-то ещё.",
            ),
        };
        (english.to_owned(), russian.to_owned())
    }
}
