//! Tells people: in the panel's bell, by a task, in the logs, by a program of the provider's.
//!
//! What is said is in `language::notice`, when it is said in `reselling::telling`. Only what runs on its own tells: the observation,
//! cron's check, a person's check in a shell; never a handler of the panel.

mod command;
mod notice;

pub use notice::{About, AccountNews, NAMED, Notice, Waiting};

use crate::billmgr::{Employee, Mgrctl, Panel, Selection, schedule};
use crate::error::{Error, Kind};
use crate::journal::Journal;
use crate::language::Language;
use crate::reading::Here;
use crate::report::{CheckReport, Checked};
use crate::reselling::ids::ItemId;
use crate::reselling::service::LocalService;
use crate::reselling::telling::{State, Telling, polling, telling};
use crate::root::Root;
use crate::settings::{NotifySettings, Settings};
use crate::sync::lock::Lock;
use jiff::Timestamp;
use notice::CHECKEVENT;
use std::cell::OnceCell;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// What a task, a notification or a variable may carry, bytes: well below what one argument may have.
const TEXT: usize = 60 * 1024;
/// How long one call of the panel may take.
const CALL: Duration = Duration::from_secs(20);
/// How often a channel is tried that says it failed, and one that may have done its work without saying so.
const TRIES: u32 = 24;
const TRIES_IF_PERHAPS_DONE: u32 = 3;

/// Tells what has changed with this check. `whole`: it was of every account, so that an account that is not in it is used no more.
/// What cannot be told is written to the log; it never fails the check.
pub fn after_check(root: &Root, report: &CheckReport, whole: bool) {
    if let Err(error) = tell(root, report, whole) {
        log::error!("notices: {error}");
    }
}

/// Makes a task for `[notify] department`; `false` when none is named. Not from inside the panel's event: it calls `mgrctl`.
///
/// # Errors
/// As `Panel::call`; after `Kind::Unanswered` and `Kind::Mgrctl` the task may be there nevertheless.
pub fn task(root: &Root, settings: &NotifySettings, text: &str) -> Result<bool, Error> {
    let Some(department) = settings.department else { return Ok(false) };
    call(root, "task.simple.create", &[("elid", &department.to_string()), ("specification", text)])?;
    Ok(true)
}

/// Where a notice goes.
#[derive(Clone, Copy, Debug)]
enum Channel<'a> {
    Log,
    /// As `[notify] users` names the employee.
    User(&'a str),
    Department(u64),
    Command(&'a Path),
}

impl<'a> Channel<'a> {
    fn all(settings: &'a NotifySettings) -> Vec<Self> {
        let users = settings.users.iter().map(|user| Self::User(user));
        let department = settings.department.map(Self::Department);
        let command = settings.command.as_deref().map(Self::Command);
        std::iter::once(Self::Log).chain(users).chain(department).chain(command).collect()
    }

    /// What its memory is kept under.
    fn name(self) -> String {
        match self {
            Self::Log => "log".to_owned(),
            Self::User(user) => format!("user {user}"),
            Self::Department(department) => format!("department {department}"),
            Self::Command(command) => format!("command {}", command.display()),
        }
    }
}

/// One subject as this check left it.
struct Subject<'a> {
    name: String,
    state: State,
    checked: Option<&'a Checked>,
}

fn tell(root: &Root, report: &CheckReport, whole: bool) -> Result<(), Error> {
    // Another check that tells at this moment saw the same, or the next one will.
    let Some(_lock) = Lock::try_take(root, "notices", "notices")? else { return Ok(()) };
    let settings = Settings::read(root)?.notify;
    let journal = Journal::open(root)?;
    let now = Timestamp::now();
    let teller = Teller { root, settings: &settings, journal: &journal, panel: OnceCell::new() };
    let calls = journal.polls_begun()?;
    for subject in subjects(root, report, whole, &journal, &calls, now)? {
        let since = journal.remember_state(&subject.name, subject.state, now)?;
        let lasted = now.duration_since(since);
        let mut notice = None;
        for channel in Channel::all(&settings) {
            let told = journal.told(&subject.name, &channel.name())?;
            match telling(told, subject.state, lasted) {
                Telling::Wait => {}
                Telling::Note => journal.remember_told(&subject.name, &channel.name(), subject.state)?,
                Telling::Tell => {
                    let notice = notice.get_or_insert_with(|| Notice {
                        about: teller.about(&subject, calls.last().copied()),
                        state: subject.state,
                        since,
                    });
                    teller.tell(channel, notice, told)?;
                }
            }
        }
    }
    Ok(())
}

