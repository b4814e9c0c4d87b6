//! `resellguard explain ITEM`.

use super::{Answer, Format};
use crate::error::Error;
use crate::explain::{Options, explain};
use crate::language::Language;
use crate::report::explanation;
use crate::root::Root;
use clap::Args;

#[derive(Args)]
pub(super) struct Arguments {
    /// The id of a service.
    item: String,
    /// Ask neither the database nor the seller: for a tree that was copied from another machine.
    #[arg(long)]
    offline: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let explained = explain(root, arguments.item.parse()?, Options { offline: arguments.offline })?;
    let status = explained.exit_status();
    Ok(match arguments.format {
        Format::Text => Answer { text: explanation::text(&explained, language), status },
        Format::Json => Answer::json(&explanation::json(&explained), status),
    })
}
