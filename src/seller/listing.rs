//! A whole listing from its pages: which page to ask for next, and whether everything has been seen.
//!
//! A short listing must never look like services that vanished. So a page that cannot be read is an error of the whole, and a
//! listing that may be short says why. Not for reading a page (`page`).

use super::page::Page;
use crate::error::Error;
use crate::reselling::service::SellerService;
use std::collections::HashSet;

/// How many pages are asked for; with the smallest page that was ever seen (50) still 20,000 services.
const PAGES: u32 = 400;
/// How many services are read: with the usual page of 500 no more come in so many requests.
pub(super) const HANDED_ON: u64 = 200_000;

/// The services of one type that the account has at the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// All of them, or those that were worth keeping.
    pub services: Vec<SellerService>,
    /// How many there were to see.
    pub shown: u64,
    /// How many the seller says there are (`p_elems`); `None` when it does not say.
    pub total_said: Option<u64>,
    /// Why some may be missing; `None` when all were seen.
    pub incomplete: Option<String>,
    /// Some row had the field `remoteid`, even an empty one. When none had, the seller's version may not show it in lists, and
    /// only the service's form tells (facts/billmanager 12, 3).
    pub shows_remoteid: bool,
    /// How many pages were asked for.
    pub requests: u32,
}

impl Listing {
    /// Every service that the account has of this type was seen.
    pub fn complete(&self) -> bool {
        self.incomplete.is_none()
    }

    /// What was seen, without what was kept.
    pub fn as_walk(&self) -> Walk {
        Walk {
            services: self.shown,
            total_said: self.total_said,
            incomplete: self.incomplete.clone(),
            shows_remoteid: self.shows_remoteid,
            requests: self.requests,
        }
    }
}

/// What was seen of a listing whose services were handed on page by page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// How many services were handed on.
    pub services: u64,
    /// As in `Listing`.
    pub total_said: Option<u64>,
    pub incomplete: Option<String>,
    pub shows_remoteid: bool,
    pub requests: u32,
}

impl Walk {
    /// The listing with what was kept of it.
    pub fn keeping(self, services: Vec<SellerService>) -> Listing {
        let Self { services: shown, total_said, incomplete, shows_remoteid, requests } = self;
        Listing { services, shown, total_said, incomplete, shows_remoteid, requests }
    }
}

/// Asks for pages until all were seen, and keeps the services.
pub(super) fn gather(size: u32, ask: impl FnMut(u32) -> Result<Page, Error>) -> Result<Listing, Error> {
    let mut services: Vec<SellerService> = Vec::new();
    let walked = walk(size, HANDED_ON, ask, |mut page| {
        services.append(&mut page);
        Ok(())
    })?;
    Ok(walked.keeping(services))
}