/// What there is to say something of, each in the state in which the check found it.
fn subjects<'a>(
    root: &Root,
    report: &'a CheckReport,
    whole: bool,
    journal: &Journal,
    calls: &[Timestamp],
    now: Timestamp,
) -> Result<Vec<Subject<'a>>, Error> {
    let mut subjects: Vec<Subject<'_>> = report
        .accounts
        .iter()
        .map(|checked| Subject { name: checked.account.clone(), state: checked.verdict.into(), checked: Some(checked) })
        .collect();
    // A module whose settings cannot be read may well use any of them.
    if whole && report.unreadable_modules.is_empty() {
        let known = |name: &String| name == CHECKEVENT || report.accounts.iter().any(|one| one.account == *name);
        let gone = journal.seen_subjects()?.into_iter().filter(|name| !known(name));
        subjects.extend(gone.map(|name| Subject { name, state: State::Unused, checked: None }));
    }
    if !report.accounts.is_empty()
        && let Some(state) = polling(calls, hooked(root), now)
    {
        subjects.push(Subject { name: CHECKEVENT.to_owned(), state, checked: None });
    }
    Ok(subjects)
}

/// Since when our descriptor lies in the panel; `None` when it does not.
fn hooked(root: &Root) -> Option<Timestamp> {
    let found = root.join("etc/xml/billmgr_mod_resellguard.xml").metadata().ok()?;
    Timestamp::from_second(found.ctime()).ok()
}

/// Brings notices to the channels; the panel is opened when the first one needs it.
struct Teller<'a> {
    root: &'a Root,
    settings: &'a NotifySettings,
    journal: &'a Journal,
    panel: OnceCell<Result<(Here, Vec<Employee>), Error>>,
}

impl Teller<'_> {
    /// Delivers one notice, and remembers that, or that it failed.
    fn tell(&self, channel: Channel<'_>, notice: &Notice, told: Option<State>) -> Result<(), Error> {
        let (subject, name) = (notice.subject(), channel.name());
        let Err(failed) = self.deliver(channel, notice, told) else {
            return self.journal.remember_told(subject, &name, notice.state);
        };
        let tries = self.journal.remember_failure(subject, &name, notice.state)?;
        let most = if failed.perhaps_done { TRIES_IF_PERHAPS_DONE } else { TRIES };
        if tries < most {
            log::warn!(
                "{subject}: {name} was not told that it is {}: {}; the next check tries again",
                notice.state.word(),
                failed.why
            );
            return Ok(());
        }
        log::error!(
            "{subject}: {name} was not told that it is {}, and is not tried again: {}",
            notice.state.word(),
            failed.why
        );
        self.journal.remember_told(subject, &name, notice.state)
    }

    fn deliver(&self, channel: Channel<'_>, notice: &Notice, told: Option<State>) -> Result<(), command::Failed> {
        match channel {
            Channel::Log => {
                let waiting = match &notice.about {
                    About::Account(news) => format!("; waiting here: {}", news.waiting_ids().len()),
                    About::Checkevent { .. } => String::new(),
                };
                // The end of an alarm belongs beside it, in the system's log too.
                log::warn!("{}{waiting}", notice.headline(Language::En));
                Ok(())
            }
            Channel::User(user) => {
                let (id, language) = self.employee(user).map_err(failed)?;
                let (headline, text) = (notice.headline(language), notice.text(told, language));
                call(self.root, "notification.edit", &[("user", &id), ("subject", &headline), ("message", &text)])
                    .map_err(failed)
            }
            Channel::Department(_) => {
                let language = self.language();
                let text = format!("{}\n\n{}", notice.headline(language), notice.text(told, language));
                task(self.root, self.settings, &text).map(drop).map_err(failed)
            }
            Channel::Command(program) => {
                let mut fields = notice.fields(told, self.language());
                fields.push(("RESELLGUARD_ROOT", self.root.join("").to_string_lossy().into_owned()));
                let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, bounded(&value))).collect();
                command::run(program, &fields, format!("{}\n", notice.json(told)).into_bytes())
            }
        }
    }

    fn panel(&self) -> Result<&(Here, Vec<Employee>), Error> {
        let open = || {
            let here = Here::open(self.root)?;
            let employees = here.database.employees()?;
            Ok((here, employees))
        };
        self.panel.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    /// The id and the language of an employee, named by login or by id. Customers are none: what is told is not theirs.
    fn employee(&self, named: &str) -> Result<(String, Language), Error> {
        let (_, employees) = self.panel()?;
        match called(employees, named) {
            Some(employee) => Ok((employee.id.to_string(), employee.language.unwrap_or_else(|| self.language()))),
            None => Err(Error::new(Kind::NotFound, nobody(named))),
        }
    }

    /// The panel has no setting for its own language that is known; it is what most of its employees have.
    fn language(&self) -> Language {
        let Ok((_, employees)) = self.panel() else { return Language::default() };
        let speak = |language| employees.iter().filter(|one| one.language == Some(language)).count();
        if speak(Language::Ru) > speak(Language::En) { Language::Ru } else { Language::En }
    }

    fn about(&self, subject: &Subject<'_>, last: Option<Timestamp>) -> About {
        if subject.name == CHECKEVENT {
            return About::Checkevent { last, schedule: schedule::checkevent(self.root) };
        }
        let waiting = subject.checked.map(|checked| checked.waiting.as_slice()).unwrap_or_default();
        let named = waiting.get(..waiting.len().min(NAMED)).unwrap_or_default();
        About::Account(Box::new(AccountNews {
            account: subject.name.clone(),
            checked: subject.checked.cloned(),
            waiting: self.waiting(named).unwrap_or_else(|error| {
                log::warn!("{}: the services that wait are told without their names: {error}", subject.name);
                named.iter().map(|item| unnamed(*item)).collect()
            }),
        }))
    }

    fn waiting(&self, items: &[ItemId]) -> Result<Vec<Waiting>, Error> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let (here, _) = self.panel()?;
        let services = here.database.services(&Selection::Items(items))?;
        let customers: Vec<u64> = services.iter().map(|service| service.customer).collect();
        let names = here.database.customers(&customers)?;
        let waiting = services.into_iter().map(|service| Waiting {
            item: service.item,
            name: known_as(&service),
            itemtype: service.itemtype,
            customer: service.customer,
            customer_name: names.get(&service.customer).cloned().unwrap_or_default(),
        });
        Ok(waiting.collect())
    }
}

