//! `resellguard doctor [--bundle FILE]`.

use super::{Answer, Format};
use crate::doctor::{bundle, examine};
use crate::error::Error;
use crate::language::Language;
use crate::report::diagnosis;
use crate::root::Root;
use clap::Args;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    /// Pack what support needs into this new file (tar.gz), without one secret.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

pub(super) fn run(root: &Root, arguments: &Arguments, language: Language) -> Result<Answer, Error> {
    let found = examine(root);
    let status = found.exit_status();
    let packed = arguments.bundle.as_ref().map(|file| bundle(root, file, &found)).transpose()?;
    Ok(match arguments.format {
        Format::Text => {
            let mut text = diagnosis::text(&found, language);
            if let (Some(names), Some(file)) = (packed, &arguments.bundle) {
                let said = language.choose(("packed", "упаковано"));
                let _ = writeln!(text, "{}: {said}: {}", file.display(), names.join(", "));
            }
            Answer { text, status }
        }
        Format::Json => Answer::json(&diagnosis::json(&found), status),
    })
}
