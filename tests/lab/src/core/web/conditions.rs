//! When a toolbar button may be pressed: how many rows it needs, and which rows it is not for (facts/coremanager 3.3).

use crate::document::Node;

/// How many rows must be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    None,
    Any,
    One,
    Some,
}

impl Needs {
    pub fn of(button: &Node) -> Self {
        match button.get("type").unwrap_or_default() {
            "edit" if button.get("nogroupedit") == Some("yes") => Self::One,
            "edit" | "group" | "groupform" | "groupdownload" | "groupwindow" => Self::Some,
            "editlist" | "window" | "action" | "preview" => Self::One,
            "editnosel" | "groupformnosel" => Self::Any,
            _ => Self::None,
        }
    }

    /// As the page's script knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Any => "any",
            Self::One => "one",
            Self::Some => "some",
        }
    }

    pub fn met(self, selected: usize) -> bool {
        match self {
            Self::None | Self::Any => true,
            Self::One => selected == 1,
            Self::Some => selected > 0,
        }
    }
}

/// Whether the button is off for a row: by a `hide` or `remove` that matches, or by a `show` none of which does.
/// What a condition of another level would say was cut before.
pub fn off(button: &Node, row: &Node) -> bool {
    let matches = |condition: &Node| match (condition.get("name"), condition.get("value")) {
        (Some(name), Some(value)) => row.text_of(name) == value,
        // Without a field it is meant for every row.
        _ => true,
    };
    let mut conditions = button.all("show").peekable();
    let shown = conditions.peek().is_none() || conditions.any(matches);
    !shown || button.all("hide").any(matches) || button.all("remove").any(matches)
}

/// Whether an unconditional `remove` takes the button from the toolbar.
pub fn removed(button: &Node) -> bool {
    button.all("remove").any(|condition| condition.get("name").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_off_for_the_rows_that_its_conditions_name() {
        let row = Node::parse("<elem><status>2</status><close>on</close></elem>").unwrap();
        for (conditions, expected) in [
            ("", false),
            ("<hide name='status' value='2'/>", true),
            ("<hide name='status' value='3'/>", false),
            ("<show name='status' value='3'/>", true),
            ("<show name='status' value='3'/><show name='status' value='2'/>", false),
            ("<show name='status' value='2'/><hide name='close' value='on'/>", true),
            ("<remove name='close' value='on'/>", true),
            ("<hide/>", true),
        ] {
            let button = Node::parse(&format!("<toolbtn>{conditions}</toolbtn>")).unwrap();
            assert_eq!(off(&button, &row), expected, "{conditions}");
        }
    }
}