/// Asks for pages of `size` rows until all were seen, or `most` services, and hands every service on once.
///
/// Panels differ: some say how many there are, some give fewer rows a page than asked for, some do not know pages and give
/// everything at once, and behind the last page some give an empty one, some the last or the first again.
pub(super) fn walk(
    size: u32,
    most: u64,
    mut ask: impl FnMut(u32) -> Result<Page, Error>,
    mut each: impl FnMut(Vec<SellerService>) -> Result<(), Error>,
) -> Result<Walk, Error> {
    // An id is at most 18 digits, so its number is the id, and many numbers take little room.
    let mut seen: HashSet<u64> = HashSet::new();
    let mut total_said = None;
    let mut shows_remoteid = false;
    let mut without_id: u64 = 0;
    let mut rows_of_first = 0;
    let mut requests = 0;
    let ended = loop {
        requests += 1;
        let mut page = ask(requests)?;
        let rows = page.rows() as u64;
        let size = page.size.unwrap_or(size.into());
        let clamped = page.number.is_some_and(|number| number != u64::from(requests));
        // The highest that was ever said: a last page that says 0 takes nothing back.
        total_said = total_said.max(page.total);
        shows_remoteid |= page.shows_remoteid;
        page.services.retain(|service| service.id.parse().is_ok_and(|id| seen.insert(id)));
        let fresh = page.services.len();
        if fresh > 0 {
            each(page.services)?;
        }
        if requests == 1 {
            rows_of_first = rows;
        }
        if fresh > 0 || requests == 1 {
            without_id += page.without_id as u64;
        }
        let got = seen.len() as u64 + without_id;
        // A full page is followed by another question even when the total is reached: one request more, and a total that meant
        // something else is found out.
        if rows == 0 || (rows < size && total_said.is_some_and(|total| got >= total)) {
            break None;
        }
        if fresh == 0 && requests > 1 {
            // Nothing new. A panel that does not know pages repeats everything, and that is all there is, unless it was exactly
            // one page: then it may as well be stuck on its first page.
            break (total_said.is_none() && !clamped && rows_of_first == size)
                .then(|| format!("page {requests} repeats what was there, and nothing says whether there is more"));
        }
        if seen.len() as u64 >= most || requests >= PAGES {
            break Some(format!("stopped after {requests} pages and {} services", seen.len()));
        }
    };
    let services = seen.len() as u64;
    let missing = total_said
        .filter(|total| services + without_id < *total)
        .map(|total| format!("the seller says there are {total} services and showed {services}"));
    let nameless = (without_id > 0).then(|| format!("{without_id} rows have no id"));
    Ok(Walk { services, total_said, incomplete: ended.or(missing).or(nameless), shows_remoteid, requests })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::reselling::status::Status;
    use std::collections::BTreeMap;

    fn service(id: u32) -> SellerService {
        SellerService {
            id: id.to_string(),
            itemtype: "vds".to_owned(),
            remoteid: None,
            status: Status::Active,
            status_text: String::new(),
            suspended_by: None,
            service_status: None,
            created: None,
            created_at: None,
            expires: None,
            names: BTreeMap::new(),
            left_out: Vec::new(),
        }
    }

    /// How a seller pages.
    struct Panel {
        has: u32,
        /// Rows a page at most, whatever is asked for.
        cap: u32,
        says_total: bool,
        says_page: bool,
        behind: Behind,
    }

    #[derive(Clone, Copy)]
    enum Behind {
        Empty,
        Last,
        /// The first page, for ever.
        First,
        /// Knows no pages: everything, always.
        Everything,
    }

    impl Panel {
        fn page(&self, size: u32, number: u32) -> Page {
            let size = size.min(self.cap);
            let pages = self.has.div_ceil(size).max(1);
            let (from, to, shown) = match self.behind {
                Behind::Everything => (0, self.has, 1),
                Behind::First => (0, size.min(self.has), number),
                Behind::Last => {
                    ((number.min(pages) - 1) * size, (number.min(pages) * size).min(self.has), number.min(pages))
                }
                Behind::Empty => (((number - 1) * size).min(self.has), (number * size).min(self.has), number),
            };
            Page {
                services: (from..to).map(|id| service(id + 1)).collect(),
                total: self.says_total.then_some(self.has.into()),
                number: self.says_page.then_some(shown.into()),
                size: self.says_page.then_some(size.into()),
                ..Page::default()
            }
        }
    }

    #[test]
    fn every_way_of_paging_is_read_to_its_end_or_called_incomplete() {
        use Behind::{Empty, Everything, First, Last};
        // has, cap, says total, says page, behind the last page -> services, complete, requests
        for (has, cap, says_total, says_page, behind, got, complete, requests) in [
            (0, 500, true, true, Empty, 0, true, 1),
            (0, 500, false, false, Everything, 0, true, 1),
            (7, 500, true, true, Empty, 7, true, 1),
            (10, 500, true, true, Empty, 10, true, 2),
            (25, 500, true, true, Empty, 25, true, 3),
            (25, 500, false, false, Empty, 25, true, 4),
            (25, 500, false, true, Last, 25, true, 4),
            (25, 4, true, true, Empty, 25, true, 7),
            (25, 4, false, false, Empty, 25, true, 8),
            (25, 500, false, false, Everything, 25, true, 2),
            (25, 500, true, false, Everything, 25, true, 2),
            (7, 500, false, false, Everything, 7, true, 2),
            // Exactly one page and nothing that says whether it is all: honest ignorance.
            (10, 500, false, false, Everything, 10, false, 2),
            // Stuck on the first page.
            (25, 500, true, true, First, 10, false, 2),
            (25, 500, false, true, First, 10, false, 2),
            (25, 4, false, true, First, 4, false, 2),
        ] {
            let panel = Panel { has, cap, says_total, says_page, behind };
            let listing = gather(10, |number| Ok(panel.page(10, number))).unwrap();
            let told = format!("has {has}, cap {cap}, total {says_total}, page {says_page}: {:?}", listing.incomplete);
            assert_eq!(listing.services.len(), got, "{told}");
            assert_eq!(listing.complete(), complete, "{told}");
            assert_eq!(listing.requests, requests, "{told}");
        }
    }

    #[test]
    fn a_row_that_moved_between_pages_is_there_once() {
        let pages = [vec![1, 2, 3], vec![3, 4]];
        let listing = gather(3, |number| {
            let services = pages.get(number as usize - 1).map(|ids| ids.iter().copied().map(service).collect());
            Ok(Page { services: services.unwrap_or_default(), total: Some(4), ..Page::default() })
        })
        .unwrap();
        assert_eq!(
            listing.services.iter().map(|service| service.id.as_str()).collect::<Vec<_>>(),
            ["1", "2", "3", "4"]
        );
        assert!(listing.complete());
    }

    #[test]
    fn a_total_that_counts_only_the_page_is_found_out() {
        let panel = Panel { has: 25, cap: 500, says_total: false, says_page: true, behind: Behind::Empty };
        let listing = gather(10, |number| {
            let page = panel.page(10, number);
            Ok(Page { total: Some(page.services.len() as u64), ..page })
        })
        .unwrap();
        assert_eq!((listing.services.len(), listing.complete()), (25, true));
    }

    #[test]
    fn a_page_that_cannot_be_read_fails_the_whole_listing() {
        let error = gather(1, |number| match number {
            1 => Ok(Page { services: vec![service(1)], total: Some(2), ..Page::default() }),
            _ => Err(Error::new(Kind::Answer, "cut")),
        });
        assert_eq!(error.unwrap_err().kind, Kind::Answer);
    }

    #[test]
    fn an_endless_seller_is_left() {
        let listing = gather(1, |number| Ok(Page { services: vec![service(number)], ..Page::default() })).unwrap();
        assert_eq!(listing.requests, PAGES);
        assert!(!listing.complete());
    }

    #[test]
    fn a_row_without_an_id_is_not_forgotten() {
        let listing = gather(9, |number| {
            let services = if number == 1 { vec![service(1)] } else { Vec::new() };
            Ok(Page { services, without_id: usize::from(number == 1), total: Some(2), ..Page::default() })
        })
        .unwrap();
        assert!(listing.incomplete.unwrap().contains("1 rows have no id"));
    }
}
