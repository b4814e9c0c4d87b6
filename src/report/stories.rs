//! The stories of one service as they are shown: `resellguard log ITEM`, and beside an explanation.

use super::log::{finding_json, looked_json, looked_text, moment, skipped_json, skipped_text, status};
use super::{SCHEMA, short};
use crate::language::{Language, Say, english, russian};
use crate::modulelog::{Step, Stories, Story, What};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The longest line of a text, characters.
const WIDTH: usize = 240;

/// The answer of `log ITEM`.
#[derive(Clone, Debug, Default)]
pub struct ServiceLogReport {
    pub item: u64,
    /// Its id at the seller, as this panel keeps it.
    pub seller_id: Option<String>,
    /// Why that could not be asked.
    pub unknown: Option<String>,
    pub stories: Stories,
}

impl ServiceLogReport {
    /// 0 nothing went wrong, 2 findings, 1 a file that could not be read.
    pub fn exit_status(&self) -> u8 {
        let errors = self.stories.stories.iter().any(|story| story.errors() > 0);
        status(errors || !self.stories.findings.is_empty(), &self.stories.looked, &self.stories.skipped)
    }

    pub fn json(&self) -> Value {
        let threads: Vec<Value> = self.stories.stories.iter().map(story_json).collect();
        let findings: Vec<Value> = self.stories.findings.iter().map(finding_json).collect();
        let by_log = self.stories.seller.map(|id| id.to_string());
        json!({
            "schema": SCHEMA, "item": self.item, "seller_id": self.seller_id.clone().or(by_log), "unknown": self.unknown,
            "seller_id_from_log": self.stories.seller.is_some(),
            "findings": findings, "threads": threads, "looked_at": looked_json(&self.stories.looked), "skipped": skipped_json(&self.stories.skipped),
        })
    }

    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        let service = language.choose(("Service", "Услуга"));
        let seller = match (&self.seller_id, &self.unknown) {
            (Some(id), _) => format!("{} {id}", language.choose(("at the seller", "у продавца"))),
            _ if let Some(id) = self.stories.seller => language
                .choose((format!("at the seller {id} (the log says so)"), format!("у продавца {id} (по журналу)"))),
            (None, None) => language
                .choose(("its id at the seller is not stored here", "номер у продавца здесь не сохранён"))
                .into(),
            (None, Some(why)) => format!(
                "{}: {}",
                language.choose(("its id at the seller is unknown", "номер у продавца неизвестен")),
                short(why, WIDTH)
            ),
        };
        let _ = writeln!(out, "{service} {}, {seller}", self.item);
        if self.seller_id.is_none() && self.stories.seller.is_none() {
            out.push_str(language.choose((
                "Lines that name only its id at the seller were not looked for.\n",
                "Строки, где назван только её номер у продавца, не искались.\n",
            )));
        }
        for story in &self.stories.stories {
            story_text(&mut out, story, language);
        }
        if self.stories.stories.is_empty() && self.stories.looked.span.is_some() {
            out.push_str(language.choose(("The log does not mention it.\n", "В журнале она не упоминается.\n")));
        }
        skipped_text(&mut out, &self.stories.skipped, language);
        looked_text(&mut out, &self.stories.looked, &self.stories.skipped, language);
        out
    }
}

/// The last steps of a story, or those up to its last error, for beside something else.
pub fn story_end(story: &Story, most: usize, language: Language) -> Vec<String> {
    let failed = story.steps.iter().rposition(|step| matches!(step.what, What::Error | What::Warning));
    let end = failed.map_or(story.steps.len(), |at| at + 1);
    let steps = story.steps.get(end.saturating_sub(most)..end).unwrap_or_default();
    let others = (story.steps.len() - steps.len()) as u64;
    let short = Story { thread: story.thread, steps: steps.to_vec(), left_out: story.left_out + others };
    let mut out = String::new();
    story_text(&mut out, &short, language);
    out.lines().map(str::to_owned).collect()
}

fn story_text(out: &mut String, story: &Story, language: Language) {
    let (first, last) = (story.steps.first(), story.last());
    let times = first.zip(last).map(|(first, last)| format!("{} .. {last}", first.at)).unwrap_or_default();
    let file = first.map(|step| step.file.display().to_string()).unwrap_or_default();
    let _ = writeln!(out, "[{}] {times} {file}", story.thread);
    for step in &story.steps {
        let mark = if matches!(step.what, What::Error | What::Warning) { '!' } else { ' ' };
        let _ = writeln!(
            out,
            "{mark} {:>8} {} {}: {}",
            step.line,
            step.at.time(),
            step.what.say(language),
            short(&step.text, WIDTH)
        );
    }
    if story.left_out > 0 {
        let more = language.choose((
            format!("{} of the thread about other things", english(story.left_out, "line", "lines")),
            format!("{} потока о другом", russian(story.left_out, "строка", "строки", "строк")),
        ));
        let _ = writeln!(out, "           ... {more}");
    }
}

pub fn story_json(story: &Story) -> Value {
    let steps: Vec<Value> = story.steps.iter().map(step_json).collect();
    json!({"thread": story.thread.to_string(), "errors": story.errors(), "left_out": story.left_out, "steps": steps})
}

fn step_json(step: &Step) -> Value {
    json!({
        "what": step.what.word(), "at": moment(step.at), "line": step.line, "file": step.file.to_string_lossy(),
        "text": step.text,
    })
}

impl Say for What {
    fn pair(&self) -> (String, String) {
        let (english, russian) = match self {
            Self::Ordered => ("order sent", "заказ отправлен"),
            Self::EventsAsked => ("events asked for", "запрошены события"),
            Self::Saved => ("parameter saved", "параметр сохранён"),
            Self::Ended => ("operation ended", "операция завершена"),
            Self::Called => ("call", "вызов"),
            Self::Error => ("error", "ошибка"),
            Self::Warning => ("warning", "предупреждение"),
            Self::Said => ("line", "строка"),
        };
        (english.to_owned(), russian.to_owned())
    }
}
