//! Asking the seller: one question at a time, with a pace, a limit on time and size, and the login in the body only.
//!
//! Not for deciding what may be asked (`call`) nor for what an answer means.

use super::address;
use super::body::Body;
use super::call::Call;
use super::error;
use super::listing::{self, Listing, Walk};
use super::page::{self, Page};
use super::service::ServiceForm;
use super::trail::{self, Trace, Trail};
use super::whoami::Whoami;
use crate::error::{Error, Kind};
use crate::reselling::account::Account;
use crate::reselling::service::SellerService;
use crate::secret::Secret;
use crate::settings::SellerSettings;
use crate::xml::{self, Element};
use jiff::{SignedDuration, Timestamp};
use reqwest::blocking::{Client, Response};
use reqwest::header::{DATE, LOCATION};
use std::fmt;
use std::io::{BufReader, Read};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use url::Url;

/// How often a question is asked that did not get through.
const TRIES: u32 = 3;
/// How much longer than the usual pace the pause before another try is; it doubles.
const PAUSE: u32 = 10;
/// How much of a page that is no answer is read.
const PAGE_OF_TROUBLE: u64 = 16 << 10;

/// How long an error may be, in characters; a parser's words may hold a name of a mebibyte.
const DETAIL: usize = 1_000;

type Source = BufReader<Body<Response>>;

/// A seller, asked with one login.
pub struct Seller {
    account: Account,
    url: Url,
    /// `host` or `host:port`, for errors.
    host: String,
    user: String,
    /// `user:password`, as the API takes it (facts/coremanager 5.2).
    authinfo: Secret,
    password: Secret,
    settings: SellerSettings,
    client: OnceLock<Client>,
    /// When the last request was sent.
    last: Mutex<Option<Instant>>,
    requests: AtomicU32,
    /// The login was refused. Asking again with it could lock the account.
    refused: OnceLock<Error>,
    /// How much our clock is ahead of the seller's, as its first answer showed.
    ahead: OnceLock<SignedDuration>,
}

