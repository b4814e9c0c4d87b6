//! The words of notices: headline, text, and what to send to the seller.

use super::{Language, Say};
use crate::billmgr::schedule::Schedule;
use crate::notify::{About, AccountNews, Notice, Waiting};
use crate::report::Checked;
use crate::report::terminal::one_line;
use crate::reselling::telling::State;
use crate::reselling::verdict::{Severity, Verdict};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How many signs are quoted.
const SIGNS: usize = 10;

/// The headline of a notice.
pub struct Subject<'a>(pub &'a Notice);

impl Say for Subject<'_> {
    fn pair(&self) -> (String, String) {
        let account = self.0.subject();
        let (english, russian) = match self.0.state {
            State::Shared => ("is shared with another panel", "используется ещё одной панелью"),
            State::Likely => ("is likely shared with another panel", "вероятно, используется ещё одной панелью"),
            State::Possible => (
                "shows weaker signs of another panel than before",
                "даёт более слабые, чем раньше, признаки другой панели",
            ),
            State::Unknown => ("cannot be judged", "не поддаётся проверке"),
            State::Exclusive => ("is read by this panel only", "читается только этой панелью"),
            State::Unused => ("is not used by this panel any more", "больше не используется этой панелью"),
            State::Silent => {
                return (
                    "checkevent does not run: events of sellers are not fetched".to_owned(),
                    "checkevent не запускается: события продавцов не забираются".to_owned(),
                );
            }
            State::Running => return ("checkevent runs again".to_owned(), "checkevent снова работает".to_owned()),
        };
        (format!("The seller account {account} {english}"), format!("Учётная запись у продавца {account} {russian}"))
    }
}

/// The text of a notice for a channel that was told `before` last.
pub struct Body<'a> {
    pub notice: &'a Notice,
    pub before: Option<State>,
}

impl Say for Body<'_> {
    fn pair(&self) -> (String, String) {
        let text = |language| match &self.notice.about {
            About::Account(news) => account(self.notice, self.before, news, language),
            About::Checkevent { last, schedule } => checkevent(self.notice, *last, schedule, language),
        };
        (text(Language::En), text(Language::Ru))
    }
}

fn account(notice: &Notice, before: Option<State>, news: &AccountNews, language: Language) -> String {
    let mut lines = Vec::new();
    if let Some(before) = before.filter(|before| *before != notice.state) {
        lines.push(format!("{} {}.", language.choose(("Before:", "До этого:")), before.say(language)));
    }
    lines.push(format!("{} {}.", language.choose(("Seen so since", "Так с")), moment(notice.since)));
    if let Some(checked) = &news.checked {
        lines.push(checked.rule.say(language));
        lines.extend(checked.error.clone());
    }
    match notice.state {
        State::Likely | State::Shared => {
            lines.extend(signs(news, language));
            lines.extend(waiting(news, language));
            lines.extend(ways_out(news, language));
            let (english, russian) = to_seller(news);
            let head = language.choose(("TO SEND TO THE SELLER", "ДЛЯ ОТПРАВКИ ПРОДАВЦУ"));
            lines.extend([String::new(), format!("{head} (English):"), english]);
            lines.extend([String::new(), format!("{head} (по-русски):"), russian]);
        }
        State::Unknown => {
            lines.extend(waiting(news, language));
            lines.push(
                language
                    .choose((
                        "As long as the account cannot be judged, neither a second reader nor its absence is seen. Check the login \
                         in the processing modules, that two-factor login is off, that the seller allows this server's address, \
                         and that the seller is up; then run: resellguard check",
                        "Пока учётную запись нельзя проверить, не видно ни второго читателя, ни его отсутствия. Проверьте вход в \
                         модулях обработки, отключён ли двухфакторный вход, разрешён ли у продавца адрес этого сервера и работает \
                         ли продавец; затем выполните: resellguard check",
                    ))
                    .to_owned(),
            );
        }
        State::Possible => {
            lines.extend(signs(news, language));
            lines.push(language.choose(("Nothing has to be done now.", "Сейчас ничего делать не нужно.")).to_owned());
        }
        State::Exclusive => lines.extend(waiting(news, language)),
        State::Unused => lines.push(
            language
                .choose((
                    "No processing module of this panel uses the account now, so this panel takes no events from it.",
                    "Ни один модуль обработки этой панели её не использует, поэтому эта панель не забирает её события.",
                ))
                .to_owned(),
        ),
        State::Running | State::Silent => {}
    }
    lines.join("\n")
}

