//! What was seen and why it counts, and the rule that turned it into a verdict.

use super::Say;
use super::{english, russian};
use crate::reselling::verdict::{Foreign, Rule, Sign};
use jiff::Timestamp;

impl Say for Sign {
    fn pair(&self) -> (String, String) {
        match self {
            Self::ForeignRemoteid { row, itemtype, remoteid, created, why } => {
                let (english, russian) = why.pair();
                let of = created.as_deref().unwrap_or("?");
                (
                    format!("The seller's {itemtype} {row} (created {of}) carries the id '{remoteid}': {english}"),
                    format!("Услуга продавца {itemtype} {row} (создана {of}) несёт номер «{remoteid}»: {russian}"),
                )
            }
            Self::DuplicateRemoteid { itemtype, remoteid, rows } => {
                let rows = rows.join(", ");
                (
                    format!(
                        "The seller's {itemtype} services {rows} all carry the id '{remoteid}': two panels with equal ids, \
                         or one order sent twice."
                    ),
                    format!(
                        "Услуги продавца {itemtype} {rows} несут один номер «{remoteid}»: две панели с одинаковыми номерами \
                         или один заказ, отправленный дважды."
                    ),
                )
            }
            Self::LostEvent { item, itemtype, row, active_since, polls } => {
                let since = local(*active_since);
                (
                    format!(
                        "Service {item} ({itemtype}) has been active at the seller as {row} since {since} at the latest; {} \
                         here came and went since then, and it still waits: its event did not arrive. \
                         Somebody else took it, or this panel failed to apply it (then pmbillmgr.log has the error).",
                        english(*polls, "checkevent", "checkevents")
                    ),
                    format!(
                        "Услуга {item} ({itemtype}) активна у продавца как {row} не позднее чем с {since}; с тех пор здесь {}, \
                         а она всё ещё ждёт: её событие не пришло. \
                         Его забрал кто-то другой, или эта панель не смогла его применить (тогда ошибка есть в pmbillmgr.log).",
                        russian(*polls, "раз прошёл checkevent", "раза прошёл checkevent", "раз прошёл checkevent")
                    ),
                )
            }
            Self::LateEvent { item, itemtype, row, active_since, polls } => {
                let since = local(*active_since);
                (
                    format!(
                        "Service {item} ({itemtype}) is active at the seller as {row}, seen since {since}, and waits here; {} \
                         seen since then. Too early to call its event lost.",
                        english(*polls, "checkevent", "checkevents")
                    ),
                    format!(
                        "Услуга {item} ({itemtype}) активна у продавца как {row}, это видно с {since}, и ждёт здесь; с тех пор {}. \
                         Считать событие потерянным рано.",
                        russian(*polls, "запуск checkevent", "запуска checkevent", "запусков checkevent")
                    ),
                )
            }
            Self::LocalDuplicate { modules, disabled, spelled } => {
                let modules = numbers(modules);
                let mut said = vec![(
                    format!("The account is used by the modules {modules} of this panel, which is normal."),
                    format!("Учётную запись используют модули {modules} этой панели; это нормально."),
                )];
                if !disabled.is_empty() {
                    let disabled = numbers(disabled);
                    said.push((
                        format!("Disabled: {disabled}; a disabled module can still take events."),
                        format!("Отключены: {disabled}; отключённый модуль всё равно может забирать события."),
                    ));
                }
                if !spelled.is_empty() {
                    let spelled = spelled.join(", ");
                    said.push((
                        format!("It is written in several ways: {spelled}."),
                        format!("Она записана по-разному: {spelled}."),
                    ));
                }
                let (english, russian): (Vec<_>, Vec<_>) = said.into_iter().unzip();
                (english.join(" "), russian.join(" "))
            }
        }
    }
}

impl Say for Foreign {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Whmcs => ("that is how a WHMCS numbers its services.", "так нумерует свои услуги WHMCS."),
            Self::NotANumber => ("this panel's ids are numbers.", "номера этой панели состоят из цифр."),
            Self::NeverGivenOut => {
                ("this panel has never given out so high an id.", "такого большого номера эта панель ещё не выдавала.")
            }
            Self::NeverWas => ("no service of this panel has or had it.", "такой услуги на этой панели нет и не было."),
            Self::OtherProduct => (
                "this panel's service with that id is another product.",
                "у этой панели под таким номером другой продукт.",
            ),
            Self::OtherModule => (
                "this panel's service with that id is served by another module (or was moved to it by hand).",
                "у этой панели услугу с таким номером обслуживает другой модуль (или её перенесли вручную).",
            ),
        };
        (english.to_owned(), russian.to_owned())
    }
}

impl Say for Rule {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::SellerNotRead => (
                "The seller could not be read, so nothing can be said.",
                "Продавца прочитать не удалось, поэтому сказать ничего нельзя.",
            ),
            Self::SellerHidesRemoteid => (
                "The seller's lists show no ids of the buyer's side, so orders of another panel could not be seen.",
                "Списки продавца не показывают номеров покупателя, поэтому заказы другой панели не были бы видны.",
            ),
            Self::ForeignOrders => (
                "Somebody else orders on this account: services there carry ids that are not this panel's.",
                "На этой учётной записи заказывает кто-то ещё: там есть услуги с номерами не этой панели.",
            ),
            Self::LostEvents => (
                "The events of several services did not arrive: another panel that reads the account is the usual reason.",
                "События нескольких услуг не пришли: обычная причина — другая панель, читающая эту учётную запись.",
            ),
            Self::LostEventAndForeignSign => (
                "An event did not arrive, and the seller's list has ids that do not fit this panel.",
                "Событие не пришло, и в списке продавца есть номера, не подходящие этой панели.",
            ),
            Self::OneLostEvent => (
                "The event of one service was lost. A second one, or an order that is not ours, would prove a second reader.",
                "Событие одной услуги потеряно. Второе такое или чужой заказ докажут, что читает кто-то ещё.",
            ),
            Self::LateEvents => (
                "Services that the seller has delivered still wait here. Whether their events are late or lost shows with \
                 the next checkevents; they can be repaired now.",
                "Услуги, которые продавец уже предоставил, всё ещё ждут здесь. Опоздали их события или потеряны, покажут \
                 следующие запуски checkevent; исправить услуги можно уже сейчас.",
            ),
            Self::Oddities => (
                "There are oddities that have innocent explanations too.",
                "Есть странности, у которых бывают и безобидные объяснения.",
            ),
            Self::NothingFound => (
                "The seller was read and nothing points at a second reader.",
                "Данные продавца прочитаны, и ничто не указывает на второго читателя.",
            ),
        };
        (english.to_owned(), russian.to_owned())
    }
}

fn numbers(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// A moment in the panel's local time, to the second.
fn local(moment: Timestamp) -> String {
    moment.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
