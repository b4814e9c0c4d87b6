//! Services that a repair has moved to the manual module and not back yet, as the records tell it.

use super::Journal;
use super::runs::signed;
use crate::error::Error;
use crate::reselling::decision::Decision;
use crate::reselling::ids::ItemId;
use crate::reselling::plan::Step;
use crate::reselling::way::Switch;
use rusqlite::Connection;
use serde_json::Value;

/// A switch without its reverse: the run was killed, or could not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The intention under which it was made, and under which its reverse belongs.
    pub entry: i64,
    pub decision: Option<Decision>,
    pub switch: Switch,
    /// Its reverse came to an end; what is left is that the panel has not forgotten.
    pub back: bool,
}

/// What ends a switch; every other answer leaves it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    PutBack,
    /// The service is not on the manual module, but on its own.
    NotNeeded,
    /// Somebody has moved it to a third module, or it is gone.
    Left,
}

impl Ended {
    /// As the answer of the reverse is written down.
    pub fn word(self) -> &'static str {
        match self {
            Self::PutBack => "ok",
            Self::NotNeeded => "not needed",
            Self::Left => "left",
        }
    }
}

impl Journal {
    /// What has to be put back, oldest first: of each service the newest switch, if no reverse after it came to an end, and the panel
    /// was made to forget what it had in memory afterwards, and said so.
    ///
    /// # Errors
    /// `Kind::State`.
    pub fn left_on_manual(&self, item: Option<ItemId>) -> Result<Vec<Left>, Error> {
        let item = item.map(|item| signed(item.0));
        left(&self.connection, item).map_err(|error| Self::fault(&error))
    }
}

fn left(connection: &Connection, item: Option<i64>) -> rusqlite::Result<Vec<Left>> {
    let reversed = "SELECT 1 FROM record AS back JOIN record AS answer ON answer.parent = back.id
          WHERE back.item = switch.item AND back.id > switch.id AND back.kind = 'call'
          AND json_extract(back.body, '$.call') = 'sql.put_module_back' AND answer.kind = 'answer'
          AND json_extract(answer.body, '$.answer')";
    let (put_back, not_needed, left) = (Ended::PutBack.word(), Ended::NotNeeded.word(), Ended::Left.word());
    let mut query = connection.prepare_cached(&format!(
        "SELECT switch.parent, switch.body, intention.body, EXISTS ({reversed} IN ('{put_back}', '{not_needed}'))
         FROM record AS switch JOIN record AS intention ON intention.id = switch.parent
         WHERE switch.id IN (SELECT MAX(id) FROM record WHERE kind = 'call'
          AND json_extract(body, '$.call') = 'sql.switch_module' AND (?1 IS NULL OR item = ?1) GROUP BY item)
         AND NOT EXISTS ({reversed} = '{left}')
         AND NOT EXISTS ({reversed} IN ('{put_back}', '{not_needed}')
          AND EXISTS (SELECT 1 FROM record AS forgot JOIN record AS told ON told.parent = forgot.id
           WHERE forgot.item = switch.item AND forgot.id > back.id AND forgot.kind = 'call' AND told.kind = 'answer'
           AND json_extract(forgot.body, '$.call') = 'tool.clearcache'
           AND json_extract(told.body, '$.answer') = 'ok')) ORDER BY switch.id"
    ))?;
    let rows = query.query_map([item], |row| {
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
        Ok((row.get(0)?, read(row.get(1)?), read(row.get(2)?), row.get(3)?))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let (entry, body, intention, back) = row?;
        if let Some(switch) = Switch::of(&step(&body)) {
            let decision = intention.get("decision").and_then(Value::as_str).and_then(Decision::of_word);
            found.push(Left { entry, decision, switch, back });
        }
    }
    Ok(found)
}

/// A step as its record keeps it.
fn step(body: &Value) -> Step {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let params = body.get("params").and_then(Value::as_object).into_iter().flatten();
    Step {
        call: body.get("call").map(text).unwrap_or_default(),
        params: params.map(|(name, value)| (name.clone(), text(value))).collect(),
    }
}
