//! What the seller is asked about one service: its form when the seller's id is noted here, or else the list; and how the account
//! stands there, where that can be the cause. Each once.

use crate::error::{Error, Kind};
use crate::reading::AccountHere;
use crate::reselling::conclusion::MONEY;
use crate::reselling::link::{Linked, Rows};
use crate::reselling::service::{LocalService, SellerService};
use crate::reselling::status::{Status, SuspendedBy};
use crate::seller::{Listing, Seller, ServiceForm, Whoami};
use std::rc::Rc;

/// The names that a form may tell, as a row of a list would.
const NAMES: [&str; 5] = ["domain", "ip", "CN", "licname", "username"];

/// What the seller showed of one service.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The list, or the service alone as its form shows it.
    pub listing: Rc<Listing>,
    /// Services of this panel for comparison.
    pub others: Vec<LocalService>,
    /// The list was read to its end.
    pub whole_list: bool,
    pub approver: Option<String>,
    /// When the seller opened it, where the form tells.
    pub opened: Option<String>,
}

impl Asked {
    /// Which row is this service.
    pub fn link(&self, local: &LocalService) -> Linked<'_> {
        Rows::new(&self.listing.services).beside(&self.others).link(local)
    }
}

/// Asks about one service.
///
/// # Errors
/// As `Seller::listing`.
pub(super) fn ask(account: &AccountHere, local: &LocalService) -> Result<Asked, Error> {
    if let Some(asked) = by_form(account, local)? {
        return Ok(asked);
    }
    let (listing, whole_list) = by_list(account, local)?;
    Ok(Asked { listing: Rc::new(listing), whole_list, others: Vec::new(), approver: None, opened: None })
}

/// The form tells enough when it shows a status and carries our id. One that does not may be another service's, for a panel that
/// sells keeps its buyer's id where others keep the seller's; and forms of some versions show neither. Then the list decides.
fn by_form(account: &AccountHere, local: &LocalService) -> Result<Option<Asked>, Error> {
    let Some(id) = &local.stored_seller_id else { return Ok(None) };
    let form = match account.form(&local.itemtype, id) {
        Ok(form) => form,
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Answer) => return Ok(None),
        Err(error) => return Err(error),
    };
    let ours = form.remoteid().is_some_and(|remoteid| remoteid == local.item.to_string());
    let Some(status) = form.status().filter(|_| ours) else { return Ok(None) };
    let row = SellerService {
        id: id.clone(),
        itemtype: local.itemtype.clone(),
        remoteid: form.remoteid(),
        status,
        status_text: form.get("status").unwrap_or_default().to_owned(),
        suspended_by: suspended_by(&form).filter(|_| status == Status::Suspended),
        service_status: form.service_status(),
        created_at: None,
        created: form.get("createdate").and_then(|text| text.get(..10)?.parse().ok()),
        expires: form.expires(),
        names: NAMES
            .iter()
            .filter_map(|name| form.get(name).map(|value| ((*name).to_owned(), value.chars().take(255).collect())))
            .collect(),
        left_out: Vec::new(),
    };
    Ok(Some(Asked {
        whole_list: false,
        approver: form.get("approver_email").map(|text| line(text, 100)),
        opened: form.get("opendate").map(|text| line(text, 20)),
        others: Vec::new(),
        listing: Rc::new(Listing {
            services: vec![row],
            shown: 1,
            total_said: None,
            incomplete: None,
            shows_remoteid: true,
            requests: 1,
        }),
    }))
}

/// The list, page by page, and where no seller's id is noted here, no further than the row that carries ours: one page for most
/// accounts. That a second row carries it too shows in `drift` and `sync`, which read all. The seller's own filter is not used: a
/// panel keeps the filter of a list for its user, and would show the module filtered lists from then on.
fn by_list(account: &AccountHere, local: &LocalService) -> Result<(Listing, bool), Error> {
    let ours = local.item.to_string();
    let mut services: Vec<SellerService> = Vec::new();
    let (mut found, mut requests) = (false, 0);
    let walked = account.walk(&local.itemtype, |page| {
        requests += 1;
        services.extend_from_slice(page);
        let here = local.stored_seller_id.is_none();
        found = here && page.iter().any(|row| row.remoteid.as_deref() == Some(ours.as_str()));
        if found { Err(Error::new(Kind::Internal, "the service was found")) } else { Ok(()) }
    });
    match walked {
        Err(_) if found => {
            let shown = services.len() as u64;
            let listing =
                Listing { services, shown, total_said: None, incomplete: None, shows_remoteid: true, requests };
            Ok((listing, false))
        }
        walked => {
            let listing = walked?.keeping(services);
            let whole = listing.complete();
            Ok((listing, whole))
        }
    }
}

fn suspended_by(form: &ServiceForm) -> Option<SuspendedBy> {
    let on = |name: &str| form.get(name) == Some("on");
    let marks = SuspendedBy::of_marks(on("autosuspend"), on("employeesuspend"), on("abusesuspend"));
    marks.or_else(|| form.get("status").and_then(SuspendedBy::of_status))
}

/// How the account stands there, when money or rights can be the cause; `None` when they cannot, or the seller does not say.
pub(super) fn standing(account: &AccountHere, local: &LocalService, asked: &Asked) -> Option<Whoami> {
    use Status::{Ordered, Suspended};
    let row = asked.link(local).seller.map(|row| row.status);
    let money = matches!(row, Some(Ordered | Suspended)) || (row.is_none() && local.operation("open").is_some());
    let money =
        money || local.operations.iter().any(|one| one.error.as_ref().is_some_and(|error| error.starts_with(MONEY)));
    let rights = local.status == Suspended || ["suspend", "close"].iter().any(|name| local.operation(name).is_some());
    if !money && !rights {
        return None;
    }
    let answer = account.seller().and_then(Seller::whoami);
    answer.map_err(|error| log::debug!("{}: {error}", account.account)).ok()
}

/// A seller's text as one short line.
fn line(text: &str, limit: usize) -> String {
    crate::report::short(text, limit)
}
