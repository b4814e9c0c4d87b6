//! `resellguard doctor [--bundle FILE]`.

use super::{Answer, Format};
use crate::doctor::{Packed, bundle, examine};
use crate::error::Error;
use crate::language::Language;
use crate::report::diagnosis;
use crate::root::Root;
use clap::Args;
use serde_json::json;
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
    let packed =
        arguments.bundle.as_ref().map(|file| Ok::<_, Error>((file, bundle(root, file, &found)?))).transpose()?;
    Ok(match arguments.format {
        Format::Text => {
            let mut text = diagnosis::text(&found, language);
            if let Some((file, packed)) = &packed {
                let said = language.choose(("packed", "упаковано"));
                let _ = writeln!(text, "{}: {said}: {}", file.display(), packed.parts.join(", "));
                if let Some(why) = &packed.without_logs {
                    let _ = writeln!(text, "{}", without_logs(why, language));
                }
            }
            Answer { text, status }
        }
        Format::Json => {
            let mut answer = diagnosis::json(&found);
            if let (Some((file, Packed { parts, without_logs })), Some(answer)) = (&packed, answer.as_object_mut()) {
                let bundle = json!({"file": file, "parts": parts, "without_logs": without_logs});
                answer.insert("bundle".to_owned(), bundle);
            }
            Answer::json(&answer, status)
        }
    })
}

fn without_logs(why: &str, language: Language) -> String {
    language.choose((
        format!(
            "Without the logs: the modules' passwords could not be read ({why}), so they could not be taken out of them. Mend that and \
             pack again, or send the logs after looking through them."
        ),
        format!(
            "Без журналов: пароли модулей не удалось прочитать ({why}), поэтому убрать их оттуда нельзя. Устраните причину и упакуйте \
             заново или отправьте журналы сами, просмотрев их."
        ),
    ))
}