/// The signs that weigh something, heaviest first.
fn signs(news: &AccountNews, language: Language) -> Vec<String> {
    let mut signs: Vec<_> =
        news.checked.iter().flat_map(|checked| &checked.evidence).filter(|one| one.severity > Severity::Info).collect();
    signs.sort_by_key(|one| std::cmp::Reverse(one.severity));
    let mut lines = Vec::new();
    if !signs.is_empty() {
        lines.extend([String::new(), language.choose(("EVIDENCE", "ПРИЗНАКИ")).to_owned()]);
    }
    lines.extend(signs.iter().take(SIGNS).map(|one| format!("- {}", one.sign.say(language))));
    lines.extend(more(signs.len(), SIGNS, language));
    lines
}

fn waiting(news: &AccountNews, language: Language) -> Vec<String> {
    let count = news.waiting_ids().len();
    if count == 0 {
        return Vec::new();
    }
    let head = language.choose(("SERVICES THAT WAIT HERE", "УСЛУГИ, КОТОРЫЕ ЖДУТ ЗДЕСЬ"));
    let mut lines = vec![String::new(), format!("{head}: {count}")];
    lines.extend(news.waiting.iter().map(|one| format!("- {}", one.say(language))));
    lines.extend(more(count, news.waiting.len(), language));
    lines
}

fn more(count: usize, named: usize, language: Language) -> Option<String> {
    let more = count.checked_sub(named).filter(|more| *more > 0)?;
    Some(language.choose((format!("- and {more} more"), format!("- и ещё {more}"))))
}

impl Say for Waiting {
    fn pair(&self) -> (String, String) {
        // A customer chooses these names, and must not write lines of a notice to the staff.
        let service = [self.item.to_string(), self.itemtype.clone(), one_line(&self.name)];
        let service = service.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
        if self.customer == 0 {
            return (service.clone(), service);
        }
        let customer = [self.customer.to_string(), one_line(&self.customer_name)];
        let customer =
            customer.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
        (format!("{service}, customer {customer}"), format!("{service}, клиент {customer}"))
    }
}

fn ways_out(news: &AccountNews, language: Language) -> Vec<String> {
    let modules = news.checked.as_ref().map(modules).unwrap_or_default();
    let (account, repair) = (&news.account, news.repair());
    let (english, russian) = (
        [
            String::new(),
            "THREE WAYS OUT".to_owned(),
            format!(
                "1. The cure: an account of its own at the seller for each panel. Order one there (with the rights to suspend and \
                 delete services, two-factor login off, the API open to this server), put its login into the processing modules \
                 of this panel ({modules}), and have the old services moved or leave them to one panel alone. Every step, with \
                 its checks: resellguard check --plan-migration '{account}'"
            ),
            format!(
                "2. If the other panel is not needed: switch its processing module off AND change the account's password at the \
                 seller, then put the new password into the modules here ({modules}). Switched off alone, the module's panel goes \
                 on taking events."
            ),
            format!(
                "3. For the customers who wait now: {repair} (shows what it would do and asks; --dry-run only shows)."
            ),
        ],
        [
            String::new(),
            "ТРИ ВЫХОДА".to_owned(),
            format!(
                "1. Лечение: у каждой панели своя учётная запись у продавца. Закажите её там (с правами приостанавливать и удалять \
                 услуги, без двухфакторного входа, с доступом к API для этого сервера), укажите её данные в модулях обработки этой \
                 панели ({modules}), а старые услуги попросите перенести или оставьте их только одной панели. Все шаги с \
                 проверками: resellguard check --plan-migration '{account}'"
            ),
            format!(
                "2. Если другая панель не нужна: выключите её модуль обработки И смените пароль учётной записи у продавца, затем \
                 укажите новый пароль в модулях здесь ({modules}). Если модуль только выключить, та панель продолжит забирать \
                 события."
            ),
            format!(
                "3. Для клиентов, которые ждут сейчас: {repair} (показывает, что будет сделано, и спрашивает; --dry-run только \
                 показывает)."
            ),
        ],
    );
    language.choose((english, russian)).to_vec()
}