impl Seller {
    /// A seller that has not been asked anything: nothing is connected, no authority is read.
    ///
    /// # Errors
    /// `Kind::SellerCertificate` when the password would leave this machine in the clear, `Kind::PanelFiles` when the module has
    /// no password or a user that `authinfo` cannot carry.
    pub fn new(account: &Account, user: &str, password: Secret, settings: &SellerSettings) -> Result<Self, Error> {
        let wrong = |why: &str| Error::new(Kind::PanelFiles, format!("the module's login is not usable: {why}"));
        let url = Url::parse(account.url()).map_err(|error| wrong(&error.to_string()))?;
        address::check(&url, settings.insecure)?;
        let user = user.trim();
        if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
            return Err(wrong("the user name is empty, or has a colon or a control character in it"));
        }
        if password.is_empty() {
            return Err(wrong("it has no password"));
        }
        Ok(Self {
            account: account.clone(),
            host: address::host(&url),
            url,
            user: user.to_owned(),
            authinfo: Secret::new(format!("{user}:{}", password.reveal())),
            password,
            settings: settings.clone(),
            client: OnceLock::new(),
            last: Mutex::new(None),
            requests: AtomicU32::new(0),
            refused: OnceLock::new(),
            ahead: OnceLock::new(),
        })
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// How many requests were sent so far, repeated ones included.
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How much our clock is ahead of the seller's, to the second; `None` before the first answer, or when it says no time.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.ahead.get().copied()
    }

    /// Who we are there: the best first question.
    ///
    /// # Errors
    /// `Kind::SellerUnreachable`, `SellerCertificate`, `SellerLogin`, `SellerRights` or `Answer`, as of every question.
    pub fn whoami(&self) -> Result<Whoami, Error> {
        let call = Call::new("whoami", &[])?;
        Whoami::read(&self.document(&call)?).map_err(|error| self.told(&call, error))
    }

    /// Every service of one product type that the account has, page by page.
    ///
    /// # Errors
    /// As `whoami`; `Kind::Internal` for a type that is not in `ITEMTYPES`.
    pub fn listing(&self, itemtype: &str) -> Result<Listing, Error> {
        listing::gather(self.page_size(), |number| self.page(itemtype, number))
    }

    /// The same services without keeping them: each page is handed to `each`.
    ///
    /// # Errors
    /// As `listing`, and what `each` says: it ends the reading.
    pub fn walk(
        &self,
        itemtype: &str,
        each: impl FnMut(Vec<SellerService>) -> Result<(), Error>,
    ) -> Result<Walk, Error> {
        listing::walk(self.page_size(), listing::HANDED_ON, |number| self.page(itemtype, number), each)
    }

    fn page_size(&self) -> u32 {
        self.settings.page.max(1)
    }

    fn page(&self, itemtype: &str, number: u32) -> Result<Page, Error> {
        let size = self.page_size().to_string();
        let call = Call::new(itemtype, &[("p_cnt", &size), ("p_num", &number.to_string())])?;
        self.ask(&call, |source| page::read(source, itemtype))
    }

    /// One service by the seller's id, as its form shows it.
    ///
    /// # Errors
    /// As `listing`; `Kind::NotFound` when the account has no such service.
    pub fn form(&self, itemtype: &str, id: &str) -> Result<ServiceForm, Error> {
        let call = Call::new(&format!("{itemtype}.edit"), &[("elid", id)])?;
        ServiceForm::read(&self.document(&call)?, id).map_err(|error| self.told(&call, error))
    }

    /// How many lines a page of a trail has at most.
    pub fn lines(&self) -> usize {
        usize::try_from(self.settings.page.max(1)).unwrap_or(usize::MAX)
    }

    /// The addresses from which this machine reaches the seller, by name or number, as far as it knows itself: behind a router the
    /// seller sees another. Nothing is sent.
    pub fn sources(&self) -> Vec<IpAddr> {
        address::sources(&self.url)
    }

    /// The newest page of a trail, as far as the seller sorts when asked to. Many sellers do not let a customer read it: `Kind::SellerRights` or `NotFound` then.
    ///
    /// # Errors
    /// As `whoami`.
    pub fn trail(&self, trail: Trail<'_>) -> Result<Vec<Trace>, Error> {
        let size = self.page_size().to_string();
        let call = match trail {
            Trail::Journal => Call::new("journal", &[("p_cnt", &size)]).map(Call::newest_first),
            Trail::Authlog => Call::new("authlog", &[("p_cnt", &size)]).map(Call::newest_first),
            Trail::History(id) => Call::new("service.history", &[("elid", id), ("p_cnt", &size)]),
        }?;
        Ok(trail::read(&self.document(&call)?))
    }

    /// A small document as a tree, its root checked, its error turned into ours.
    fn document(&self, call: &Call) -> Result<Element, Error> {
        self.ask(call, |source| {
            source.get_mut().in_one_piece();
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes).map_err(|error| Error::new(Kind::Answer, error::root_cause(&error)))?;
            let text = String::from_utf8(bytes).map_err(|_| Error::new(Kind::Answer, "the answer is not UTF-8"))?;
            let document = xml::parse(text.trim_start_matches('\u{feff}'))?;
            error::root(&document.name, document.get_attribute("func"))?;
            document.find("error").map_or(Ok(()), |error| Err(error::panel(error)))?;
            Ok(document)
        })
    }

    /// Asks and reads the answer. A question that did not get through is repeated; one that was answered is not, and after a
    /// refused login nothing is asked any more.
    fn ask<T>(&self, call: &Call, read: impl FnOnce(&mut Source) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(refused) = self.refused.get() {
            return Err(refused.clone());
        }
        let answer = self.answer(call).and_then(|mut source| {
            read(&mut source).map_err(|error| {
                let body = source.get_mut();
                body.failure().or_else(|| error::html(body.head())).unwrap_or(error)
            })
        });
        answer.map_err(|error| {
            let error = self.told(call, error);
            if error.kind == Kind::SellerLogin {
                log::warn!("{error}; not asked again with this login");
                self.refused.set(error.clone()).ok();
            }
            error
        })
    }

    /// Sends the question until a status came that is an answer.
    fn answer(&self, call: &Call) -> Result<Source, Error> {
        if self.client.get().is_none() {
            self.client.set(address::connect(&self.url, &self.settings)?).ok();
        }
        let client = self.client.get().ok_or_else(|| Error::new(Kind::Internal, "no HTTP client"))?;
        let mut tried = 0;
        loop {
            tried += 1;
            let (error, again) = match self.send(client, call) {
                Ok(source) => return Ok(source),
                Err(failed) => failed,
            };
            if !again || tried >= TRIES {
                return Err(error);
            }
            log::debug!("{}: {}: {error}; asking again", self.host, call.function());
            thread::sleep(self.pace() * PAUSE * tried);
        }
    }

    /// Sends the question once; with an error goes whether asking again is safe: it did not arrive, or something in front of
    /// the panel said that the panel is away.
    fn send(&self, client: &Client, call: &Call) -> Result<Source, (Error, bool)> {
        self.keep_pace();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut form = vec![("func", call.function()), ("out", "xml"), ("authinfo", self.authinfo.reveal())];
        form.extend(call.parameters());
        let start = Instant::now();
        let timeout = self.settings.timeout;
        let sent = client.post(self.url.clone()).form(&form).send();
        let response = sent.map_err(|error| error::transport(&error, timeout))?;
        let date = response.headers().get(DATE).and_then(|value| value.to_str().ok());
        if let Some(there) = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) {
            self.ahead.set(Timestamp::now().duration_since(there.timestamp())).ok();
        }
        let code = response.status().as_u16();
        log::debug!("{}: {}: HTTP {code} after {:?}", self.host, call.function(), start.elapsed());
        if code == 200 {
            return Ok(BufReader::with_capacity(64 << 10, Body::new(response, call.limit()).until(start, timeout)));
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut page = Vec::new();
        // What could not be read of it is not needed: the status alone says enough.
        Body::new(response.take(PAGE_OF_TROUBLE), PAGE_OF_TROUBLE).until(start, timeout).read_to_end(&mut page).ok();
        Err((error::status(code, location.as_deref(), &self.url, &page), matches!(code, 502..=504)))
    }

    /// The time between two requests.
    fn pace(&self) -> Duration {
        Duration::from_secs(1) / self.settings.requests_per_second.max(1)
    }

    fn keep_pace(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = last.map_or(Duration::ZERO, |last| self.pace().saturating_sub(last.elapsed()));
        thread::sleep(wait);
        *last = Some(Instant::now());
    }

    /// An error with the seller and the question in front of it, and without the password, in case the seller repeated it.
    fn told(&self, call: &Call, error: Error) -> Error {
        let Error { kind, detail, .. } = error;
        let mut hidden = self.password.hide_in(&self.authinfo.hide_in(&detail));
        let encoded = url::form_urlencoded::byte_serialize(self.password.reveal().as_bytes()).collect::<String>();
        hidden = Secret::new(encoded).hide_in(&hidden);
        Error::new(kind, error::line(&hidden, DETAIL)).within(format!("{}: {}", self.host, call.function()))
    }
}

impl fmt::Debug for Seller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Seller").field("account", &self.account).field("user", &self.user).finish_non_exhaustive()
    }
}
