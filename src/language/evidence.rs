//! What was seen and why it counts, and the rule that turned it into a verdict.

use super::Say;
use super::{english, russian};
use crate::report::terminal::one_line;
use crate::reselling::verdict::{Foreign, Rule, Sign};
use jiff::Timestamp;

impl Say for Sign {
    #[expect(clippy::too_many_lines, reason = "one entry a sign, so that nothing can be missing")]
    fn pair(&self) -> (String, String) {
        match self {
            Self::ForeignRemoteid { row, itemtype, remoteid, created, why, deleted } => {
                let (english, russian) = why.pair();
                let (of, remoteid) = (created.as_deref().unwrap_or("?"), one_line(remoteid));
                let (gone, gone_russian) =
                    if *deleted { (", deleted since", ", уже удалена") } else { ("", "") };
                (
                    format!(
                        "The seller's {itemtype} {row} (created {of}{gone}) carries the id '{remoteid}': {english}"
                    ),
                    format!(
                        "Услуга продавца {itemtype} {row} (создана {of}{gone_russian}) несёт номер «{remoteid}»: {russian}"
                    ),
                )
            }
            Self::DuplicateRemoteid { itemtype, remoteid, rows } => {
                let (rows, remoteid) = (rows.join(", "), one_line(remoteid));
                (
                    format!(
                        "The seller's {itemtype} services {rows} all carry the id '{remoteid}': two panels with equal ids, \
                         one order sent twice, or an id given out anew by a panel that was restored from a backup."
                    ),
                    format!(
                        "Услуги продавца {itemtype} {rows} несут один номер «{remoteid}»: две панели с одинаковыми номерами, \
                         один заказ, отправленный дважды, или номер, выданный заново панелью, восстановленной из резервной копии."
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
            Self::LostBefore { item, itemtype, row, active_since, ended: None } => {
                let since = local(*active_since);
                (
                    format!(
                        "The event of service {item} ({itemtype}) did not arrive: an earlier check saw it lost. It has been active at the \
                         seller as {row} since {since} at the latest, and still waits here."
                    ),
                    format!(
                        "Событие услуги {item} ({itemtype}) не пришло: его потерю видела прежняя проверка. Услуга активна у продавца как \
                         {row} не позднее чем с {since} и всё ещё ждёт здесь."
                    ),
                )
            }
            Self::LostBefore { item, itemtype, row, active_since, ended: Some(ended) } => {
                let (since, ended) = (local(*active_since), local(*ended));
                (
                    format!(
                        "The event of service {item} ({itemtype}) did not arrive either: it was active at the seller as {row} since \
                         {since} at the latest, and waited here until it was repaired, before {ended}. For a day that counts on its \
                         own, for thirty with the next lost event; a new password in the modules ends both."
                    ),
                    format!(
                        "Событие услуги {item} ({itemtype}) тоже не пришло: она была активна у продавца как {row} не позднее чем с \
                         {since} и ждала здесь, пока её не исправили, до {ended}. Сутки это значит само по себе, тридцать — вместе \
                         со следующим потерянным событием; новый пароль в модулях отменяет и то и другое."
                    ),
                )
            }
            Self::MissedEvent { event, item, at } => {
                let at = local(*at);
                let (of, of_russian) = match item {
                    Some(item) => (format!(" for service {item}"), format!(" услуги {item}")),
                    None => (String::new(), String::new()),
                };
                (
                    format!(
                        "At {at} event {event}{of} was already gone when this panel wanted it (pmbillmgr.log). An event is given out \
                         once, so somebody had taken it."
                    ),
                    format!(
                        "{at} события {event}{of_russian} уже не было, когда эта панель его запросила (pmbillmgr.log). Событие \
                         выдаётся один раз, значит, его кто-то забрал."
                    ),
                )
            }
            Self::ForeignItem { item, at, times } => {
                let at = local(*at);
                (
                    format!(
                        "The seller's events told this panel {} about service {item}, last at {at} (pmbillmgr.log). This panel has no \
                         such service and never had: the event was meant for another panel.",
                        english(*times, "time", "times")
                    ),
                    format!(
                        "События продавца {} сообщали этой панели об услуге {item}, последний раз {at} (pmbillmgr.log). Такой услуги \
                         здесь нет и не было: событие предназначалось другой панели.",
                        russian(*times, "раз", "раза", "раз")
                    ),
                )
            }
            Self::ForeignAddress { address, times, first, last, functions, own_named } => {
                let what = if functions.is_empty() { "-".to_owned() } else { functions.join(", ") };
                let (own, own_russian) = if *own_named {
                    ("none of own_addresses", "Этого адреса нет в own_addresses")
                } else {
                    (
                        "not known as this panel's; if it is yours, name it in own_addresses",
                        "Эта панель, насколько известно, с него не обращается; если адрес ваш, укажите его в own_addresses",
                    )
                };
                (
                    format!(
                        "The account was used at the seller from {address}: {}, from {first} to {last}, functions: {what}. The address is {own}.",
                        english(*times, "time", "times")
                    ),
                    format!(
                        "Учётную запись использовали у продавца с адреса {address}: {}, с {first} по {last}, функции: {what}. {own_russian}.",
                        russian(*times, "раз", "раза", "раз")
                    ),
                )
            }
            Self::SilentPoll { polls, since, waiting } => {
                let since = local(*since);
                (
                    format!(
                        "{} since {since} brought no event at all (pmbillmgr.log), while {} here.",
                        english(*polls, "checkevent", "checkevents"),
                        english(*waiting, "service waits", "services wait")
                    ),
                    format!(
                        "С {since} {}, и ни один не принёс событий (pmbillmgr.log), а здесь {}.",
                        russian(*polls, "раз прошёл checkevent", "раза прошёл checkevent", "раз прошёл checkevent"),
                        russian(*waiting, "услуга ждёт", "услуги ждут", "услуг ждут")
                    ),
                )
            }
            Self::FleetDuplicate { panel, listed, outdated } => {
                let (when, when_russian) = match listed {
                    Some(listed) => (format!(" (listed {listed})"), format!(" (запись от {listed})")),
                    None => (String::new(), String::new()),
                };
                let (old, old_russian) = if *outdated {
                    (
                        " That is long ago: print its fingerprints anew and replace its lines.",
                        " Это было давно: выведите её отпечатки заново и замените её строки.",
                    )
                } else {
                    ("", "")
                };
                (
                    format!("Your list of panels says that {panel} uses the same account{when}.{old}"),
                    format!(
                        "По вашему списку панелей той же учётной записью пользуется {panel}{when_russian}.{old_russian}"
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
            Self::BeforeHistory => (
                "no service of this panel has it; its history (history_item) does not reach back to that order, so that one which was \
                 deleted may have had it.",
                "на этой панели такой услуги нет; её история (history_item) не доходит до того заказа, поэтому номер мог быть у \
                 удалённой услуги.",
            ),
            Self::Forgotten => (
                "this panel ordered it (pmbillmgr.log), and its database does not know it any more, as after a restore from a backup.",
                "её заказала эта панель (pmbillmgr.log), а её база об этой услуге больше не знает, как бывает после восстановления из \
                 резервной копии.",
            ),
            Self::OtherProduct => (
                "this panel's service with that id is another product.",
                "у этой панели под таким номером другой продукт.",
            ),
            Self::OtherList => (
                "this panel's service with that id is another product, and the seller does not show the list of that product.",
                "у этой панели под таким номером другой продукт, а список этого продукта продавец не показывает.",
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
            Self::SeveralSigns => (
                "Several signs that do not depend on each other point at another reader.",
                "На другого читателя указывают несколько независимых признаков.",
            ),
            Self::NamedTwice => (
                "Your own list of panels names another one with this account.",
                "Ваш собственный список панелей называет ещё одну панель с этой учётной записью.",
            ),
            Self::EventsAskedElsewhere => (
                "Somebody asks the seller for this account's events from an address that is not yours.",
                "Кто-то запрашивает у продавца события этой учётной записи с чужого адреса.",
            ),
            Self::StrangeEvents => (
                "Events were gone before this panel could take them, or were about services of somebody else, more than once.",
                "События исчезали раньше, чем эта панель могла их забрать, или относились к чужим услугам, и не один раз.",
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
pub(super) fn local(moment: Timestamp) -> String {
    moment.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