/// What to write to the seller, in both languages: the seller may speak either.
pub fn to_seller(news: &AccountNews) -> (String, String) {
    let user = news.user();
    let ids = news.delivered();
    let (seems_english, seems_russian) = match news.checked.as_ref().map(|checked| checked.verdict) {
        Some(Verdict::Shared) => ("More", "у вас покупает"),
        _ => ("It seems that more", "у вас, похоже, покупает"),
    };
    let (ids_english, ids_russian) = if ids.is_empty() {
        (String::new(), String::new())
    } else {
        let ids = ids.join(", ");
        (
            format!(" Services of ours that still wait for their event, by our ids (remoteid): {ids}."),
            format!(" Наши услуги, которые всё ещё ждут своего события, по нашим номерам (remoteid): {ids}."),
        )
    };
    (
        format!(
            "Hello. {seems_english} than one BILLmanager buys from you through our customer account, user \"{user}\". Events of the account go \
             to whichever asks first, so each misses events of its own services. Please: 1. open a second customer account for us \
             with the same prices, or tell us how to order it; its user needs the rights to suspend and delete services \
             (allowsuspenditem, allowdeleteitem) and access to the API with authinfo, without two-factor login. 2. Tell us whether \
             services can be moved from one account to the other with their ids and remoteid kept. 3. Tell us from which \
             addresses the API is used as \"{user}\".{ids_english} Thank you."
        ),
        format!(
            "Здравствуйте. Через нашу учётную запись клиента, пользователь «{user}», {seems_russian} больше одного BILLmanager. События \
             достаются тому, кто спросит первым, и каждый теряет события своих услуг. Просим: 1. открыть нам вторую учётную запись \
             клиента с теми же ценами или сказать, как её заказать; её пользователю нужны права приостанавливать и удалять услуги \
             (allowsuspenditem, allowdeleteitem) и доступ к API по authinfo без двухфакторного входа. 2. Сообщить, можно ли \
             перенести услуги из одной учётной записи в другую с сохранением их номеров и remoteid. 3. Сообщить, с каких адресов \
             API используется от имени «{user}».{ids_russian} Спасибо."
        ),
    )
}

fn checkevent(notice: &Notice, last: Option<Timestamp>, schedule: &Schedule, language: Language) -> String {
    let ran = match last {
        Some(last) => {
            let last = moment(last);
            language.choose((format!("It began last at {last}."), format!("Последний запуск: {last}.")))
        }
        None => language
            .choose((
                "The plugin has never seen it since it was installed.",
                "С момента установки плагин не видел ни одного запуска.",
            ))
            .to_owned(),
    };
    if notice.state == State::Running {
        return ran;
    }
    let planned = match schedule {
        Schedule::Enabled { file, line } => language.choose((
            format!(
                "The schedule has it ({}: {line}): see whether cron runs, and what var/billmgr.log says.",
                file.display()
            ),
            format!(
                "В расписании он есть ({}: {line}): проверьте, работает ли cron и что в var/billmgr.log.",
                file.display()
            ),
        )),
        Schedule::Commented { file, line } => language.choose((
            format!("In the schedule it is switched off ({}: {line}): switch it on again.", file.display()),
            format!("В расписании он отключён ({}: {line}): включите его снова.", file.display()),
        )),
        Schedule::Missing | Schedule::Unknown { .. } => language
            .choose((
                "It was not found in the schedule. Root's crontab has to have: \
                 */5 * * * * /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1",
                "В расписании он не найден. В crontab пользователя root должна быть строка: \
                 */5 * * * * /usr/local/mgr5/sbin/mgrctl -m billmgr checkevent >/dev/null 2>&1",
            ))
            .to_owned(),
    };
    let why = language.choose((
        "Until it runs, services that sellers have delivered stay in progress here. If it does run, the panel does not call the \
         plugin for it: run install.sh again and see what it says of the hook.",
        "Пока он не работает, услуги, которые продавцы уже предоставили, остаются здесь в обработке. Если же он работает, значит, \
         панель не вызывает для него плагин: запустите install.sh ещё раз и посмотрите, что он скажет об обработчике.",
    ));
    [ran.as_str(), &planned, why].join("\n")
}

impl Say for State {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Exclusive => ("only this panel", "только эта панель"),
            Self::Unknown => ("unknown", "неизвестно"),
            Self::Possible => ("possibly shared", "возможно, общая"),
            Self::Likely => ("likely shared", "вероятно, общая"),
            Self::Shared => ("shared", "общая"),
            Self::Unused => ("not used", "не используется"),
            Self::Running => ("running", "работает"),
            Self::Silent => ("not running", "не работает"),
        };
        (english.to_owned(), russian.to_owned())
    }
}

fn modules(checked: &Checked) -> String {
    checked.modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The panel's local time, to the minute.
fn moment(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
