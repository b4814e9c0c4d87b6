//! The hook on `checkevent`: notes that the panel asked for events, and starts an observation when one is due.
//!
//! It runs inside the panel's transaction, hundreds of times a day, so it reads one small file, appends one line and leaves:
//! no mgrctl, no database, no network, no settings. What it has to know is written into that file by the observer.
//! Nothing that fails here may fail `checkevent`.

use super::document;
use super::request::{Event, Request};
use crate::handover::{Known, Moment, Poll, note};
use crate::language::Say;
use crate::root::Root;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The function that is hooked.
pub const FUNCTION: &str = "checkevent";

/// What an observer needs of the environment. The panel's own variables would make it a handler, and its library paths are
/// meant for the panel's programs.
const KEPT: [&str; 8] = ["PATH", "HOME", "TZ", "LANG", "LC_ALL", "RESELLGUARD_ROOT", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Answers the panel: `None` means that its document goes back as it came.
pub fn answer(root: &Root, request: &Request) -> Option<String> {
    let moment = match request.event {
        Event::Before => Moment::Before,
        Event::After => Moment::After,
        Event::Action | Event::Final | Event::None | Event::Other => return None,
    };
    note(root, Poll { moment, at: now_milliseconds() });
    let known = Known::read(root);
    let now = now_milliseconds() / 1000;
    let blocked = known.as_ref().filter(|known| moment == Moment::Before && known.blocks(now));
    // A refused call has no `after`, and brings no poll that could tell more: a block looks for its own end with every call.
    if blocked.is_some() || moment == Moment::After && known.as_ref().is_none_or(|known| known.due(now)) {
        observe();
    }
    blocked.map(|known| {
        log::warn!("checkevent was refused (on_conflict = \"block\"): {} is shared", known.blocked.join(", "));
        let text = Blocked(&known.blocked).say(request.language);
        document::message("resellguard", &text, request.language)
    })
}

/// Why `checkevent` is refused.
struct Blocked<'a>(&'a [String]);

impl Say for Blocked<'_> {
    fn pair(&self) -> (String, String) {
        let accounts = self.0.join(", ");
        (
            format!(
                "Events of the seller are not fetched: the account {accounts} is shared with another panel, and each of the two takes \
                 events that belong to the other. No event was taken by this call. Give this panel an account of its own at \
                 the seller, put it into the processing module, then run resellguard check. To fetch events nevertheless, set \
                 on_conflict = \"warn\" in etc/resellguard.toml."
            ),
            format!(
                "События продавца не забираются: учётной записью {accounts} пользуется ещё одна панель, и каждая забирает события, \
                 предназначенные другой. Этот вызов не забрал ни одного события. Заведите для этой панели отдельную учётную \
                 запись у продавца, укажите её в модуле обработки и выполните resellguard check. Чтобы всё же забирать события, \
                 задайте on_conflict = \"warn\" в etc/resellguard.toml."
            ),
        )
    }
}

/// Starts the observer and does not wait for it: the panel waits for the end of our output, so the child has none of it.
fn observe() {
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .arg("observe")
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
    });
    if let Err(error) = started {
        log::warn!("the observer could not be started: {error}");
    }
}

fn now_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default()
}
