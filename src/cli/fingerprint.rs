//! `resellguard fingerprint`.

use super::{Answer, Format};
use crate::error::Error;
use crate::root::Root;
use clap::Args;

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments) -> Result<Answer, Error> {
    let report = crate::fleet::fingerprints(root)?;
    Ok(match arguments.format {
        Format::Text => Answer { text: report.text(), status: 0 },
        Format::Json => Answer::json(&report.json(), 0),
    })
}