/// The employee of that login or id.
fn called<'a>(employees: &'a [Employee], named: &str) -> Option<&'a Employee> {
    let by_login = |one: &&Employee| one.name.to_lowercase() == named.to_lowercase();
    let by_id = |one: &&Employee| one.id.to_string() == named;
    employees.iter().find(by_login).or_else(|| employees.iter().find(by_id))
}

fn nobody(named: &str) -> String {
    format!("no employee of this panel has the login or id '{named}'")
}

/// Who is named in the settings and cannot be told, and why. A database that does not tell who works here accuses nobody.
pub fn untold(settings: &NotifySettings, employees: &[Employee]) -> Vec<String> {
    let known = !employees.is_empty();
    let users = settings.users.iter().filter(|user| known && called(employees, user).is_none());
    let mut untold: Vec<String> = users.map(|user| nobody(user)).collect();
    if let Some(id) = settings.department.filter(|id| known && !employees.iter().any(|one| one.id == *id)) {
        untold.push(format!("this panel has no department {id}"));
    }
    if let Some(why) = settings.command.as_deref().and_then(|program| command::trusted(program).err()) {
        untold.push(why);
    }
    untold
}

/// What its customer calls a service.
fn known_as(service: &LocalService) -> String {
    let own = ["domain", "CN", "licname", "ip"].iter().find_map(|name| service.names.get(*name));
    own.unwrap_or(&service.name).clone()
}

fn unnamed(item: ItemId) -> Waiting {
    Waiting { item, itemtype: String::new(), name: String::new(), customer: 0, customer_name: String::new() }
}

/// A function of the panel that saves something (facts/coremanager 9).
fn call(root: &Root, function: &str, params: &[(&str, &str)]) -> Result<(), Error> {
    let params = params.iter().chain(&[("sok", "ok")]).map(|(name, value)| ((*name).to_owned(), bounded(value)));
    Mgrctl::new(root).within(CALL).call(function, &params.collect::<Vec<_>>()).map(drop)
}

fn failed(error: Error) -> command::Failed {
    let perhaps_done = matches!(error.kind, Kind::Unanswered | Kind::Mgrctl);
    command::Failed { why: error.detail, perhaps_done }
}

/// A text without what no argument may carry, cut at a character's boundary.
fn bounded(text: &str) -> String {
    let mut text = text.replace('\0', " ");
    text.truncate(text.floor_char_boundary(TEXT));
    text
}
